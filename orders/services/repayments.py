"""Repayments: one sum of a customer, spread over their debts, the oldest first."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import Order, Payment, Repayment, Status
from orders.selectors.credit import OWING, open_debts
from orders.services.locks import lock_conversations, lock_orders
from orders.services.payment_slips import check_slip, is_booked
from orders.services.payments import record_incoming_money
from orders.services.rights import require_right
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.deadlocks import retry_on_deadlock

# What comes for an order that is being refunded would only go back with the rest.
REPAID_IN = frozenset(OWING) - {Status.REFUNDING}


@dataclass(frozen=True)
class Slip:
    """The payment received, as it is on the voucher."""

    amount: Decimal | str
    method: str = ""
    reference: str = ""


def spread_payment(amount: Decimal, owed: list[Decimal]) -> list[Decimal]:
    """How much of a sum goes to each of one or more debts, in their order; too much is paid with the last one."""
    parts, left = [], amount
    for debt in owed:
        part = min(debt, left)
        parts.append(part)
        left -= part
    parts[-1] += left
    return parts


@retry_on_deadlock
@transaction.atomic
def record_repayment(*, actor: Actor, customer: Customer, slip: Slip, currency: str = "CNY") -> Repayment:
    """Book one sum for all that a customer owes, the oldest order first; too much of it waits to go back.

    The same slip told again changes nothing. Raises NotAllowed, and GuardFailed when nothing is owed.
    """
    require_right(actor, "payments.record")
    method, reference = slip.method or str(Payment.Method.TRANSFER), slip.reference.strip()[:80]
    amount = check_slip(actor=actor, amount=slip.amount, method=method, reference=reference)
    orders = _lock_debts(customer, currency)
    if is_booked(method, reference):
        if known := customer.repayments.filter(method=method, reference=reference).first():
            return known
        raise GuardFailed(("payment_seen", _("该流水号已登记过")))
    if not orders:
        raise GuardFailed(("nothing_owed", _("该客户没有欠款；多付或预付的钱请在订单里登记")))
    repayment = Repayment(
        customer=customer, amount=amount, method=method, reference=reference, received_at=timezone.now()
    )
    repayment.recorded_by = actor.name
    repayment.save(force_insert=True)
    for order, part in zip(orders, spread_payment(amount, [each.balance for each in orders]), strict=True):
        if part:
            record_incoming_money(
                Payment(order=order, amount=part, method=method, repayment=repayment), order, actor
            )
    return repayment


def _lock_debts(customer: Customer, currency: str) -> list[Order]:
    """The orders something is owed of, locked with their conversations, the oldest first."""
    owed = open_debts(customer=customer, currency=currency).filter(status__in=REPAID_IN)
    ids = list(owed.values_list("pk", flat=True))
    orders = lock_orders(ids)
    lock_conversations(ids)
    # Looked at once more: one may have been paid or called off while this waited for its lock.
    open_ = [order for order in orders.values() if order.status in REPAID_IN and order.balance > 0]
    return sorted(open_, key=lambda order: (order.placed_at, order.pk))
