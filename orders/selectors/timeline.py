"""Everything that happened to an order, in the words of the people who look at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _

from orders import events, hooks
from orders.contacts import masked_phones
from orders.couriers import courier_name
from orders.labels import SUMS, field_label, field_text, in_order, prices_differ, status_label
from orders.models import (
    AfterSalesCase,
    ChangeKind,
    ChangeRequest,
    Handler,
    Order,
    TrackingNode,
)
from orders.selectors.contacts import whole_data, whole_of
from orders.selectors.goods import goods_names
from orders.selectors.money_texts import MONEY_TEXTS, with_balance, with_override
from orders.selectors.shortages import choice_text
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_of_order
from shopcomm.core.text import HOME_CURRENCY, written_money

Audience = Literal["shop", "customer"]
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
    before_after: list[BeforeAfter] = field(default_factory=list)
    kind: str = "event"
    # The event that it is, or that it tells of; and what became of the notices of it.
    event_id: int = 0
    told: tuple[str, ...] = ()


# What only the shop is told.
INTERNAL = frozenset(
    {
        events.OrderAcknowledged.type,
        events.OrderPrinted.type,
        events.OrderPickReleased.type,
        events.ChangeEscalated.type,
        events.ShortageFound.type,
    }
)
INTERNAL_FIELDS = frozenset({"assigned_to"})

ICONS = {
    events.OrderCreated.type: "plus",
    events.OrderPaid.type: "wallet",
    events.PaymentRecorded.type: "wallet",
    events.OrderPicking.type: "box",
    events.OrderPickReleased.type: "undo",
    events.OrderShipped.type: "truck",
    events.ShipmentUpdated.type: "truck",
    events.OrderDelivered.type: "check",
    events.OrderCompleted.type: "check",
    events.OrderRefunding.type: "refund",
    events.OrderRefundRejected.type: "undo",
    events.OrderRefunded.type: "refund",
    events.OrderCancelled.type: "close",
    events.DepositReleased.type: "undo",
    events.OrderChanged.type: "edit",
    events.OrderAcknowledged.type: "eye",
    events.OrderPrinted.type: "print",
    events.OrderUrged.type: "bell",
    events.OrderEvaluated.type: "star",
    events.EvaluationAnswered.type: "chat",
    events.AfterSalesMoved.type: "refund",
    events.PartRefunded.type: "refund",
    events.DebtReduced.type: "wallet",
    events.ChangeRequested.type: "edit",
    events.ChangeEscalated.type: "warn",
    events.ChangeRejected.type: "undo",
    events.ShortageFound.type: "warn",
    events.ShortageSettled.type: "box",
}


def timeline(order: Order, *, audience: Audience = "shop") -> list[TimelineEntry]:
    """Events and courier scans of an order, oldest first, as far as the audience may know."""
    happened = list(events_of_order(order.pk))
    names = goods_names(_logged(happened))
    whole = whole_of(happened)
    told = (entry_of(event, audience=audience, names=names, data=whole[event.pk]) for event in happened)
    entries = [entry for entry in told if entry]
    scans = TrackingNode.objects.filter(shipment__order=order).select_related("shipment")
    entries += [
        TimelineEntry(node.scanned_at, courier_name(node.shipment.carrier), "pin", node.text, kind="scan")
        for node in scans
    ]
    for hook in hooks.timeline_hooks:
        entries += hook(order, audience)
    # A stable sort: events of one moment stay in the order they were written.
    return sorted(_with_notices(entries), key=lambda entry: entry.when)


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


def _logged(happened: list[DomainEvent]) -> list[dict[str, Any]]:
    return [event.data.get(side) or {} for event in happened for side in ("before", "after")]


def entry_of(
    event: DomainEvent,
    *,
    audience: Audience = "shop",
    names: Mapping[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
) -> TimelineEntry | None:
    """One event as a line; None when it is not for this audience. Who shows many passes the whole `data` of each."""
    if audience == "customer" and event.type in INTERNAL:
        return None
    changed = before_after(event, audience=audience, names=names, data=data)
    if event.type == events.OrderChanged.type and not changed:
        return None
    staff = audience == "customer" and event.actor_kind != "customer"
    # The system's own name is stored as the shop says it.
    itself = event.actor_kind == "system" and event.actor_name
    name = _("商家") if staff else _(event.actor_name) if itself else event.actor_name
    text = event_text(event) if audience == "customer" else with_override(event_text(event), event.data)
    icon = ICONS.get(event.type, "info")
    return TimelineEntry(event.occurred_at, name, icon, text, changed, event.type, event.pk or 0)


def before_after(
    event: DomainEvent,
    *,
    audience: Audience = "shop",
    names: Mapping[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
) -> list[BeforeAfter]:
    """The fields an edit changed. The shop reads phones masked, as on its other pages; the customer reads their own."""
    data = whole_data(event) if data is None else data
    before, after = data.get("before") or {}, data.get("after") or {}
    currency = _currency_of(event) if SUMS & set(after) else HOME_CURRENCY
    if audience == "shop":
        return in_words(masked_phones(before), masked_phones(after), names, currency=currency)
    told = {name: value for name, value in after.items() if name not in INTERNAL_FIELDS}
    return in_words(before, told, names, currency=currency)


def _currency_of(event: DomainEvent) -> str:
    known = Order.objects.filter(pk=event.order_id or 0).values_list("currency", flat=True)
    return known.first() or HOME_CURRENCY


def in_words(
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
        for name in in_order(after)
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


def _money(data: dict[str, Any], name: str = "amount") -> str:
    return written_money(data[name], data.get("currency", "CNY"))


def _picking(data: dict[str, Any]) -> str:
    return _("包裹退回，重新配货") if data.get("reason") == "parcel_returned" else _("开始配货")


def _parcel(data: dict[str, Any]) -> dict[str, str]:
    return {"carrier": courier_name(data.get("carrier", "")), "number": data.get("tracking_number", "")}


def _shipment(data: dict[str, Any]) -> str:
    if data.get("text"):
        return data["text"]
    return _("部分发货：%(carrier)s %(number)s") % _parcel(data)


def _with_reason(text: str, data: dict[str, Any]) -> str:
    reason = data.get("reason")
    return _("%(text)s：%(reason)s") % {"text": text, "reason": reason} if reason else text


def _acknowledged(data: dict[str, Any]) -> str:
    return _("已看到修改，照新的配货") if data.get("alert_id") else _("已看到新订单")


def _printed(data: dict[str, Any]) -> str:
    told = _("修改申请未处理，仍打印了面单") if data["paper"] else _("修改申请未处理，仍打印了拣货单")
    return _with_reason(told, data)


def _changed(data: dict[str, Any]) -> str:
    consent = data.get("consent") or {}
    if not consent:
        return _("修改订单")
    who = {"who": consent.get("who", "")}
    if consent.get("by") == "phone":
        return _("修改订单，%(who)s已在电话中同意") % who
    return _("修改订单，%(who)s已同意") % who


def _kind(data: dict[str, Any]) -> str:
    return str(ChangeKind(data["kind"]).label)


def _requested(data: dict[str, Any]) -> str:
    if data["kind"] == ChangeKind.CANCEL:
        return _("申请取消订单，等待%(handler)s处理") % {"handler": Handler(data["handler"]).label}
    values = {"kind": _kind(data), "handler": Handler(data["handler"]).label}
    if data["handler"] == Handler.CUSTOMER:
        return _("商家申请修改%(kind)s，等待客户同意") % values
    return _("申请修改%(kind)s，等待%(handler)s处理") % values


def _rejected(data: dict[str, Any]) -> str:
    outcome = ChangeRequest.State(data["state"]).label
    text = _("修改%(kind)s的申请%(outcome)s") % {"kind": _kind(data), "outcome": outcome}
    return _with_reason(text, data)


def _case(data: dict[str, Any]) -> str:
    kind, state = AfterSalesCase.Kind(data["kind"]).label, AfterSalesCase.State(data["state"]).label
    return _with_reason(
        _("%(kind)s：%(state)s") % {"kind": kind, "state": state}, {"reason": data.get("text")}
    )


def _created(data: dict[str, Any]) -> str:
    text = _("创建订单，合计 %(total)s") % {"total": _money(data, "total")}
    return (
        _("%(text)s（报价单 %(quote)s）") % {"text": text, "quote": data["quote"]}
        if data.get("quote")
        else text
    )


def _found(data: dict[str, Any]) -> str:
    values = {"goods": data["goods"], "count": data["missing"]}
    texts = {
        "changed": _("缺货数量变为 %(count)s 件：%(goods)s"),
        "offered": _("缺货方案已发给客户：%(goods)s ×%(count)s"),
        "void": _("缺的货已到：%(goods)s"),
    }
    return texts.get(data["state"], _("缺货：%(goods)s ×%(count)s，等销售和客户商量")) % values


def _settled(data: dict[str, Any]) -> str:
    values = {"goods": data["goods"], "choice": choice_text(data.get("choice") or {})}
    texts = {
        "void": _("不再缺货：%(goods)s"),
        "arrived": _("缺的货已到：%(goods)s"),
        "late": _("说好的日期已过，%(goods)s 还没有到货"),
    }
    text = texts.get(data["state"], _("%(goods)s 缺货，客户选择：%(choice)s")) % values
    if data.get("consent"):
        return _("%(text)s（电话确认：%(consent)s）") % {"text": text, "consent": data["consent"]}
    return text


def _evaluated(data: dict[str, Any]) -> str:
    text = (
        _("修改评价：商品 %(goods)s 星，服务 %(service)s 星")
        if data.get("edited")
        else _("评价：商品 %(goods)s 星，服务 %(service)s 星")
    )
    stars = text % {"goods": data["goods"], "service": data["service"]}
    return _with_reason(stars, {"reason": data.get("text")})


TEXTS: dict[str, Callable[[dict[str, Any]], str]] = {
    events.OrderCreated.type: _created,
    events.OrderPicking.type: _picking,
    events.OrderPickReleased.type: lambda data: _("放回待配货"),
    events.OrderShipped.type: lambda data: _("已发货：%(carrier)s %(number)s") % _parcel(data),
    events.ShipmentUpdated.type: _shipment,
    events.OrderDelivered.type: lambda data: _("已签收"),
    events.OrderCompleted.type: lambda data: _("订单已完成"),
    events.OrderChanged.type: lambda data: with_balance(_changed(data), data),
    events.OrderAcknowledged.type: _acknowledged,
    events.OrderPrinted.type: _printed,
    events.OrderUrged.type: lambda data: _("客户催单"),
    events.OrderEvaluated.type: _evaluated,
    events.EvaluationAnswered.type: lambda data: _with_reason(_("答复评价"), {"reason": data["text"]}),
    events.AfterSalesMoved.type: _case,
    events.ChangeRequested.type: _requested,
    events.ChangeEscalated.type: lambda data: _("修改申请超时未处理，已上报经理"),
    events.ChangeRejected.type: _rejected,
    events.ShortageFound.type: _found,
    events.ShortageSettled.type: _settled,
    **MONEY_TEXTS,
}


def event_text(event: DomainEvent) -> str:
    """An event in one line; one that is unknown here says at least where the order went."""
    text = TEXTS.get(event.type)
    if text is not None:
        return text(event.data)
    return status_label(event.data.get("status_to", "")) or event.type
