"""Customers who watch sold-out goods: notified when these are back, first come first served, up to the stock."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Sum
from django.utils import timezone

from messaging.errors import NotFound
from messaging.models import Conversation, Notification, NotificationRule, StockWatch, Trigger
from messaging.policies.notifications.relevance import first_served
from messaging.services.notifications.matters import stock_claim_of, watch_id_of
from messaging.services.notifications.occasions import (
    Occasion,
    facts_of_conversation,
    facts_of_goods,
    goods_data,
)
from messaging.services.notifications.planning import plan_notices
from orders.events import StockBack
from orders.models import Variant
from orders.selectors.products import written_skus
from shopcomm.core.deadlocks import leave_to_next_sweep, retry_on_deadlock
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent

# For so long the pieces that a customer was told of are not told to the next one.
KEPT_FOR = timedelta(hours=24)


@transaction.atomic
def watch_stock(*, conversation_id: int, sku: str, quantity: int = 1) -> StockWatch:
    """Put a customer on the list for a variant; asking again changes the quantity and keeps the place.

    Raises NotFound for an unknown conversation or SKU.
    """
    talk = Conversation.objects.filter(pk=conversation_id).first()
    variant = Variant.objects.filter(sku=written_skus([sku])[sku]).first()
    if talk is None or variant is None:
        raise NotFound()
    watch, made = StockWatch.objects.get_or_create(
        conversation=talk, variant=variant, told_at=None, cancelled_at=None, defaults={"quantity": quantity}
    )
    if not made and watch.quantity != quantity:
        watch.quantity = quantity
        watch.save(update_fields=["quantity"])
    return watch


@transaction.atomic
def unwatch_stock(*, conversation_id: int, watch_id: int) -> None:
    """Take a customer off the list for goods. Raises NotFound when they were told already."""
    watches = StockWatch.objects.filter(
        pk=watch_id, conversation=conversation_id, told_at=None, cancelled_at=None
    )
    if not watches.update(cancelled_at=timezone.now()):
        raise NotFound()


@transaction.atomic
def notify_watchers(event: DomainEvent) -> int:
    """Plan the notices of an arrival: for the first on the list, as far as the goods go. Returns how many."""
    fact = fact_of(event, StockBack)
    if fact is None or event.is_history:
        return 0
    return _tell(fact.sku, event.occurred_at, event.pk)


def notify_waiting_customers(*, now: datetime | None = None) -> int:
    """Look after those for whom an arrival had not enough left, or whose turn has come since. Returns how many."""
    now, told = now or timezone.now(), 0
    open_ = StockWatch.objects.filter(told_at=None, cancelled_at=None)
    open_ = open_.filter(variant__on_hand__gt=F("variant__reserved"))
    for sku in open_.values_list("variant__sku", flat=True).distinct():
        with leave_to_next_sweep(f"those who wait for {sku}"):
            told += _tell(sku, now, None)
    return told


@retry_on_deadlock
@transaction.atomic
def _tell(sku: str, happened_at: datetime, event_id: int | None) -> int:
    variant = Variant.objects.filter(sku=sku).first()
    rules = list(NotificationRule.objects.filter(trigger=Trigger.BACK_IN_STOCK, enabled=True))
    if variant is None or not rules:
        return 0
    told = _first_served(variant, timezone.now())
    plan_notices(rules, [stock_occasion(watch, happened_at, event_id, variant.available) for watch in told])
    StockWatch.objects.filter(pk__in=[watch.pk for watch in told]).update(told_at=timezone.now())
    return len(told)


def requeue_unserved_watches(rows: Iterable[Notification]) -> None:
    """Give customers whose notices were dropped, since the goods had gone again, the places that they had.

    Who was told by another rule, or has asked anew since, has had an answer or a place.
    """
    causes = {row.cause: watch_id_of(row) for row in rows if row.trigger == Trigger.BACK_IN_STOCK}
    if not causes:
        return
    told = Notification.objects.filter(cause__in=causes, state=Notification.State.SENT)
    lost = set(causes.values()) - {causes[cause] for cause in told.values_list("cause", flat=True)}
    anew = StockWatch.objects.filter(
        conversation=OuterRef("conversation"), variant=OuterRef("variant"), told_at=None, cancelled_at=None
    )
    waiting = StockWatch.objects.filter(pk__in=lost, cancelled_at=None).exclude(Exists(anew))
    waiting.update(told_at=None)


def stock_occasion(
    watch: StockWatch, happened_at: datetime, event_id: int | None, available: int
) -> Occasion:
    """What rules may tell one customer of goods that are back.

    `happened_at` is aware; `event_id` is the arrival's number in the log, None when it is only their turn; `available`
    counts the free pieces. Returns an occasion about no order.
    """
    sku = watch.variant.sku
    goods = goods_data(sku, available=available)
    return Occasion(
        trigger=Trigger.BACK_IN_STOCK,
        # A customer who could not be told in time waits again, and is told of another arrival.
        cause=f"watch:{watch.pk}:{event_id or int(happened_at.timestamp())}",
        happened_at=happened_at,
        conversation=watch.conversation,
        facts=replace(facts_of_conversation(watch.conversation), categories=facts_of_goods(sku).categories),
        # Who else is hit is no customer's business.
        data={name: value for name, value in goods.items() if name not in ("orders", "customers")},
        event_id=event_id,
    )


def _first_served(variant: Variant, now: datetime) -> list[StockWatch]:
    """The first on the list, as far as the goods go that nobody was told of yet."""
    watches = StockWatch.objects.filter(variant=variant, cancelled_at=None)
    queue = watches.filter(told_at=None).select_for_update(of=("self",)).order_by("asked_at", "pk")
    waiting = list(queue.select_related("conversation__customer", "variant"))
    # What is there now that the list is ours.
    variant.refresh_from_db(fields=["on_hand", "reserved"])
    promised = watches.filter(told_at__gt=now - KEPT_FOR).aggregate(pieces=Sum("quantity"))["pieces"] or 0
    served = set(first_served(map(stock_claim_of, waiting), variant.available - promised))
    return [watch for watch in waiting if watch.pk in served]
