"""What the tests of webhooks do again and again."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.courier import Courier
from shopcomm.edge.integrations.webhooks_out.services.queueing import queue_test


def deliver() -> None:
    """Read the log, and send what is due."""
    relay()
    Courier().run_until_idle()


def wait_for_retries(clock: Any, *, step: float = 0.5) -> None:
    """Let the clock go on until nothing waits any more."""
    while WebhookDelivery.objects.filter(state="pending").exists():
        clock.shift(timedelta(seconds=step))
        deliver()


def states() -> list[str]:
    """The states of all deliveries, the oldest first."""
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", flat=True))


def queue_rows(endpoint: WebhookEndpoint, *streams: str) -> list[WebhookDelivery]:
    """Deliveries that are due, one after the other, each of a stream."""
    rows = []
    for position, stream in enumerate(streams, start=1):
        row = queue_test(endpoint)
        row.stream, row.position, row.due_at = stream, position, timezone.now() - timedelta(seconds=1)
        row.save(update_fields=["stream", "position", "due_at"])
        rows.append(row)
    return rows
