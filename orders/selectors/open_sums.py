"""What of an order is still to be paid, and what is to go back: one answer for the desk, the phone and the lists."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.models import Order, Refund, Status

ZERO = Decimal(0)
ENDED = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})
# Promised, and not with the customer yet; an exchange is no money, and a whole order's refund has its own status.
PROMISED = (Refund.State.APPROVED, Refund.State.FAILED)
MONEY_BACK = (
    Refund.Purpose.CASE,
    Refund.Purpose.DIFFERENCE,
    Refund.Purpose.CANCELLED,
    Refund.Purpose.PART,
)


@dataclass(frozen=True)
class OpenSum:
    """The money of one order that has not come or not gone yet, in the shop's words."""

    due: Decimal
    to_return: Decimal
    # What kind of sum is due.
    label: str
    # How the order stands, and how much attention that wants: a tone of a pill.
    state: str
    tone: str


def open_sum_of(order: Order) -> OpenSum:
    """What one order still owes and is owed."""
    promised = [
        refund.amount
        for refund in order.refunds.all()
        if refund.state in PROMISED and refund.purpose in MONEY_BACK
    ]
    to_return = sum(promised, ZERO)
    due = max(order.balance, ZERO) if order.status not in ENDED else ZERO
    state, tone = _state(order, due, to_return)
    return OpenSum(due, to_return, due_label(order), state, tone)


def due_label(order: Order) -> str:
    """What the sum that is due is called: it is a debt, the rest after a deposit, or what a change made dearer."""
    if order.on_account:
        if order.due_on is None:
            return _("挂账待付")
        return _("挂账，%(day)s 前付清") % {"day": order.due_on.isoformat()}
    if order.status != Status.PENDING_PAYMENT:
        return _("待付差额")
    return _("尾款") if order.paid_amount else _("应付")


def _state(order: Order, due: Decimal, to_return: Decimal) -> tuple[str, str]:
    if to_return:
        return _("待退款"), "warn"
    if order.status in ENDED:
        return order.get_status_display(), ""
    if not due:
        return _("已付清"), "ok"
    if order.on_account:
        return due_label(order), "warn"
    if order.paid_amount:
        return (_("部分付款") if order.status == Status.PENDING_PAYMENT else _("待付差额")), "warn"
    return _("未付"), ""
