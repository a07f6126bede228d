"""The timeline of an order, in the words of its audience."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from orders import hooks
from orders.events import INTERNAL_FIELDS, FieldsEvent, OrderChanged
from orders.labels import SUMS, field_label, field_text, prices_differ, sort_fields
from orders.models import ContactChange, Order, TrackingNode
from orders.policies.contact_masks import masked_phones
from orders.reading.couriers import courier_name
from orders.selectors.contacts import unmasked_fact, unmasked_facts
from orders.selectors.goods import goods_names
from orders.selectors.order_parts import OrderLog
from shopcomm.core.audiences import SHOP, Audience
from shopcomm.core.events.kinds import EVERYBODY, Event
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order
from shopcomm.core.text import HOME_CURRENCY

# The kind of an entry that says what became of a notice.
NOTICE = "notice"


@dataclass(frozen=True)
class BeforeAfter:
    """One changed field, in words."""

    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the timeline. `icon` names a symbol of the sprite."""

    when: datetime
    actor_name: str
    icon: str
    text: str
    before_after: Sequence[BeforeAfter] = ()
    kind: str = "event"
    # The event that it is, or that it tells of; and what became of the notices of it.
    event_id: int = 0
    told: tuple[str, ...] = ()


def order_timeline(
    order: Order, *, audience: Audience = SHOP, log: OrderLog | None = None
) -> list[TimelineEntry]:
    """Events and courier scans of an order, oldest first, as far as the audience may know.

    `log`: what it is made of, where it has been read already, with the order's lines.
    """
    known = [line.variant for line in order.lines.all() if line.variant] if log else []
    log = log or _log_of(order)
    whole = unmasked_facts(log.events, log.contacts)
    names = goods_names(_logged(whole.values()), known)
    told = (
        entry_of(event, audience=audience, names=names, fact=whole[event.pk], currency=order.currency)
        for event in log.events
    )
    entries = [entry for entry in told if entry]
    entries += [
        TimelineEntry(node.scanned_at, courier_name(node.shipment.carrier), "pin", node.text, kind="scan")
        for node in log.scans
    ]
    for hook in hooks.timeline_hooks:
        entries += hook(order, audience)
    # A stable sort: events of one moment stay in the order they were written.
    return sorted(_with_notices(entries), key=lambda entry: entry.when)


def _log_of(order: Order) -> OrderLog:
    scans = TrackingNode.objects.filter(shipment__order=order).select_related("shipment")
    contacts = {each.pk: each for each in ContactChange.objects.filter(order=order)}
    return OrderLog(list(events_of_order(order.pk)), contacts, list(scans))


def _with_notices(entries: list[TimelineEntry]) -> list[TimelineEntry]:
    """What happened and who was told of it as one entry; a notice of no event stays one of its own."""
    happened = {entry.event_id for entry in entries if entry.event_id and entry.kind != NOTICE}
    told: dict[int, list[str]] = {}
    alone = []
    for entry in entries:
        if entry.kind == NOTICE and entry.event_id in happened:
            told.setdefault(entry.event_id, []).append(entry.text)
        else:
            alone.append(entry)
    return [replace(entry, told=tuple(told.get(entry.event_id, ()))) for entry in alone]


def _logged(facts: Iterable[Event]) -> list[dict[str, Any]]:
    return [side for fact in facts if isinstance(fact, FieldsEvent) for side in (fact.before, fact.after)]


def entry_of(
    event: DomainEvent,
    *,
    audience: Audience = SHOP,
    names: Mapping[str, str] | None = None,
    fact: Event | None = None,
    currency: str = "",
) -> TimelineEntry | None:
    """One event as a line; None when it is not for this audience.

    Who shows many passes the whole `fact` of each, and the `currency` of their order.
    """
    fact = unmasked_fact(event) if fact is None else fact
    if fact.audience != EVERYBODY and not audience.is_shop:
        return None
    changed = before_after(event, audience=audience, names=names, fact=fact, currency=currency)
    if isinstance(fact, OrderChanged) and not changed:
        return None
    staff = event.actor_kind != "customer" and not audience.is_shop
    # The system's own name is stored as the shop says it.
    itself = event.actor_kind == "system" and event.actor_name
    name = _("商家") if staff else _(event.actor_name) if itself else event.actor_name
    text = fact.shop_text() if audience.is_shop else fact.timeline_text()
    return TimelineEntry(event.occurred_at, name, fact.icon, text, changed, event.type, event.pk or 0)


def before_after(
    event: DomainEvent,
    *,
    audience: Audience = SHOP,
    names: Mapping[str, str] | None = None,
    fact: Event | None = None,
    currency: str = "",
) -> list[BeforeAfter]:
    """The fields an edit changed. The shop reads phones masked, as on its other pages; the customer reads their own.

    `fact` is the event's, as far as it is to be told; without it, the whole of it. `currency` is its order's, if known.
    """
    fact = unmasked_fact(event) if fact is None else fact
    if not isinstance(fact, FieldsEvent):
        return []
    before, after = fact.before, fact.after
    currency = currency or (_currency_of(event) if SUMS & set(after) else HOME_CURRENCY)
    if audience.is_shop:
        return field_change_rows(masked_phones(before), masked_phones(after), names, currency=currency)
    told = {name: value for name, value in after.items() if name not in INTERNAL_FIELDS}
    return field_change_rows(before, told, names, currency=currency)


def _currency_of(event: DomainEvent) -> str:
    known = Order.objects.filter(pk=event.order_id or 0).values_list("currency", flat=True)
    return known.first() or HOME_CURRENCY


def field_change_rows(
    before: dict[str, Any],
    after: dict[str, Any],
    names: Mapping[str, str] | None = None,
    *,
    currency: str = HOME_CURRENCY,
) -> list[BeforeAfter]:
    """Changed fields as people read them. Who shows many at once passes the `names` of all their goods."""
    if not after:
        return []
    names = goods_names([before, after]) if names is None else names
    priced = prices_differ(before.get("items"), after.get("items"))
    before, after = _without_same_goods(before, after, priced=priced)
    return [
        BeforeAfter(
            name,
            field_label(name),
            field_text(name, before.get(name), priced=priced, names=names, currency=currency),
            field_text(name, after[name], priced=priced, names=names, currency=currency),
        )
        for name in sort_fields(after)
    ]


def _without_same_goods(
    before: dict[str, Any], after: dict[str, Any], *, priced: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Goods that stay as they are need not be read through to find those that do not."""
    old, new = before.get("items"), after.get("items")
    if not isinstance(old, list) or not isinstance(new, list):
        return before, after

    def seen(row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["sku"], row["quantity"], row.get("unit_price") if priced else None)

    same = {seen(row) for row in old} & {seen(row) for row in new}
    gone, come = ([row for row in rows if seen(row) not in same] for rows in (old, new))
    # Another order of the same goods is told whole.
    return (before | {"items": gone}, after | {"items": come}) if gone or come else (before, after)
