"""Display values of the desk's templates, derived from an order and the transition table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import AfterSalesCase, Order, Status
from orders.policies.after_sales import SHOPS_TURN
from orders.policies.transitions import Transition
from orders.reading.couriers import courier_name, hotline_of
from orders.selectors.change_requests import AskedChange
from orders.selectors.shortages import Shortage
from orders.selectors.timeline import TimelineEntry
from shopcomm.core.refusals import Refusal
from shopcomm.core.ui.addresses import page_address
from shopcomm.core.ui.drawing import draw_once
from shopcomm.core.ui.templatetags.ui import time_tag

ICONS = {
    Status.PAID: "pay",
    Status.PICKING: "boxes",
    Status.SHIPPED: "truck",
    Status.DELIVERED: "box",
    Status.COMPLETED: "check",
    Status.REFUNDING: "refund",
    Status.REFUNDED: "refund",
    Status.CANCELLED: "x",
}
DANGEROUS = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})
EDITABLE = frozenset({Status.PENDING_PAYMENT, Status.PAID, Status.PICKING})
# What is still to be paid for in these is asked for.
OWING = frozenset(Status) - {Status.REFUNDING, Status.REFUNDED, Status.CANCELLED}
# What has left may come back.
CLAIMABLE = frozenset({Status.SHIPPED, Status.DELIVERED, Status.COMPLETED})
# The way forward that need not be gone: the timer completes an order by itself.
UNHURRIED = frozenset({"complete"})
# So many buttons stand side by side on a phone, beside the one for the rest.
BAR = 2
# So much of what happened stands below an order; all of it is a tab on a phone and a button away at a desk.
NEWEST = 8
# Moves that go back are never the primary button.
BACKWARD = frozenset({"release_pick", "parcel_returned", "reject_refund"})


@dataclass(frozen=True)
class Action:
    """A button of the order's head. One that asks something first opens as a dialog."""

    label: str | Promise
    icon: str
    href: str
    key: str = ""
    asks: bool = True
    primary: bool = False
    # The way forward, primary or not: it keeps its key and the focus.
    forward: bool = False
    danger: bool = False
    first_danger: bool = False


@dataclass(frozen=True)
class Toolbar:
    """The buttons of an order: those a phone has room for, and the rest, which it keeps behind “more”."""

    bar: list[Action]
    more: list[Action]


@dataclass(frozen=True)
class Step:
    """A point of the progress line: done, now, or still to come."""

    label: str | Promise
    state: str = ""
    at: datetime | None = None


def toolbar_of(
    order: Order, transitions: list[Transition], *, undecided: bool = False, may_claim: bool = True
) -> Toolbar:
    """Everything that may be done with an order: the way forward first, then editing, what costs money last.

    `transitions`: the moves that whoever reads may make. While something is `undecided` the answer to it is the screen's primary button, and the way forward is not.
    `may_claim`: whether anything of it can still be claimed by whoever reads.
    """
    moves = _moves(order, transitions, undecided=undecided)
    forward = [action for action in moves if action.forward]
    back = [action for action in moves if not action.forward and not action.danger]
    danger = [action for action in moves if action.danger]
    buttons = [*forward, *_beside(order, may_claim=may_claim), *back]
    if danger:
        danger[0] = replace(danger[0], first_danger=True)
    return Toolbar(buttons[:BAR], [*buttons[BAR:], *danger])


def _moves(order: Order, transitions: list[Transition], *, undecided: bool) -> list[Action]:
    ordered = sorted(transitions, key=lambda row: (row.to in DANGEROUS, row.command in BACKWARD))
    actions: list[Action] = []
    for index, row in enumerate(ordered):
        danger = row.to in DANGEROUS
        forward = index == 0 and not danger and row.command not in BACKWARD
        actions.append(
            Action(
                label=row.label,
                icon="left" if row.command in BACKWARD else ICONS.get(Status(row.to), "right"),
                href=page_address("orders:transition", order.number, row.to),
                key="g" if forward else "",
                primary=forward and not undecided and row.command not in UNHURRIED,
                forward=forward,
                danger=danger,
            )
        )
    return actions


def _beside(order: Order, *, may_claim: bool) -> list[Action]:
    """What may be done with an order that moves it nowhere."""
    actions = []
    if order.status in EDITABLE:
        edit = page_address("orders:edit", order.number)
        actions.append(Action(_("修改订单"), "edit", edit, key="e", asks=False))
    if order.status in OWING and order.balance > 0:
        actions.append(Action(_("发催付"), "bell", page_address("messaging:nudge", order.number, "payment")))
    if order.status == Status.SHIPPED:
        actions.append(Action(_("催物流"), "truck", page_address("messaging:nudge", order.number, "courier")))
    if may_claim and order.status in CLAIMABLE:
        claim = page_address("messaging:new-case", order.number)
        actions.append(Action(_("售后"), "refund", claim, asks=False))
    if order.status != Status.PENDING_PAYMENT:
        again = f"{page_address('orders:create')}?again={order.number}"
        actions.append(Action(_("再来一单"), "retry", again, asks=False))
    return actions


def primary_answer_of(
    asked: list[AskedChange], cases: list[AfterSalesCase], shortages: list[Shortage]
) -> dict[str, int]:
    """Which one answer is the screen's primary button: `{"shortage": id}`, `{"request": id}` or `{"case": id}`.

    One decision at a time: the oldest shortage first, then the oldest request, then the oldest case that
    waits for the shop; the rest has its turn when that is settled. Nothing to decide is an empty answer.
    """
    waiting = {
        "shortage": [each.task.pk for each in shortages if each.task.is_open],
        "request": [each.row.pk for each in asked if each.is_open],
        "case": [case.pk for case in cases if case.state in SHOPS_TURN],
    }
    return next(({kind: min(found)} for kind, found in waiting.items() if found), {})


def steps_of(order: Order) -> list[Step]:
    """The progress line; a refund or a cancellation takes the place of what is left."""
    points: list[tuple[str, str | Promise, datetime | None]] = [
        (Status.PENDING_PAYMENT, _("提交"), order.placed_at),
        (Status.PAID, _("已挂账") if order.on_account else _("已支付"), order.paid_at),
        (Status.PICKING, _("配货中"), order.picking_at),
        (Status.SHIPPED, _("已发货"), order.shipped_at),
        (Status.DELIVERED, _("已签收"), order.delivered_at),
        (Status.COMPLETED, _("已完成"), order.closed_at),
    ]
    names = [status for status, _label, _at in points]
    if order.status in names:
        now = names.index(order.status)
        states = ["done" if i < now else "now" if i == now else "" for i in range(len(points))]
        if order.status == Status.COMPLETED:
            states[-1] = "done"
        return [
            Step(label, state, at if state else None)
            for (_s, label, at), state in zip(points, states, strict=True)
        ]
    reached = [Step(label, "done", at) for status, label, at in points if at and status != Status.COMPLETED]
    ended = order.status in (Status.REFUNDED, Status.CANCELLED)
    return [*reached, Step(order.get_status_display(), "now", order.closed_at if ended else None)]


def timeline_lines(entries: Sequence[TimelineEntry]) -> list[SafeString]:
    """What happened as the page shows it, the newest first; what is over says the same whenever it is asked for."""
    return [
        draw_once(
            "orders/_timeline_entry.html",
            entry=replace(entry, before_after=tuple(entry.before_after)),
            # Told by how long ago it was: another text, another drawing.
            when=time_tag(entry.when),
            first=place == 0,
        )
        for place, entry in enumerate(entries)
    ]


def refusal_of(error: Refusal) -> dict[str, Any]:
    """The text of a refusal: the reason, and each missing thing."""
    if isinstance(error, GuardFailed):
        items = [guard["text"] for guard in error.extra["guards"]]
        return {
            "text": items[0] if len(items) == 1 else _("还差这些："),
            "items": items if len(items) > 1 else [],
        }
    return {"text": error.detail, "items": []}


def stale_of(error: Refusal) -> dict[str, Any]:
    """Who was quicker, and what they changed."""
    changed = error.extra.get("changed", [])
    names = list(dict.fromkeys(row["by"] for row in changed if row.get("by")))
    return {"who": _("、").join(names) or _("有人"), "changes": changed}


def name_carriers(shipments: list[Any]) -> list[Any]:
    """Parcels with the name people call their courier by, and where it is rung."""
    for shipment in shipments:
        shipment.carrier_name = courier_name(shipment.carrier)
        shipment.hotline = hotline_of(shipment.carrier)
    return shipments
