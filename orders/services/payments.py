"""Payments that do not change the order's status."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import PaymentRecorded
from orders.models import Order, Payment, Refund, Status
from orders.services.locks import lock_order
from orders.services.moves import Move
from orders.services.payment_slips import check_slip, is_booked, payment_of
from orders.services.refunds import add_to_refund, match_refund_to_balance, promise_refund
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


def record_part_payment(move: Move) -> Order:
    """Less than the balance came in: keep it and wait for the rest. The order is locked by the caller."""
    return _book(
        move.order, move.payment or Decimal(0), move.text("method"), move.text("reference"), move.actor
    )


def names_money(order: Order, data: dict[str, Any]) -> bool:
    """Whether a call for "paid" tells of money for an order that is past payment: it names an amount.

    For a cancelled order a reference will do; a call without either means the status.
    """
    named = data.get("amount") not in (None, "")
    if order.status in (Status.CANCELLED, Status.REFUNDED):
        return named or bool(data.get("reference"))
    if order.status == Status.REFUNDING:
        # Whoever is asked for a reason answers the refund, also when they leave it empty.
        return named and "reason" not in data
    return named and order.status != Status.PENDING_PAYMENT


@retry_on_deadlock
@transaction.atomic
def record_payment(
    *, actor: Actor, order_id: int, amount: Decimal | str, method: str = "", reference: str = ""
) -> Order:
    """Book a payment for an order that is already paid: a later top-up, or one after its cancellation.

    What comes in for a cancelled order opens a refund, so that nobody keeps it by mistake. A reference that is
    already booked changes nothing. Raises Order.DoesNotExist, NotAllowed, GuardFailed.
    """
    require_right(actor, "payments.record")
    order = lock_order(order_id)
    method, reference = method or Payment.Method.TRANSFER, reference.strip()[:80]
    paid = check_slip(actor=actor, amount=amount, method=method, reference=reference)
    if is_booked(method, reference):
        booked = payment_of(method, reference)
        if booked and booked.order_id == order.pk:
            return order
        raise GuardFailed(("payment_seen", _("该流水号已登记过")))
    _check_amount(order, paid)
    return _book(order, paid, method, reference, actor)


def _check_amount(order: Order, paid: Decimal) -> None:
    """Paying in full is a move of the order; past that whatever came is booked, and too much is returned."""
    if order.status == Status.PENDING_PAYMENT and paid >= order.balance:
        raise GuardFailed(("amount_settles_order", _("金额已够付清，请登记为已支付")))


def _book(order: Order, amount: Decimal, method: str, reference: str, actor: Actor) -> Order:
    payment = Payment(order=order, amount=amount, method=method or Payment.Method.TRANSFER)
    payment.reference = reference[:80]
    return record_incoming_money(payment, order, actor)


def record_incoming_money(payment: Payment, order: Order, actor: Actor) -> Order:
    """Put money that came for a locked order into the books, and say what of it has to go back."""
    late = order.status in (Status.CANCELLED, Status.REFUNDED, Status.REFUNDING)
    payment.received_at = timezone.now()
    payment.save()
    order.paid_amount += payment.amount
    if order.status == Status.REFUNDING:
        add_to_refund(order, payment.amount)
    elif late:
        promise_refund(order, payment.amount, purpose=Refund.Purpose.CANCELLED, reason=_("订单取消后到账"))
    else:
        match_refund_to_balance(order, _("多付货款"))
    save_with_event(
        order,
        PaymentRecorded,
        actor=actor,
        amount=str(payment.amount),
        method=payment.method,
        balance=str(order.balance),
        late=late,
    )
    return order
