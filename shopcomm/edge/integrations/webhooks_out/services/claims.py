"""Who sends what: due deliveries are claimed for a while, so many of an endpoint at once, and in order per order.

Whoever claims for an endpoint, or writes down what came of it, has its row locked for that moment.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import lock_endpoint

# Longer than a call takes: a worker that was killed gives its deliveries back then.
CLAIM = timedelta(seconds=60)
# So many calls of one endpoint at once, by all workers together; one while it fails, so that one which hangs costs little.
PLACES, PLACES_WHILE_FAILING = 4, 1
State = WebhookDelivery.State


def endpoints_with_due_deliveries(now: datetime) -> list[int]:
    """The endpoints to which something may be sent now."""
    due = due_deliveries(now).filter(endpoint=OuterRef("pk"))
    awake = Q(rests_until=None) | Q(rests_until__lte=now)
    tried = Q(Exists(due.filter(event=None)))
    running = Q(Exists(due), state=WebhookEndpoint.State.ACTIVE)
    return list(
        WebhookEndpoint.objects.filter(awake, tried | running).order_by("pk").values_list("pk", flat=True)
    )


def due_deliveries(now: datetime) -> QuerySet[WebhookDelivery]:
    """What is to be sent and what nobody is sending, but for what waits behind an earlier one of its stream."""
    earlier = WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        stream=OuterRef("stream"),
        state=State.PENDING,
        position__lt=OuterRef("position"),
    )
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=now)
    first = Q(stream="") | ~Exists(earlier)
    return WebhookDelivery.objects.filter(unclaimed, first, state=State.PENDING, due_at__lte=now)


@transaction.atomic
def claim_deliveries(endpoint_id: int, most: int) -> list[WebhookDelivery]:
    """Up to `most` deliveries of an endpoint that are the caller's to send until the claim runs out, with their endpoint."""
    try:
        endpoint = lock_endpoint(endpoint_id)
    except WebhookEndpoint.DoesNotExist:
        return []
    now = timezone.now()
    free = min(most, _free_places(endpoint, now))
    if free <= 0 or (endpoint.rests_until and endpoint.rests_until > now):
        return []
    due = due_deliveries(now).filter(endpoint=endpoint)
    if endpoint.state != WebhookEndpoint.State.ACTIVE:
        due = due.filter(event=None)
    rows = list(due.order_by("due_at", "position", "pk")[:free])
    claim = uuid4()
    ids = [row.pk for row in rows]
    WebhookDelivery.objects.filter(pk__in=ids).update(claim=claim, claimed_until=now + CLAIM)
    for row in rows:
        row.endpoint, row.claim = endpoint, claim
    return rows


def _free_places(endpoint: WebhookEndpoint, now: datetime) -> int:
    places = PLACES_WHILE_FAILING if endpoint.failures else PLACES
    return (
        places
        - WebhookDelivery.objects.filter(
            endpoint=endpoint, state=State.PENDING, claimed_until__gt=now
        ).count()
    )
