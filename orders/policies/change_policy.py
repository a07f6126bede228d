"""What a request to change an order gets, by the stage the order is in: data, drawn on a page, edited by managers.

`DEFAULTS` is what ships; a row of `ChangePolicy` replaces one cell (orders/selectors/change_policy.py). A part is a kind of request, and for goods the way
in which they change.
"""

from collections.abc import Iterable, Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.labels import RECEIVER
from orders.models import ChangeKind, Handler, Order, OrderLine, Status
from shopcomm.core.accounts.actors import Actor


class Outcome(models.TextChoices):
    APPLY = "apply", _("立即生效")
    WAREHOUSE = "warehouse", _("仓库确认")
    SALES = "sales", _("销售确认")
    COURIER = "courier", _("联系快递拦截")
    REFUSE = "refuse", _("不能改")


HANDLERS = {
    Outcome.WAREHOUSE: Handler.WAREHOUSE,
    Outcome.SALES: Handler.SALES,
    Outcome.COURIER: Handler.COURIER,
}

PACKED = "packed"
STAGES: dict[str, str | Promise] = {
    Status.PENDING_PAYMENT: Status.PENDING_PAYMENT.label,
    Status.PAID: Status.PAID.label,
    Status.PICKING: Status.PICKING.label,
    PACKED: _("配货中，已装箱"),
    Status.SHIPPED: Status.SHIPPED.label,
    Status.DELIVERED: Status.DELIVERED.label,
    Status.COMPLETED: Status.COMPLETED.label,
    Status.REFUNDING: Status.REFUNDING.label,
    Status.REFUNDED: Status.REFUNDED.label,
    Status.CANCELLED: Status.CANCELLED.label,
}
PARTS: dict[str, str | Promise] = {
    "address": _("收货信息"),
    "items_less": _("减数量、去掉商品"),
    "items_more": _("加数量、加商品"),
    "items_swap": _("换颜色、尺寸"),
    "note": _("备注"),
    "urgent": _("加急"),
    "cancel": _("取消订单"),
    "delivery_date": _("送货日期"),
    "price": _("价格、优惠、运费（商家提出）"),
}

A, W, S, C, X = Outcome.APPLY, Outcome.WAREHOUSE, Outcome.SALES, Outcome.COURIER, Outcome.REFUSE
_ORDER_OF_PARTS = tuple(PARTS)
_TABLE: dict[str, tuple[Outcome, ...]] = {
    # address, less, more, swap, note, urgent, cancel, delivery date, price
    Status.PENDING_PAYMENT: (A, A, A, A, A, S, A, A, A),
    Status.PAID: (A, S, S, S, A, S, A, A, A),
    Status.PICKING: (W, W, X, W, A, S, W, W, A),
    PACKED: (W, W, X, X, A, X, W, W, A),
    Status.SHIPPED: (C, X, X, X, A, X, X, X, X),
    Status.DELIVERED: (X, X, X, X, A, X, X, X, X),
    Status.COMPLETED: (X, X, X, X, A, X, X, X, X),
    Status.REFUNDING: (X, X, X, X, X, X, X, X, X),
    Status.REFUNDED: (X, X, X, X, X, X, X, X, X),
    Status.CANCELLED: (X, X, X, X, X, X, X, X, X),
}
DEFAULTS: dict[tuple[str, str], Outcome] = {
    (str(stage), part): outcome
    for stage, row in _TABLE.items()
    for part, outcome in zip(_ORDER_OF_PARTS, row, strict=True)
}

ENDED = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})
# What can never be arranged, whatever a manager would like: no parcel comes back by a click, nothing ended reopens.
FIXED = frozenset(
    (stage, part)
    for (stage, part), outcome in DEFAULTS.items()
    if stage in ENDED or (outcome == X and stage in (Status.SHIPPED, Status.DELIVERED, Status.COMPLETED))
)
INSTEAD: dict[str, str | Promise] = {
    "address": _("包裹已离开，请联系客服"),
    "items_less": _("请申请退货"),
    "items_more": _("请另下一单"),
    "items_swap": _("请申请换货"),
    "urgent": _("货已备好，急的话请联系客服"),
    "cancel": _("请申请退款"),
    "delivery_date": _("包裹已离开，请联系快递"),
}

# While one of these is open, no label is printed and no parcel leaves.
FREEZING = frozenset({ChangeKind.ADDRESS, ChangeKind.ITEMS, ChangeKind.CANCEL, ChangeKind.DELIVERY_DATE})

# The strictest comes last: a request that changes several things gets what the strictest of them gets.
STRICTNESS = (A, S, W, C, X)


# What was agreed with the customer, and until when the shop alone cannot change it.
CONSENTED = frozenset({*RECEIVER.values(), "items", "discount", "shipping_fee"})
CONSENTED_STATUSES = frozenset({Status.PAID, Status.PICKING})


def needs_consent(order: Order, actor: Actor, columns: Iterable[str]) -> bool:
    """Whether somebody of the shop wants to change what the customer has paid for.

    An integration speaks for the system in which the customer ordered; it says itself when it is the shop that asks.
    """
    return actor.is_staff and order.status in CONSENTED_STATUSES and not CONSENTED.isdisjoint(columns)


def requires_consent(order: Order, actor: Actor, columns: Iterable[str], *, shops_wish: bool) -> bool:
    """Whether the customer has to agree to what this actor asks for."""
    if actor.is_integration and shops_wish:
        return order.status in CONSENTED_STATUSES and not CONSENTED.isdisjoint(columns)
    return needs_consent(order, actor, columns)


def outcomes_for(stage: str, part: str) -> tuple[Outcome, ...]:
    """What a manager may choose for a cell."""
    if (stage, part) in FIXED:
        return (DEFAULTS[stage, part],)
    if stage == Status.SHIPPED:
        return (A, X) if part == "note" else (C, X)
    return (A, S, W, X) if stage in (Status.PICKING, PACKED) else (A, S, X)


def stage_of(order: Order, lines: list[OrderLine]) -> str:
    """The row of the table for an order: its status, or packed once all of it lies in the box or some has left."""
    if order.status != Status.PICKING:
        return str(order.status)
    open_ = [line for line in lines if line.quantity > line.cancelled_quantity]
    boxed = all(line.picked_quantity >= line.quantity - line.cancelled_quantity for line in open_)
    left = any(line.shipped_quantity for line in lines)
    return PACKED if left or (open_ and boxed) else str(Status.PICKING)


def decide_outcome(
    table: Mapping[tuple[str, str], Outcome], stage: str, parts: set[str]
) -> tuple[Outcome, str]:
    """What a request gets in this stage that touches these parts, and the part that decides. `table` is in force."""
    part = max(sorted(parts), key=lambda each: STRICTNESS.index(table[stage, each]))
    return table[stage, part], part
