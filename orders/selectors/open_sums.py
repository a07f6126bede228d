"""What is still to be paid of an order and what is to be refunded: one answer for desk, phone and lists."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db.models import DecimalField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.labels import status_label
from orders.models import Order, Refund, Status
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.text import written_money

ZERO = Decimal(0)
# The tone of an order that owes and is owed nothing.
SETTLED = "ok"
ENDED = frozenset({Status.REFUNDING, Status.REFUNDED, Status.CANCELLED})
# Promised, and not with the customer yet; an exchange is no money, and a whole order's refund has its own status.
PROMISED = (Refund.State.APPROVED, Refund.State.FAILED)
MONEY_BACK = (
    Refund.Purpose.CASE,
    Refund.Purpose.DIFFERENCE,
    Refund.Purpose.CANCELLED,
    Refund.Purpose.PART,
)
# What is promised back and has not gone, of each order of a list, in the list's own query.
TO_RETURN = Coalesce(
    Subquery(
        Refund.objects.filter(order=OuterRef("pk"), state__in=PROMISED, purpose__in=MONEY_BACK)
        .order_by()
        .values("order")
        .annotate(sum=Sum("amount"))
        .values("sum")
    ),
    ZERO,
    output_field=DecimalField(),
)


class OwesMoney(Protocol):
    """An order, or a row of a list, as far as its money goes."""

    @property
    def status(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def paid_amount(self) -> Decimal: ...
    @property
    def balance(self) -> Decimal: ...
    @property
    def on_account(self) -> bool: ...
    @property
    def due_on(self) -> date | None: ...


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
    currency: str

    @property
    def is_pressing(self) -> bool:
        """Whether somebody has to see to it: more than that a new order waits for its money."""
        return bool(self.tone) and self.tone != SETTLED

    @property
    def pill(self) -> str:
        """How it stands, with how much."""
        amount = self.to_return or self.due
        return f"{self.state} {written_money(amount, self.currency)}" if amount else self.state


def open_sum_of(order: Order) -> OpenSum:
    """What one order still owes and is owed."""
    promised = [
        refund.amount
        for refund in order.refunds.all()
        if refund.state in PROMISED and refund.purpose in MONEY_BACK
    ]
    return open_sum(order, sum(promised, ZERO))


def sum_asked_back(order: Order) -> Decimal:
    """The sum of a requested full refund, before the shop has answered."""
    asked = [
        refund.amount
        for refund in order.refunds.all()
        if refund.purpose == Refund.Purpose.ORDER and refund.state == Refund.State.REQUESTED
    ]
    return sum(asked, ZERO) if order.status == Status.REFUNDING else ZERO


def open_sum(order: OwesMoney, to_return: Decimal) -> OpenSum:
    """The same of what is known already; `to_return`: what is promised back and has not gone."""
    due = max(order.balance, ZERO) if order.status not in ENDED else ZERO
    state, tone = _state(order, due, to_return)
    return OpenSum(due, to_return, due_label(order), state, tone, order.currency)


def balance_blocks_shipping(order: Order) -> bool:
    """Whether goods stay here until a difference is paid: the shop's stated policy; on account they always leave."""
    return not order.on_account and order.balance > 0 and not shop_settings().ship_with_balance


def due_label(order: OwesMoney) -> str:
    """What the sum that is due is called: it is a debt, the rest after a deposit, or what a change made dearer."""
    if order.on_account:
        if order.due_on is None:
            return _("挂账待付")
        if late := _days_late(order):
            return _("挂账，已逾期 %(days)s 天") % {"days": late}
        return _("挂账，%(day)s 前付清") % {"day": order.due_on.isoformat()}
    if order.status != Status.PENDING_PAYMENT:
        return _("待付差额")
    return _("尾款") if order.paid_amount else _("应付")


def _days_late(order: OwesMoney) -> int:
    """Days since a debt was due, by the shop's date; 0 as long as it is not."""
    return max((timezone.localdate() - order.due_on).days, 0) if order.on_account and order.due_on else 0


def _state(order: OwesMoney, due: Decimal, to_return: Decimal) -> tuple[str, str]:
    if to_return:
        return _("待退款"), "warn"
    if order.status in ENDED:
        return status_label(order.status), ""
    if not due:
        return _("已付清"), SETTLED
    if order.on_account:
        return (_("挂账逾期"), "danger") if _days_late(order) else (_("挂账待付"), "warn")
    if order.paid_amount:
        return (_("待付尾款") if order.status == Status.PENDING_PAYMENT else _("待付差额")), "warn"
    # A new order says so by its status; one that became dearer from nothing does not.
    return (_("未付"), "") if order.status == Status.PENDING_PAYMENT else (_("待付差额"), "warn")
