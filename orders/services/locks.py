"""Every lock on an order or its stock, in the one order: orders by key, their lines, stock rows by key, the customer
whose credit is counted, conversation last.

A transaction that needs several orders, or the stock of several lines, takes them in one round: a second round could
ask for a smaller key than the first one holds, and two such transactions wait for each other for ever.
NO KEY UPDATE: rows that merely refer to the locked one (a message, a line) can still be inserted.
"""

from collections.abc import Iterable
from functools import cache
from typing import cast

from django.db.models import BigIntegerField, QuerySet
from django.utils.translation import gettext as _

from orders import hooks
from orders.errors import GuardFailed
from orders.models import Order, OrderLine, Variant
from shopcomm.core.accounts.models import Customer
from shopcomm.core.database.prepared import Given, PreparedObjects
from shopcomm.core.logs import add_log_fields

ORDER = cast(int, Given("order", BigIntegerField()))


def lock_order(order_id: int) -> Order:
    """The order, held until the transaction ends; lines of the log name it from here on. Raises Order.DoesNotExist."""
    found = _prepared_order().read_objects(order=order_id)
    if not found:
        raise Order.DoesNotExist(f"no order {order_id}")
    order = found[0]
    add_log_fields(order=order.number)
    return order


@cache
def _prepared_order() -> PreparedObjects[Order]:
    return PreparedObjects(Order.objects.select_for_update(no_key=True).filter(pk=ORDER))


def lock_orders(ids: Iterable[int]) -> dict[int, Order]:
    """Several orders by key, always taken in the same order; those that are gone are left out."""
    rows = Order.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def lock_free_orders(rows: QuerySet[Order]) -> dict[int, Order]:
    """Those of some orders that nobody is changing right now, held by key; the others are left out."""
    free = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk")
    return {row.pk: row for row in free}


def lock_lines(order: Order) -> list[OrderLine]:
    """The lines of a locked order."""
    return _prepared_lines().read_objects(order=order.pk)


@cache
def _prepared_lines() -> PreparedObjects[OrderLine]:
    return PreparedObjects(
        OrderLine.objects.select_for_update(no_key=True).filter(order=ORDER).order_by("pk")
    )


def lock_order_with_lines(order_id: int) -> tuple[Order, list[OrderLine]]:
    """An order and its lines, held until the transaction ends. Raises Order.DoesNotExist."""
    order = lock_order(order_id)
    return order, lock_lines(order)


def lock_lines_of(order_ids: Iterable[int], *, skus: Iterable[str] | None = None) -> list[OrderLine]:
    """The lines of several locked orders, in one round; with `skus` those of these goods alone."""
    rows = OrderLine.objects.select_for_update(no_key=True).filter(order__in=set(order_ids)).order_by("pk")
    return list(rows if skus is None else rows.filter(sku__in=set(skus)))


def lock_line(line_id: int) -> tuple[Order, OrderLine]:
    """A line with its order, both locked. Raises OrderLine.DoesNotExist, and GuardFailed when it has just gone."""
    order = lock_order(OrderLine.objects.values_list("order_id", flat=True).get(pk=line_id))
    line = next((line for line in lock_lines(order) if line.pk == line_id), None)
    if line is None:
        raise GuardFailed(("line_gone", _("这一款刚刚从订单里去掉了，请刷新")))
    return order, line


def lock_variants(ids: Iterable[int]) -> dict[int, Variant]:
    """Stock rows by key, always taken in the same order."""
    rows = Variant.objects.select_for_update(no_key=True).filter(pk__in=set(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def lock_stock_of(lines: Iterable[OrderLine]) -> dict[int, Variant]:
    """The stock rows of lines, all in one round."""
    return lock_variants(line.variant_id for line in lines if line.variant_id)


def lock_conversations(order_ids: Iterable[int]) -> None:
    """What higher floors keep beside several locked orders, in one round and last: all stock is locked by now."""
    ids = sorted(set(order_ids))
    for hook in hooks.orders_locked_hooks:
        hook(ids)


def lock_customer(customer_id: int) -> Customer:
    """A customer while their debts are counted: two orders at once never share one limit."""
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
