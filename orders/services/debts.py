"""What a customer owes the shop: the due date, the limit, and what reduces the debt."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.events import DebtReduced
from orders.models import AfterSalesCase, DebtReduction, Order
from orders.selectors.credit import credit_left, credit_refusal, credit_term
from orders.services.locks import lock_customer
from orders.services.refunds import refundable_amount
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.text import written_money


def due_day(customer: Customer, now: datetime) -> date | None:
    """The due date of an order put on account now: by the customer's term, else by the shop's rule.

    None where neither says so: the shop asks when it likes.
    """
    days = credit_term(customer).days
    return None if days is None else timezone.localdate(now) + timedelta(days=days)


def beyond_credit(order: Order, more: Decimal) -> str | None:
    """Why a locked order's customer may not owe so much more; None when they may. Holds the customer's row."""
    customer = lock_customer(order.customer_id)
    if more > 0 and (refusal := credit_refusal(customer, order.currency)):
        return refusal
    left = credit_left(customer)
    if more <= left:
        return None
    return _("超过赊账额度，还可挂账 %(left)s") % {
        "left": written_money(max(left, Decimal(0)), order.currency)
    }


def worth_left(order: Order) -> Decimal:
    """The most that goods of an order can bring when they come back: money, or a debt that becomes less."""
    return refundable_amount(order) + max(order.balance, Decimal(0))


def reduce_debt(order: Order, case: AfterSalesCase, amount: Decimal, actor: Actor) -> Decimal:
    """Take the worth of a case off a locked order's debt, if there is one. Returns what is left to refund."""
    taken = min(amount, max(order.balance, Decimal(0)))
    if taken <= 0:
        return amount
    DebtReduction.objects.create(order=order, case=case, amount=taken, reduced_at=timezone.now())
    order.debt_reduced += taken
    save_with_event(
        order, DebtReduced, actor=actor, amount=str(taken), balance=str(order.balance), case_id=case.pk
    )
    return amount - taken
