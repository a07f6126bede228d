"""One sum with which a customer pays what they owe, spread over their orders, the oldest first."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import hooks
from orders.errors import GuardFailed, NotAllowed
from orders.models import Order, Payment, Repayment
from orders.models.payments import BY_HAND
from orders.selectors.credit import debts
from orders.services.locks import lock_orders
from orders.services.moves import money
from orders.services.payment_slips import is_booked
from orders.services.payments import take_in
from orders.transitions import roles_of
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.deadlocks import retry_on_deadlock


@dataclass(frozen=True)
class Slip:
    """What came in, as it stands on the payment slip."""

    amount: Decimal | str
    method: str = ""
    reference: str = ""


def spread(amount: Decimal, owed: list[Decimal]) -> list[Decimal]:
    """How much of a sum goes to each debt, in their order; what is too much is paid with the last one."""
    parts, left = [], amount
    for debt in owed:
        part = min(debt, left)
        parts.append(part)
        left -= part
    if parts and left > 0:
        parts[-1] += left
    return parts


@retry_on_deadlock
@transaction.atomic
def record_repayment(*, actor: Actor, customer: Customer, slip: Slip, currency: str = "CNY") -> Repayment:
    """Book one sum for all that a customer owes, the oldest order first; too much of it waits to go back.

    The same slip told again changes nothing. Raises NotAllowed, and GuardFailed when nothing is owed.
    """
    if not roles_of(actor) & {"system", "manager"}:
        raise NotAllowed(needed=["manager"])
    method, reference = slip.method or str(Payment.Method.TRANSFER), slip.reference.strip()[:80]
    amount = _checked(slip, method, reference, actor)
    orders = _lock_debts(customer, currency)
    # Only now: whoever told of the same slip a moment ago held these orders.
    if reference and (known := customer.repayments.filter(method=method, reference=reference).first()):
        return known
    if is_booked(method, reference):
        raise GuardFailed(("payment_seen", _("该流水号已登记过")))
    if not orders:
        raise GuardFailed(("nothing_owed", _("该客户没有欠款；多付或预付的钱请在订单里登记")))
    repayment = Repayment(
        customer=customer, amount=amount, method=method, reference=reference, received_at=timezone.now()
    )
    repayment.recorded_by = actor.name
    _save(repayment)
    for order, part in zip(orders, spread(amount, [each.balance for each in orders]), strict=True):
        if part:
            take_in(Payment(order=order, amount=part, method=method, repayment=repayment), order, actor)
    return repayment


def _checked(slip: Slip, method: str, reference: str, actor: Actor) -> Decimal:
    """The amount of a slip that can be booked. Raises GuardFailed."""
    failures = []
    amount = money(slip.amount)
    if amount is None or amount <= 0:
        failures.append(("amount_invalid", _("金额不正确")))
    if method not in dict(BY_HAND):
        failures.append(("method_unknown", _("收款方式不正确")))
    if actor.kind == "staff" and method != Payment.Method.CASH and not reference:
        failures.append(("voucher_required", _("请填写凭证号或流水号")))
    if failures or amount is None:
        raise GuardFailed(*failures)
    return amount


def _lock_debts(customer: Customer, currency: str) -> list[Order]:
    """The orders something is owed of, locked with their conversations, the oldest first."""
    ids = list(debts(customer=customer, currency=currency).values_list("pk", flat=True))
    orders = lock_orders(ids)
    for hook in hooks.orders_locked_hooks:
        hook(ids)
    open_ = [order for order in orders.values() if order.balance > 0]
    return sorted(open_, key=lambda order: (order.placed_at, order.pk))


def _save(repayment: Repayment) -> None:
    try:
        with transaction.atomic():
            repayment.save(force_insert=True)
    except IntegrityError as error:
        # Another customer's, in the same moment.
        raise GuardFailed(("payment_seen", _("该流水号已登记过"))) from error
