"""An occasion for notices: an event with the facts of its order, goods or conversation."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from messaging.models import Conversation, NotificationRule, Trigger
from messaging.policies.notifications.conditions import Facts
from orders.events import (
    AfterSalesMoved,
    FieldsEvent,
    OrderChanged,
    OrderEvaluated,
    OrderEvent,
    ShipmentUpdated,
    StockEvent,
    StockLow,
    StockReplenished,
)
from orders.models import Order, Status, StockReservation, Variant
from orders.selectors.timeline import before_after
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.kinds import Event
from shopcomm.core.events.models import DomainEvent

# Facts of an event that words may need; the rest is in the order.
KEPT = (
    "carrier",
    "tracking_number",
    "text",
    "state",
    "amount",
    "method",
    "reason",
    "balance",
    "status_to",
    "endpoint",
    "key_name",
    "expires_on",
    "system",
)
INTERNAL_FIELDS = frozenset({"assigned_to", "hold_reason"})
# Facts whose own line is what the words want, by the name they want it under.
IN_WORDS: dict[type[Event], str] = {AfterSalesMoved: "case", OrderEvaluated: "rating"}
MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Something that rules may tell: what made it, about what, when."""

    trigger: str
    cause: str
    happened_at: datetime
    order: Order | None = None
    conversation: Conversation | None = None
    facts: Facts = field(default_factory=Facts)
    data: dict[str, Any] = field(default_factory=dict)
    event_id: int | None = None
    # The member of staff who did it, if one did.
    by: int = 0


def occasion_of(event: DomainEvent, trigger: str, rules: Iterable[NotificationRule]) -> Occasion:
    """An event with the order or the goods it is about, as far as these rules ask."""
    order = Order.objects.select_related("customer").filter(pk=event.order_id or 0).first()
    conversation = Conversation.objects.filter(order_id=order.pk).first() if order else None
    return Occasion(
        trigger=trigger,
        cause=cause_of(event, trigger),
        happened_at=event.occurred_at,
        order=order,
        conversation=conversation,
        facts=facts_of_order(order, rules) if order else facts_of_goods(sku_of(event.fact)),
        data=data_of_event(event),
        event_id=event.pk,
        by=event.actor_id or 0 if event.actor_kind == "staff" else 0,
    )


def cause_of(event: DomainEvent, trigger: str) -> str:
    """What the notice is about: an event, or the state of one parcel however often the courier reports it."""
    scan = fact_of(event, ShipmentUpdated)
    if scan and scan.state and trigger == Trigger.TRACKING:
        return f"parcel:{scan.shipment_id}:{scan.state}"
    return f"event:{event.pk}"


def facts_of_order(order: Order, rules: Iterable[NotificationRule]) -> Facts:
    """An order as the conditions of these rules see it; categories, which cost a query, only if one asks for them."""
    asked = any(rule.categories for rule in rules)
    lines = order.lines.exclude(variant=None) if asked else order.lines.none()
    categories = lines.values_list("variant__product__category", flat=True)
    return Facts(
        urgent=order.urgent,
        source=order.source,
        total=order.total,
        # Not the street: 上海路 is not 上海. Imported addresses may have nothing else.
        region=f"{order.province}{order.city}{order.district}" or order.address,
        tags=tuple(order.customer.tags),
        categories=tuple(sorted(set(categories))),
    )


def facts_of_conversation(talk: Conversation | None) -> Facts:
    """A conversation without an order: what its customer is known for."""
    if talk is None:
        return Facts()
    return Facts(source=talk.with_customer.source, tags=tuple(talk.with_customer.tags))


def facts_of_goods(sku: str) -> Facts:
    """A variant as conditions see it."""
    category = Variant.objects.filter(sku=sku).values_list("product__category", flat=True).first()
    return Facts(categories=(category,) if category else ())


def triggers_of(event: DomainEvent) -> tuple[str, ...]:
    """Every notice that an event triggers: what happened first, then what it left to be paid or to be returned."""
    return event.fact.triggered(event.actor_kind)


def sku_of(fact: Event) -> str:
    """Of which variant a fact is; empty for one of no goods."""
    return fact.sku if isinstance(fact, StockEvent) else ""


def data_of_event(event: DomainEvent) -> dict[str, Any]:
    """What words may need of an event and cannot find elsewhere later."""
    fact = event.fact
    data = {name: said for name in KEPT if (said := getattr(fact, name, ""))}
    if isinstance(fact, OrderEvent) and fact.to_return > 0:
        data["to_return"] = str(fact.to_return)
    said = {code: _in_words(event, code) for code, _name in settings.LANGUAGES}
    data |= said.pop(settings.LANGUAGE_CODE)
    if any(said.values()):
        data["said"] = said
    if isinstance(fact, OrderChanged):
        data |= {"who": event.actor_name, "note": fact.note}
    if isinstance(fact, StockLow | StockReplenished):
        data |= goods_data(fact.sku, available=fact.available, threshold=fact.threshold)
    return data


def _in_words(event: DomainEvent, language: str) -> dict[str, str]:
    """What words want of an event as a sentence, in one language: whoever is told reads their own."""
    fact = event.fact
    with override(language):
        told = {"changes": changes_text(event)} if isinstance(fact, FieldsEvent) and fact.after else {}
        named = IN_WORDS.get(type(fact))
        return told | ({named: fact.timeline_text()} if named else {})


def changes_text(event: DomainEvent) -> str:
    """The changed fields that a customer may know of, in the language of the moment."""
    return _("；").join(
        _("%(label)s：%(before)s → %(after)s")
        % {"label": each.label, "before": each.before, "after": each.after}
        for each in before_after(event)
        if each.field not in INTERNAL_FIELDS
    )


def goods_data(sku: str, *, available: int, threshold: int | None = None) -> dict[str, Any]:
    """A variant for the words of a stock alert, with the open orders and customers that are hit."""
    variant = Variant.objects.select_related("product").filter(sku=sku).first()
    name = f"{variant.product.name} {variant.spec}".strip() if variant else sku
    data = {
        "sku": sku,
        "product": name,
        "available": available,
        "threshold": threshold,
    }
    return data | (_who_is_hit(variant) if variant else {})


def _who_is_hit(variant: Variant) -> dict[str, Any]:
    held = (
        StockReservation.objects.filter(variant=variant)
        .exclude(line__order__status__in=[Status.SHIPPED, Status.DELIVERED, Status.COMPLETED])
        .order_by("line__order__placed_at", "line__order_id")
        .values_list("line__order__number", "line__order__customer__name")
    )
    found = list(held[: MOST_NAMED + 1])
    numbers = [number for number, _name in found][:MOST_NAMED]
    names = list(dict.fromkeys(name for _number, name in found))[:MOST_NAMED]
    more = "…" if len(found) > MOST_NAMED else ""
    return {"orders": _("、").join(numbers) + more, "customers": _("、").join(names) + more}
