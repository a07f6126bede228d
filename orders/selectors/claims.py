"""What of an order can be claimed, until when, and why nothing can."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.labels import status_label
from orders.models import AfterSalesCase, AfterSalesLine, Order, OrderLine, Status
from orders.policies.after_sales import OPEN
from orders.selectors.parcels_home import pieces_not_returned
from shopcomm.core.configuration.models import shop_settings

State, Kind = AfterSalesCase.State, AfterSalesCase.Kind
ENDED = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})


def claim_deadline(order: Order) -> datetime | None:
    """Until when a customer may open a case; None while the order is open, for as long as that is."""
    if order.closed_at is None:
        return None
    return order.closed_at + timedelta(days=shop_settings().after_sales_days)


def is_too_late(order: Order) -> bool:
    """Whether the time for opening a case is over."""
    until = claim_deadline(order)
    return until is not None and timezone.now() > until


def claimable_pieces(
    order: Order, lines: list[OrderLine], *, besides: AfterSalesCase | None = None
) -> dict[int, int]:
    """How many pieces of each line have left, are not back and are in no open case (but for one's own)."""
    own = besides.pk if besides else None
    # Money alone: goods that were paid back without coming home cannot be claimed again.
    taken = AfterSalesLine.objects.filter(case__order=order, case__state__in=OPEN) | (
        AfterSalesLine.objects.filter(case__order=order, case__kind=Kind.REFUND, case__state=State.RESOLVED)
    )
    return _left(lines, taken.exclude(case=own))


def pieces_left(lines: Iterable[OrderLine], cases: Iterable[AfterSalesCase]) -> dict[int, int]:
    """The same of an order's lines and all its cases, which have been read already."""
    return _left(lines, (row for case in cases if _takes(case) for row in case.lines.all()))


def _takes(case: AfterSalesCase) -> bool:
    return case.state in OPEN or (case.kind == Kind.REFUND and case.state == State.RESOLVED)


def _left(lines: Iterable[OrderLine], taken: Iterable[AfterSalesLine]) -> dict[int, int]:
    left = {line.pk: line.shipped_quantity - line.returned_quantity for line in lines}
    for row in taken:
        # A case may still name a line that was taken out after its parcel had come back.
        if row.line_id in left:
            left[row.line_id] -= pieces_not_returned(row)
    return {pk: max(count, 0) for pk, count in left.items()}


def claim_refusal(
    order: Order,
    lines: Iterable[OrderLine],
    *,
    left: dict[int, int] | None = None,
    decides_late: bool = False,
) -> str:
    """Why nothing of an order can be claimed; empty when something can.

    `left`: what `claimable_pieces` says of these lines, where it is known already. `decides_late`: for a manager, who may
    open a case after its time.
    """
    lines = list(lines)
    if order.status in ENDED:
        return _("订单%(status)s，不能再申请售后") % {"status": status_label(order.status)}
    if not any(line.shipped_quantity for line in lines):
        return _("还没有发货，请直接修改或取消订单")
    until = claim_deadline(order)
    if until is not None and is_too_late(order) and not decides_late:
        time = f"{timezone.localtime(until):%m/%d %H:%M}"
        return _("申请售后的时间到 %(time)s 为止，已经过了") % {"time": time}
    if any((claimable_pieces(order, lines) if left is None else left).values()):
        return ""
    if any(line.shipped_quantity > line.returned_quantity for line in lines):
        return _("发出的商品都已申请过售后")
    return _("发出的商品都已退回")
