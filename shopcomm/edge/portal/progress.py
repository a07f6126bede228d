"""How an order stands, in the customer's words. Pure: everything comes from the order that was fetched."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import AfterSalesCase, Order, OrderLine, Shipment, TrackingNode
from orders.models.statuses import Status
from orders.policies.after_sales import OPEN
from orders.reading.couriers import courier_name
from orders.selectors.due import is_ended_by_timer
from orders.selectors.open_sums import OpenSum, open_sum_of, sum_asked_back
from orders.selectors.parcels import Way, parcel_way_of
from orders.selectors.parts import StillToShip, still_to_ship

_WAY = (
    Status.PENDING_PAYMENT,
    Status.PAID,
    Status.PICKING,
    Status.SHIPPED,
    Status.DELIVERED,
)
_ENDED_ELSEWHERE = (Status.REFUNDING, Status.REFUNDED, Status.CANCELLED)


@dataclass(frozen=True)
class Step:
    """One stop of the way; `state` is done, now or empty, `at` when it was reached."""

    label: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Parcel:
    """A shipment with where it has been, newest first; `courier` is the code, `carrier` the name."""

    courier: str
    carrier: str
    tracking_number: str
    nodes: list[TrackingNode]
    # The stops and the towns of its way.
    way: Way
    # (line, pieces) when there are several parcels and one wonders which is where.
    pieces: list[tuple[OrderLine, int]]
    shipped_at: datetime


@dataclass(frozen=True)
class Progress:
    """All that the progress page shows beside the order itself."""

    headline: str
    detail: str
    steps: list[Step]
    parcels: list[Parcel]
    lines: list[OrderLine]
    # What is still to come after a part of it has left.
    to_ship: StillToShip | None
    open_sum: OpenSum
    # Of a whole order that is being refunded.
    asked_back: Decimal
    # What is being settled.
    open_cases: list[AfterSalesCase]
    pay_by: datetime | None
    # Whether the order ends by itself when it is not paid by then; with a deposit somebody may have to decide.
    is_cancelled_late: bool


def progress_of(order: Order) -> Progress:
    """The page's content for an order with its lines, shipments, refunds and cases."""
    parcels = [_parcel(shipment) for shipment in _shipments(order)]
    headline, detail = _headline(order, parcels)
    open_sum = open_sum_of(order)
    pay_by = _pay_by(order, open_sum)
    return Progress(
        headline=headline,
        detail=detail,
        steps=_steps(order),
        parcels=parcels,
        lines=list(order.lines.all()),
        to_ship=still_to_ship(order),
        open_sum=open_sum,
        asked_back=sum_asked_back(order),
        open_cases=[case for case in order.after_sales.all() if case.state in OPEN],
        pay_by=pay_by,
        is_cancelled_late=pay_by is not None and is_ended_by_timer(order),
    )


def _pay_by(order: Order, open_sum: OpenSum) -> datetime | None:
    waits = order.status == Status.PENDING_PAYMENT and open_sum.due
    return order.pay_by if waits and order.pay_by and order.pay_by > timezone.now() else None


def _shipments(order: Order) -> list[Shipment]:
    return sorted(order.shipments.all(), key=lambda shipment: shipment.shipped_at, reverse=True)


def _parcel(shipment: Shipment) -> Parcel:
    way = parcel_way_of(shipment)
    return Parcel(
        courier=shipment.carrier,
        carrier=courier_name(shipment.carrier),
        tracking_number=shipment.tracking_number,
        nodes=way.scans,
        way=way,
        pieces=[(piece.line, piece.quantity) for piece in shipment.lines.all()],
        shipped_at=shipment.shipped_at,
    )


def _headline(order: Order, parcels: list[Parcel]) -> tuple[str, str]:
    if order.status == Status.SHIPPED:
        newest = next((node.text for parcel in parcels for node in parcel.nodes), "")
        return _("包裹正在路上"), newest or _("用下面的运单号可以在快递公司查到包裹走到哪里。")
    texts = {
        Status.PENDING_PAYMENT: (
            _("等待付款"),
            _("付款后马上为您配货。付好了请在客服里说一声。"),
        ),
        Status.PAID: (
            _("已收到付款，等待配货"),
            _("配好货就发出，发货后这里有快递和运单号。"),
        ),
        Status.PICKING: (_("正在为您配货"), _("仓库正在拣货，改地址请马上告诉客服。")),
        Status.DELIVERED: (_("包裹已签收"), _("有问题请在客服里留言。")),
        Status.COMPLETED: (
            _("订单已完成"),
            _("谢谢您的信任，需要再来一单请告诉客服。"),
        ),
        Status.REFUNDING: (_("退款处理中"), _("商家会把款项退还给您，退款后这里会更新。")),
        Status.REFUNDED: (_("已退款"), _("款项已退还给您，请留意到账。")),
        Status.CANCELLED: (_("订单已取消"), _("还想要的话，请告诉客服重新下单。")),
    }
    if order.status in (Status.REFUNDING, Status.REFUNDED) and not order.paid_amount:
        again = (
            texts[Status.CANCELLED][1]
            if order.status == Status.REFUNDED
            else _("您还没有付款，没有款项要退。")
        )
        return _("正在取消订单") if order.status == Status.REFUNDING else _("订单已取消"), again
    if order.status == Status.PAID and order.on_account:
        return _("已挂账，等待配货"), texts[Status.PAID][1]
    return texts[Status(order.status)]


def _steps(order: Order) -> list[Step]:
    labels = {
        Status.PENDING_PAYMENT: _("已提交"),
        Status.PAID: _("已挂账") if order.on_account else _("已支付"),
        Status.PICKING: _("配货"),
        Status.SHIPPED: _("已发货"),
        Status.DELIVERED: _("已签收"),
    }
    if order.status in _ENDED_ELSEWHERE:
        passed = [
            Step(labels[status], "done", at)
            for status in _WAY
            if (at := _reached_at(order, status)) is not None
        ]
        return [*passed, Step(str(Status(order.status).label), "now", _ended_at(order))]
    if order.status == Status.COMPLETED:
        return [Step(label, "done", _reached_at(order, status)) for status, label in labels.items()]
    now = _WAY.index(Status(order.status))
    states = [_state(index, now) for index in range(len(_WAY))]
    return [
        Step(labels[status], state, _reached_at(order, status) if state else None)
        for status, state in zip(_WAY, states, strict=True)
    ]


def _ended_at(order: Order) -> datetime | None:
    return order.closed_at if order.status != Status.REFUNDING else None


def _state(index: int, now: int) -> str:
    if index == now:
        return "now"
    return "done" if index < now else ""


def _reached_at(order: Order, status: Status) -> datetime | None:
    return {
        Status.PENDING_PAYMENT: order.placed_at,
        Status.PAID: order.paid_at,
        Status.PICKING: order.picking_at,
        Status.SHIPPED: order.shipped_at,
        Status.DELIVERED: order.delivered_at,
    }[status]
