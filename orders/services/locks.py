"""Every lock on an order or its stock, in the one order: order, its lines, stock rows by key, the customer whose
credit is counted, conversation last.

NO KEY UPDATE: rows that merely refer to the locked one (a message, a line) can still be inserted.
"""

from collections.abc import Iterable

from orders.models import Order, OrderLine, Variant
from shopcomm.core.accounts.models import Customer


def lock_order(order_id: int) -> Order:
    """The order, held until the transaction ends. Raises Order.DoesNotExist."""
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)


def lock_lines(order: Order) -> list[OrderLine]:
    """The lines of a locked order."""
    return list(OrderLine.objects.select_for_update(no_key=True).filter(order=order).order_by("pk"))


def lock_variants(ids: Iterable[int]) -> dict[int, Variant]:
    """Stock rows by key, always taken in the same order."""
    rows = Variant.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def lock_customer(customer_id: int) -> Customer:
    """A customer while their debts are counted: two orders at once never share one limit."""
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


def lock_orders(ids: Iterable[int]) -> list[Order]:
    """Several orders by key, always taken in the same order."""
    return list(Order.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk"))
