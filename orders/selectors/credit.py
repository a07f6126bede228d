"""What a customer owes, and how much more they may."""

from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from orders.models import Order, Status
from shopcomm.core.accounts.models import Customer

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


def debts(**narrowed_to: Any) -> QuerySet[Order]:
    """Orders with something still to be paid, each with how much as `open`, the oldest first."""
    orders = Order.objects.filter(status__in=OWING, **narrowed_to).annotate(open=BALANCE)
    return orders.filter(open__gt=0).order_by("placed_at", "pk")


def owed_by(customer: Customer) -> Decimal:
    """All that is still to be paid of this customer's orders: on account, or dearer since they were paid."""
    return debts(customer=customer).aggregate(sum=Sum("open"))["sum"] or Decimal(0)


def credit_left(customer: Customer) -> Decimal:
    """How much more this customer may owe; below zero when they owe too much already."""
    return customer.credit_limit - owed_by(customer)
