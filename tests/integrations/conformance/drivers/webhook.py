"""A sender of Standard Webhooks: the same message has the same id, and what was not taken is sent again."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.test import Client
from standardwebhooks import Webhook

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.integrations.conformance.driver import Driver


def open_driver() -> Driver:
    return WebhookDriver()


class WebhookDriver(Driver):
    def __init__(self) -> None:
        self.connection = webhook_source("conformance")
        self._told: list[Mapping[str, Any]] = []
        self._not_taken: list[Mapping[str, Any]] = []

    def tell(self, *records: Mapping[str, Any]) -> None:
        self._told += records
        self._send([*self._not_taken, *records])

    def work(self) -> None:
        self._send(self._not_taken)
        apply_inbound()

    def replay(self, since: datetime) -> None:
        self._send([each for each in self._told if datetime.fromisoformat(each["occurred_at"]) >= since])

    def _send(self, records: list[Mapping[str, Any]]) -> None:
        self._not_taken = [each for each in records if not self._is_taken(each)]

    def _is_taken(self, record: Mapping[str, Any]) -> bool:
        return signed_order(self.connection, record).status_code in (200, 201)


def signed_order(connection: Connection, record: Mapping[str, Any]) -> Any:
    """The answer to an order that a source sends, signed with its secret."""
    text, now = json.dumps(record, ensure_ascii=False, sort_keys=True), datetime.now(UTC)
    message_id = f"msg_{sha256(text.encode()).hexdigest()}"
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(credentials_of(connection)["secret"]).sign(message_id, now, text),
    }
    return Client().post(
        "/api/v1/inbound/orders/", text.encode(), content_type="application/json", headers=signed
    )
