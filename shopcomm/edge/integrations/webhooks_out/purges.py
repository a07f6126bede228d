"""Retention of what was delivered, and of the record of attempts."""

from datetime import datetime

from django.db.models import QuerySet

from shopcomm.core.purging import Purge, register_purge
from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery


def _attempts(before: datetime) -> QuerySet[WebhookAttempt]:
    return WebhookAttempt.objects.filter(started_at__lt=before)


def _deliveries(before: datetime) -> QuerySet[WebhookDelivery]:
    """What is over: what waits for an endpoint that is paused stays."""
    return WebhookDelivery.objects.filter(finished_at__lt=before).exclude(state=WebhookDelivery.State.PENDING)


def register_webhook_purges() -> None:
    """Runs when the app is ready."""
    register_purge(Purge("PURGE_WEBHOOK_ATTEMPTS_DAYS", _attempts))
    register_purge(Purge("PURGE_WEBHOOK_DELIVERIES_DAYS", _deliveries))
