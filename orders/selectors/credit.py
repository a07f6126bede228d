"""What a customer owes, and how much credit is left."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _

from orders.models import Order, Status
from shopcomm.core.accounts.models import Customer
from shopcomm.core.configuration.models import shop_settings

# The goods are promised or gone; an order that still waits for its money is no debt.
OWING = (
    Status.PAID,
    Status.PICKING,
    Status.SHIPPED,
    Status.DELIVERED,
    Status.COMPLETED,
    Status.REFUNDING,
)

# `Order.balance`, for the database.
BALANCE = F("total") - F("debt_reduced") - F("paid_amount") + F("difference_refunded")


def open_debts(**narrowed_to: Any) -> QuerySet[Order]:
    """Orders with something still to be paid, each with how much as `open`, the oldest first."""
    orders = Order.objects.filter(status__in=OWING, **narrowed_to).annotate(open=BALANCE)
    return orders.filter(open__gt=0).order_by("placed_at", "pk")


def sum_owed_by(customer: Customer) -> Decimal:
    """All that is still to be paid of this customer's orders: on account, or dearer since they were paid.

    In the currency of their limit; debts in another are no part of it, since sums of two currencies are no sum.
    """
    open_ = open_debts(customer=customer, currency=customer.credit_currency)
    return open_.aggregate(sum=Sum("open"))["sum"] or Decimal(0)


def credit_left(customer: Customer) -> Decimal:
    """How much more this customer may owe, in the currency of their limit; below zero when it is too much already."""
    return customer.credit_limit - sum_owed_by(customer)


def credit_refusal(customer: Customer, currency: str) -> str | None:
    """Why nothing can be owed in a currency; None where it is the limit's own."""
    if currency == customer.credit_currency:
        return None
    values = {"limit": customer.credit_currency, "currency": currency}
    return _("赊账额度按 %(limit)s 计，%(currency)s 的订单不能挂账，也不能增加欠款") % values


@dataclass(frozen=True)
class Term:
    """How long after an order went on account it is due. `days` is None where no day is agreed."""

    days: int | None
    # Agreed with this customer; otherwise it is the shop's rule.
    is_own: bool

    @property
    def text(self) -> str:
        """As people agree it."""
        if self.days is None:
            return _("挂账不设到期日")
        return _("挂账后 %(days)s 天内付清") % {"days": self.days} if self.days else _("挂账当天付清")


def credit_term(customer: Customer) -> Term:
    """The term agreed with the customer, else the shop's rule."""
    if customer.no_due_date:
        return Term(None, is_own=True)
    if customer.credit_days is not None:
        return Term(customer.credit_days, is_own=True)
    return Term(shop_settings().credit_days, is_own=False)
