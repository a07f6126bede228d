"""From an event to its delivery: one row, in the transaction of the reader's step."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import OperationalError, transaction
from django.utils import timezone

from shopcomm.core.events.models import DomainEvent
from shopcomm.core.json_text import json_text
from shopcomm.edge.integrations.keeping import is_told_whole
from shopcomm.edge.integrations.webhooks_out.event_types import TEST
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.payloads import payload_of
from shopcomm.edge.integrations.webhooks_out.services.endpoints import lock_endpoint
from shopcomm.edge.integrations.webhooks_out.services.waking import wake_webhooks

log = logging.getLogger(__name__)
State = WebhookDelivery.State


def queue_event(endpoint_id: int, event: DomainEvent) -> None:
    """Write down that an endpoint is to be told of an event; told again, it is there once.

    For a disabled endpoint it is kept as skipped. A body that cannot be made is a failed delivery, for people to see.
    """
    try:
        endpoint = lock_endpoint(endpoint_id)
    except WebhookEndpoint.DoesNotExist:
        return
    body, error = make_body(event, endpoint.payload_version, partial(is_told_whole, endpoint.pk))
    row = WebhookDelivery(
        endpoint=endpoint,
        event=event,
        message_id=f"evt_{event.pk}",
        type=event.type,
        stream=event.stream,
        position=event.position or 0,
        payload=body,
        **_beginning(endpoint, error),
    )
    WebhookDelivery.objects.bulk_create([row], ignore_conflicts=True)
    if row.state == State.PENDING:
        wake_webhooks()


def make_body(event: DomainEvent, version: str, told_whole: Callable[[str], bool]) -> tuple[str, str]:
    """The body of an event as `payload_of` makes it and "", or "" and why it cannot be made."""
    try:
        with transaction.atomic():
            return payload_of(event, version, told_whole), ""
    except OperationalError:
        # The database's own trouble: the relay comes again.
        raise
    except Exception as error:
        log.exception("event %s cannot be put into a webhook", event.pk)
        return "", repr(error)[:300]


def _beginning(endpoint: WebhookEndpoint, error: str) -> dict[str, Any]:
    now = timezone.now()
    if error:
        return {"state": State.FAILED, "error": error, "finished_at": now}
    if endpoint.state == WebhookEndpoint.State.DISABLED:
        return {"state": State.SKIPPED, "finished_at": now}
    return {"state": State.PENDING, "due_at": now}


def queue_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send an endpoint something that is no event, also while it is paused or disabled."""
    now = timezone.now()
    body = {"type": TEST, "timestamp": now.isoformat(), "data": {"endpoint": endpoint.pk}}
    row = WebhookDelivery.objects.create(
        endpoint=endpoint,
        message_id=f"test_{uuid4().hex}",
        type=TEST,
        payload=json_text(body),
        due_at=now,
    )
    wake_webhooks()
    return row
