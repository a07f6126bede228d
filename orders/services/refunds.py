"""Refunds that do not end the order: approved by one person, paid out and booked by another."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import PartRefunded
from orders.models import AfterSalesCase, Order, Refund
from orders.services.locks import lock_order
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.text import written_money

State, Purpose = Refund.State, Refund.Purpose
# Promised, and not with the customer yet.
PENDING = frozenset({State.REQUESTED, State.APPROVED, State.FAILED})
PAYABLE = frozenset({State.APPROVED, State.FAILED})


def refundable_amount(order: Order) -> Decimal:
    """What of the order's money has neither gone back, nor been promised back, nor been kept as a deposit."""
    promised = order.refunds.filter(state__in=PENDING).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return order.paid_amount - order.refunded_amount - order.deposit_kept - promised


def promise_refund(
    order: Order, amount: Decimal, *, purpose: str, reason: str, case: AfterSalesCase | None = None
) -> Refund | None:
    """Write down that a locked order's customer gets money back; nothing for nothing. Raises GuardFailed."""
    if amount <= 0:
        return None
    left = refundable_amount(order)
    if amount > left:
        text = _("退款金额超过可退的 %(left)s") % {"left": written_money(left, order.currency)}
        raise GuardFailed(("amount_invalid", text))
    return Refund.objects.create(
        order=order, amount=amount, purpose=purpose, reason=reason[:300], state=State.APPROVED, case=case
    )


def match_refund_to_balance(order: Order, reason: str) -> None:
    """Promise what a locked order that became cheaper was paid too much, and no more than that."""
    pending = order.refunds.filter(purpose=Purpose.DIFFERENCE, state__in=PAYABLE)
    over = max(-order.balance, Decimal(0))
    if over == (pending.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)):
        return
    pending.update(state=State.WITHDRAWN, settled_at=timezone.now())
    promise_refund(order, over, purpose=Purpose.DIFFERENCE, reason=reason)


def add_to_refund(order: Order, amount: Decimal) -> None:
    """Money that comes while a locked order is being refunded goes back with the rest."""
    asked = order.refunds.filter(purpose=Purpose.ORDER, state=State.REQUESTED).order_by("-pk").first()
    if asked is not None:
        asked.amount += amount
        asked.save(update_fields=["amount"])


@retry_on_deadlock
@transaction.atomic
def pay_refund(*, actor: Actor, refund_id: int, reference: str = "") -> Refund:
    """Book that a promised refund has been paid out. Paying twice is paying once.

    Raises Refund.DoesNotExist, NotAllowed, GuardFailed.
    """
    refund, order = _payable(actor, refund_id)
    if refund.state == State.SUCCEEDED:
        return refund
    _check_payable(refund)
    if actor.is_staff and not reference.strip():
        raise GuardFailed(("voucher_required", _("请填写凭证号或流水号")))
    book_refund(refund, order, actor, reference)
    return refund


def book_refund(refund: Refund, order: Order, actor: Actor, reference: str) -> None:
    """The money is where it belongs: count it, and tell."""
    refund.state, refund.reference, refund.settled_at = (
        State.SUCCEEDED,
        reference.strip()[:80],
        timezone.now(),
    )
    refund.save()
    order.refunded_amount += refund.amount
    if refund.purpose == Purpose.DIFFERENCE:
        order.difference_refunded += refund.amount
    save_with_event(
        order,
        PartRefunded,
        actor=actor,
        amount=str(refund.amount),
        purpose=refund.purpose,
        reason=refund.reason,
    )
    if refund.case and refund.case.state == AfterSalesCase.State.REFUND_DUE:
        close_refunded_case(refund.case)


def close_refunded_case(case: AfterSalesCase) -> None:
    """The money of a case is back."""
    case.state, case.closed_at = AfterSalesCase.State.RESOLVED, timezone.now()
    case.save(update_fields=["state", "closed_at"])


def refuse_case(case: AfterSalesCase, reason: str, actor: Actor) -> None:
    """The money of a case is not given back after all."""
    case.state, case.closed_at = AfterSalesCase.State.REJECTED, timezone.now()
    case.answer, case.answered_by = reason[:300], actor.name
    case.save(update_fields=["state", "closed_at", "answer", "answered_by"])


@retry_on_deadlock
@transaction.atomic
def fail_refund(*, actor: Actor, refund_id: int, reason: str) -> Refund:
    """Write down that paying out did not work; it stays to be paid. Raises as pay_refund does."""
    refund, _order = _payable(actor, refund_id)
    _check_payable(refund)
    refund.state, refund.reference = State.FAILED, reason.strip()[:80]
    refund.save(update_fields=["state", "reference"])
    return refund


def _payable(actor: Actor, refund_id: int) -> tuple[Refund, Order]:
    require_right(actor, "refunds.pay")
    order = lock_order(Refund.objects.values_list("order_id", flat=True).get(pk=refund_id))
    return Refund.objects.select_for_update(of=("self",)).select_related("case").get(pk=refund_id), order


def _check_payable(refund: Refund) -> None:
    if refund.state not in PAYABLE or refund.purpose == Purpose.ORDER:
        raise GuardFailed(("refund_answered", _("这笔退款%(state)s") % {"state": refund.get_state_display()}))
