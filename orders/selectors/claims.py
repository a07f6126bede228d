"""Whether anything of an order can be claimed now, and in plain words why not."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.labels import status_label
from orders.models import Order, OrderLine, Status
from orders.services.after_sales import asked_until, claimable_pieces, is_too_late

ENDED = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})


def why_no_claim(
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
    until = asked_until(order)
    if until is not None and is_too_late(order) and not decides_late:
        time = f"{timezone.localtime(until):%m/%d %H:%M}"
        return _("申请售后的时间到 %(time)s 为止，已经过了") % {"time": time}
    if any((claimable_pieces(order, lines) if left is None else left).values()):
        return ""
    if any(line.shipped_quantity > line.returned_quantity for line in lines):
        return _("发出的商品都已申请过售后")
    return _("发出的商品都已退回")
