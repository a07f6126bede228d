"""An endpoint that is given up: nothing more is sent, nothing is lost, and managers are told once."""

from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint


def disable_endpoint(endpoint: WebhookEndpoint, why: str) -> None:
    """Send nothing more to an endpoint, whose row the caller has locked; what waits for it is kept as skipped."""
    if endpoint.state == WebhookEndpoint.State.DISABLED:
        return
    now = timezone.now()
    endpoint.state, endpoint.disabled_reason, endpoint.disabled_at = (
        WebhookEndpoint.State.DISABLED,
        why[:300],
        now,
    )
    endpoint.save(update_fields=["state", "disabled_reason", "disabled_at"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=WebhookDelivery.State.PENDING)
    waiting.update(state=WebhookDelivery.State.SKIPPED, finished_at=now, claim=None, claimed_until=None)
