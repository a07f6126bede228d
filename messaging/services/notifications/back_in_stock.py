"""Customers who asked for sold-out goods: told when they are back, first come first served, no more than there is."""

from django.db import transaction
from django.utils import timezone

from messaging.errors import NotFound
from messaging.models import Conversation, NotificationRule, StockWatch, Trigger
from messaging.services.notifications.facts import facts_of_goods, goods_data
from messaging.services.notifications.planning import Occasion, plan
from orders.models import Variant
from shopcomm.core.events.models import DomainEvent


@transaction.atomic
def watch_stock(*, conversation_id: int, sku: str, quantity: int = 1) -> StockWatch:
    """Put a customer on the list for a variant; asking again changes the quantity and keeps the place.

    Raises NotFound for an unknown conversation or SKU.
    """
    talk = Conversation.objects.filter(pk=conversation_id).first()
    variant = Variant.objects.filter(sku=sku).first()
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
def tell_watchers(event: DomainEvent) -> int:
    """Plan the notices of an arrival: for the first on the list, as far as the goods go. Returns how many."""
    variant = Variant.objects.filter(sku=event.data.get("sku", "")).first()
    rules = list(NotificationRule.objects.filter(trigger=Trigger.BACK_IN_STOCK, enabled=True))
    if variant is None or not rules or event.data.get("history"):
        return 0
    queue = StockWatch.objects.select_for_update().filter(variant=variant, told_at=None, cancelled_at=None)
    told, left = [], variant.available
    for watch in queue.select_related("conversation").order_by("asked_at", "pk"):
        if watch.quantity > left:
            # Who came first waits for enough; nobody behind them is served before.
            break
        left -= watch.quantity
        told.append(watch)
    facts, data = facts_of_goods(variant.sku), goods_data(variant.sku, {"available": variant.available})
    plan(rules, [_occasion(watch, event, facts, data) for watch in told])
    StockWatch.objects.filter(pk__in=[watch.pk for watch in told]).update(told_at=timezone.now())
    return len(told)


def _occasion(watch: StockWatch, event: DomainEvent, facts: object, data: dict) -> Occasion:
    return Occasion(
        trigger=Trigger.BACK_IN_STOCK,
        cause=f"watch:{watch.pk}",
        happened_at=event.occurred_at,
        conversation=watch.conversation,
        facts=facts,  # type: ignore[arg-type]
        data={name: value for name, value in data.items() if name not in ("orders", "customers")},
        event_id=event.pk,
    )
