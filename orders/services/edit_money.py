"""The sums of an edited order: discount, freight, total, and what the customer owes or gets back."""

from decimal import Decimal

from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import Order
from orders.reading.amounts import read_money
from orders.selectors.items import check_total
from orders.services.debts import beyond_credit
from orders.services.edits import MONEY, Edit
from orders.services.refunds import match_refund_to_balance


def change_money(edit: Edit) -> None:
    """Discount, freight and the total that follows from them and the lines. Raises GuardFailed."""
    order = edit.order
    for column in MONEY:
        if column in edit.wanted:
            amount = read_money(edit.wanted[column])
            if amount is None or amount < 0:
                raise GuardFailed(("amount_invalid", _("金额不正确")))
            edit.set(column, amount)
    total = order.goods_total - order.discount + order.shipping_fee
    if total == order.total:
        return
    if failures := check_total(total):
        raise GuardFailed(*failures)
    edit.set("total", total)
    if order.on_account and total > edit.before["total"]:
        _check_credit(order, edit.before["total"])
    match_refund_to_balance(order, _("改单退差价"))


def _check_credit(order: Order, before: Decimal) -> None:
    """What an order on account costs more than before is owed as well. Raises GuardFailed."""
    more = max(order.balance, Decimal(0)) - max(order.balance - (order.total - before), Decimal(0))
    if more > 0 and (refusal := beyond_credit(order, more)):
        raise GuardFailed(("credit_exceeded", refusal))
