"""What a customer owes, and how much more they may."""

from decimal import Decimal

from django.db.models import F, Sum

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


def owed_by(customer: Customer) -> Decimal:
    """All that is still to be paid of this customer's orders: on account, or dearer since they were paid."""
    open_ = F("total") - F("paid_amount") + F("difference_refunded")
    orders = Order.objects.filter(customer=customer, status__in=OWING).annotate(open=open_)
    return orders.filter(open__gt=0).aggregate(sum=Sum("open"))["sum"] or Decimal(0)


def credit_left(customer: Customer) -> Decimal:
    """How much more this customer may owe; below zero when they owe too much already."""
    return customer.credit_limit - owed_by(customer)
