"""Reading endpoints and their deliveries."""

from django.db.models import Count, Q, QuerySet

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint

SHOWN = 100


def endpoints_with_counts() -> QuerySet[WebhookEndpoint]:
    """Every endpoint with how many of its deliveries are in which state."""
    state = WebhookDelivery.State
    counts = {
        f"{name}_count": Count("deliveries", filter=Q(deliveries__state=value))
        for name, value in (("pending", state.PENDING), ("failed", state.FAILED), ("skipped", state.SKIPPED))
    }
    return WebhookEndpoint.objects.annotate(**counts).order_by("-pk")


def latest_deliveries(endpoint: WebhookEndpoint, state: str = "") -> list[WebhookDelivery]:
    """The last hundred deliveries of an endpoint, the newest first; of one state where one is named."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).defer("payload").select_related("event")
    if state in WebhookDelivery.State.values:
        rows = rows.filter(state=state)
    return list(rows.order_by("-pk")[:SHOWN])
