"""What a customer still owes for goods taken on account, and how much more they may."""

from decimal import Decimal

from django.db.models import Sum

from orders.models import Payment
from shopcomm.core.accounts.models import Customer


def owed_on_account(customer: Customer) -> Decimal:
    """What a customer owes for orders taken on account."""
    taken = Payment.objects.filter(
        order__customer=customer, method=Payment.Method.ON_ACCOUNT, order__refunded_amount=0
    )
    return taken.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def credit_left(customer: Customer) -> Decimal:
    """How much more a customer may owe; below zero, what they owe beyond their limit."""
    return customer.credit_limit - owed_on_account(customer)
