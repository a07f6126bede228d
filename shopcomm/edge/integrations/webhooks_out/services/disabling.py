"""An endpoint that is given up: nothing more is sent, nothing is lost, and managers are told once."""

from django.utils import timezone

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.publish import publish
from shopcomm.edge.integrations.webhooks_out.events import WebhookDisabled
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint

State = WebhookDelivery.State


def disable_endpoint(endpoint: WebhookEndpoint, why: str) -> None:
    """Send nothing more to an endpoint, whose row the caller has locked; what waits for it is kept as skipped."""
    if endpoint.state == WebhookEndpoint.State.DISABLED:
        return
    now = timezone.now()
    endpoint.state = WebhookEndpoint.State.DISABLED
    endpoint.disabled_reason, endpoint.disabled_at = why[:300], now
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.PENDING)
    waiting.update(state=State.SKIPPED, finished_at=now, claim=None, claimed_until=None)
    _tell_managers_once(endpoint)
    endpoint.save(update_fields=["state", "disabled_reason", "disabled_at", "told_at"])


def _tell_managers_once(endpoint: WebhookEndpoint) -> None:
    """Until somebody has enabled it again they know."""
    if endpoint.told_at is None:
        endpoint.told_at = endpoint.disabled_at
        name = endpoint.description or endpoint.url
        said = WebhookDisabled(webhook=endpoint.pk, endpoint=name[:200], reason=endpoint.disabled_reason)
        publish(said, actor=Actor.system())
