"""A program with nothing but the URL of its role: it puts what it has to say, the same message with the same id."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from shopcomm.edge.integrations.queue_table.services.inbox import take_inboxes
from shopcomm.edge.integrations.queue_table.services.roles import drop_sync_role
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.integrations.conformance.driver import Driver
from tests.integrations.queue_table.others import Other, join_queue


def open_driver() -> Driver:
    return QueueDriver()


class QueueDriver(Driver):
    def __init__(self) -> None:
        self._other: Other = join_queue("conformance")
        self.connection = self._other.connection
        self._told: list[Mapping[str, Any]] = []

    def tell(self, *records: Mapping[str, Any]) -> None:
        self._told += records
        for each in records:
            self._put(each)

    def work(self) -> None:
        take_inboxes()
        apply_inbound()

    def replay(self, since: datetime) -> None:
        for each in self._told:
            if datetime.fromisoformat(each["occurred_at"]) >= since:
                self._put(each)

    def close(self) -> None:
        self._other.leave()
        drop_sync_role(self._other.role)

    def _put(self, record: Mapping[str, Any]) -> None:
        text = json.dumps(record, ensure_ascii=False, sort_keys=True)
        self._other.put(f"msg_{sha256(text.encode()).hexdigest()}", text)
