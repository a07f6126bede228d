"""Who sends what: due deliveries are claimed for a while, so many of an endpoint at once, and in order per order.

Whoever claims for an endpoint, or writes down what came of it, has its row locked for that moment.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import lock_endpoint

# A worker that was killed gives its deliveries back then.
CLAIM = timedelta(seconds=60)
# No call begins with less left of its claim: it takes fifteen seconds at most.
LEFT_FOR_A_CALL = timedelta(seconds=20)
# So many deliveries a courier takes along for an endpoint; one while it fails, so that one which hangs costs little.
BATCH, BATCH_WHILE_FAILING = 100, 1
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
def claim_deliveries(endpoint_id: int, courier: UUID, most: int) -> list[WebhookDelivery]:
    """Up to `most` deliveries of an endpoint that are the courier's to send until the claim runs out, with their endpoint.

    None while another courier serves the endpoint: so no more calls are under way than one makes.
    """
    try:
        endpoint = lock_endpoint(endpoint_id)
    except WebhookEndpoint.DoesNotExist:
        return []
    now = timezone.now()
    free = min(most, _free_places(endpoint, courier, now))
    if free <= 0 or not is_awake(endpoint, now):
        return []
    due = due_deliveries(now).filter(endpoint=endpoint)
    if endpoint.state != WebhookEndpoint.State.ACTIVE:
        due = due.filter(event=None)
    rows = list(due.order_by("due_at", "position", "pk")[:free])
    until = now + CLAIM
    ids = [row.pk for row in rows]
    WebhookDelivery.objects.filter(pk__in=ids).update(claim=courier, claimed_until=until)
    for row in rows:
        row.endpoint, row.claim, row.claimed_until = endpoint, courier, until
    return rows


def is_awake(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Whether it has not asked to be left alone just now."""
    return endpoint.rests_until is None or endpoint.rests_until <= now


def give_back(courier: UUID, deliveries: Iterable[WebhookDelivery]) -> None:
    """Let go of claimed deliveries that were not begun."""
    ids = [delivery.pk for delivery in deliveries]
    mine = WebhookDelivery.objects.filter(pk__in=ids, claim=courier, state=State.PENDING)
    mine.update(claim=None, claimed_until=None)


def _free_places(endpoint: WebhookEndpoint, courier: UUID, now: datetime) -> int:
    under_way = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.PENDING, claimed_until__gt=now)
    holders = list(under_way.values_list("claim", flat=True))
    if any(holder != courier for holder in holders):
        return 0
    return (BATCH_WHILE_FAILING if endpoint.failures else BATCH) - len(holders)
