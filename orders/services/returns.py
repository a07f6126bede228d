"""Returned goods: counted, inspected, restocked or set aside; then the case is concluded or left to sales."""

from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import AfterSalesCase, AfterSalesLine, Order, OrderLine, Refund
from orders.reading.amounts import CENT
from orders.services import stock
from orders.services.after_sales import Kind, State, lock_case_for, record_case_event, settle_case_money
from orders.services.debts import worth_left
from orders.services.locks import lock_lines
from orders.services.replacements import release_replacement
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


@retry_on_deadlock
@transaction.atomic
def inspect_return(*, actor: Actor, case_id: int, counted: dict[int, tuple[int, int]]) -> AfterSalesCase:
    """Count returned goods. `counted`: (good, damaged) by the id of the case's line; a line left out was not returned.

    When everything is back and sound, the case goes on at once; otherwise sales decides.
    Raises AfterSalesCase.DoesNotExist, NotAllowed, GuardFailed. Counting twice is counting once.
    """
    case, order = lock_case_for(actor, case_id, "inspect")
    if case.state not in (State.WAITING_RETURN, State.RETURN_IN_TRANSIT):
        return case
    rows = list(case.lines.select_for_update().order_by("pk"))
    for row in rows:
        row.good, row.damaged = counted.get(row.pk, (0, 0))
        if min(row.good, row.damaged) < 0 or row.good + row.damaged > row.quantity:
            raise GuardFailed(("quantity_invalid", _("验收数量不正确")))
    _put_away(order, rows, actor)
    AfterSalesLine.objects.bulk_update(rows, ["good", "damaged"])
    case.state = State.INSPECTING
    case.save(update_fields=["state"])
    if all(row.good == row.quantity for row in rows):
        _conclude(case, order, actor)
    record_case_event(case, order, actor, _found(rows))
    return case


def _put_away(order: Order, rows: list[AfterSalesLine], actor: Actor) -> None:
    lines = {line.pk: line for line in lock_lines(order)}
    good: dict[OrderLine, int] = {lines[row.line_id]: row.good for row in rows}
    damaged = {lines[row.line_id]: row.damaged for row in rows}
    stock.restock_inspected_pieces(actor=actor, order=order, good=good, damaged=damaged, reason=_("售后退回"))
    for row in rows:
        lines[row.line_id].returned_quantity += row.good + row.damaged
    OrderLine.objects.bulk_update(lines.values(), ["returned_quantity"])


def _found(rows: list[AfterSalesLine]) -> str:
    good, damaged = sum(row.good for row in rows), sum(row.damaged for row in rows)
    missing = sum(row.quantity for row in rows) - good - damaged
    text = _("验收：完好 %(good)s 件，残次 %(damaged)s 件，缺少 %(missing)s 件")
    return text % {"good": good, "damaged": damaged, "missing": missing}


@retry_on_deadlock
@transaction.atomic
def conclude_case(
    *, actor: Actor, case_id: int, amount: Decimal | None = None, answer: str = ""
) -> AfterSalesCase:
    """Settle what was inspected: the money, perhaps less of it, or the other goods. Raises as inspect_return does."""
    case, order = lock_case_for(actor, case_id, "conclude")
    if case.state != State.INSPECTING:
        return case
    if amount is not None and case.kind != Kind.EXCHANGE:
        if not 0 <= amount <= worth_left(order):
            raise GuardFailed(("amount_invalid", _("金额不正确")))
        case.amount = amount.quantize(CENT)
    case.answer, case.answered_by = answer.strip()[:300] or case.answer, actor.name
    _conclude(case, order, actor)
    record_case_event(case, order, actor, case.answer)
    return case


def _conclude(case: AfterSalesCase, order: Order, actor: Actor) -> None:
    """Set the other goods free and give back what they do not cost; or give the money back."""
    if case.kind == Kind.EXCHANGE:
        release_replacement(case, actor)
        used = case.refunds.filter(purpose=Refund.Purpose.EXCHANGE, state=Refund.State.SUCCEEDED)
        spent = used.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        case.amount = max(case.amount - spent, Decimal(0))
    case.state = State.REFUND_DUE
    case.save()
    if case.kind == Kind.EXCHANGE and not case.amount:
        case.state, case.closed_at = State.RESOLVED, timezone.now()
        case.save(update_fields=["state", "closed_at"])
        return
    settle_case_money(case, order, actor)
