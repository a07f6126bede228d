"""售后: asking for a return, an exchange or money back, and the shop's answers, under the order's lock."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import AfterSalesMoved
from orders.labels import status_label
from orders.models import AfterSalesCase, AfterSalesLine, Order, OrderLine, Refund, Status, Variant
from orders.policies.after_sales import CASE_MOVES, may_decide
from orders.reading.amounts import CENT
from orders.reading.couriers import courier_code
from orders.reading.waybills import courier_of
from orders.selectors.addresses import clean_text
from orders.selectors.claims import claimable_pieces, is_too_late
from orders.services.case_agreements import approve_part, set_return_address, worth_of_pieces
from orders.services.debts import reduce_debt, worth_left
from orders.services.guards import TRACKING_NUMBER
from orders.services.locks import lock_lines, lock_order, lock_orders
from orders.services.refunds import PAYABLE, promise_refund, refundable_amount
from orders.services.replacements import cancel_replacement, place_replacement
from orders.services.rights import check_owner, require_right
from orders.services.saving import save_with_event
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

State, Kind = AfterSalesCase.State, AfterSalesCase.Kind
SHIPPED = frozenset({Status.PICKING, Status.SHIPPED, Status.DELIVERED, Status.COMPLETED})
MAX_PICTURES = 9


@dataclass(frozen=True)
class CaseLine:
    """What of one line a case is about; `wanted_sku` for an exchange."""

    line_id: int
    quantity: int
    wanted_sku: str = ""


@dataclass(frozen=True)
class CaseInput:
    """A case as asked for. `pictures` are ids of attachments in the order's conversation."""

    kind: str
    reason: str
    lines: list[CaseLine]
    note: str = ""
    pictures: list[str] = field(default_factory=list)
    # The caller's own key: the same one again is the same case.
    key: str = ""


@retry_on_deadlock
@transaction.atomic
def open_case(*, actor: Actor, order_id: int, wanted: CaseInput) -> AfterSalesCase:
    """Ask for something to be made good. Nothing moves before the shop agrees.

    Raises Order.DoesNotExist, NotAllowed, GuardFailed.
    """
    order = lock_order(order_id)
    check_owner(order, actor)
    require_right(actor, "after_sales.open")
    key = wanted.key[:80]
    if key and (known := AfterSalesCase.objects.filter(order=order, key=key).first()):
        return known
    lines = {line.pk: line for line in lock_lines(order)}
    _check_window(order, actor)
    _check_wanted(order, lines, wanted)
    case = AfterSalesCase.objects.create(
        order=order,
        kind=wanted.kind,
        reason=wanted.reason,
        note=clean_text(wanted.note)[:500],
        pictures=wanted.pictures[:MAX_PICTURES],
        amount=worth_of_pieces(order, [(lines[row.line_id], row.quantity) for row in wanted.lines]),
        asked_by=actor.name,
        asked_at=timezone.now(),
        key=key,
    )
    # The form names a colour for every line; only an exchange wants one.
    skus = [row.wanted_sku for row in wanted.lines if row.wanted_sku and wanted.kind == Kind.EXCHANGE]
    variants = Variant.objects.in_bulk(skus, field_name="sku")
    AfterSalesLine.objects.bulk_create(
        AfterSalesLine(
            case=case, line_id=row.line_id, quantity=row.quantity, wanted=variants.get(row.wanted_sku)
        )
        for row in wanted.lines
    )
    record_case_event(case, order, actor, wanted.note)
    return case


def _check_window(order: Order, actor: Actor) -> None:
    """Later than the after-sales window only a manager decides."""
    if order.status not in SHIPPED:
        raise GuardFailed(("not_shipped", _not_now(order)))
    if is_too_late(order) and not actor.may("after_sales.open_late"):
        raise GuardFailed(("after_sales_over", _("已超过售后期，请联系经理")))


def _not_now(order: Order) -> str:
    if order.status in (Status.PENDING_PAYMENT, Status.PAID):
        return _("还没有发货，请直接修改或取消订单")
    return _("订单%(status)s，不能再申请售后") % {"status": status_label(order.status)}


def _check_wanted(order: Order, lines: dict[int, OrderLine], wanted: CaseInput) -> None:
    if wanted.kind not in Kind.values or wanted.reason not in AfterSalesCase.Reason.values:
        raise GuardFailed(("reason_required", _("请选择类型和原因")))
    if not wanted.lines or len({row.line_id for row in wanted.lines}) != len(wanted.lines):
        raise GuardFailed(("lines_required", _("请至少选择一件商品")))
    left = claimable_pieces(order, list(lines.values()))
    if any(not 0 < row.quantity <= left.get(row.line_id, 0) for row in wanted.lines):
        raise GuardFailed(("qty_exceeds_shipped", _("数量超过已发出、还没有申请售后的数量")))
    if wanted.kind == Kind.EXCHANGE:
        _check_exchange(lines, wanted)


def _check_exchange(lines: dict[int, OrderLine], wanted: CaseInput) -> None:
    """Other colours and sizes of the same product; anything else is a return and a new order."""
    for row in wanted.lines:
        own = lines[row.line_id].variant
        other = Variant.objects.filter(sku=row.wanted_sku, is_active=True).first()
        if other is None or own is None or other.product_id != own.product_id:
            raise GuardFailed(("wanted_unknown", _("请选择要换成的颜色和尺寸")))


@retry_on_deadlock
@transaction.atomic
def approve_case(
    *,
    actor: Actor,
    case_id: int,
    amount: Decimal | None = None,
    answer: str = "",
    pieces: dict[int, int] | None = None,
    return_to: str = "",
) -> AfterSalesCase:
    """Agree: the goods may come back, or the money goes back at once. Approving twice is approving once.

    `pieces`: of how many pieces of each of the case's lines the shop agrees, by the line's id; all of them without.
    Without an amount, a part is worth what was paid for it. `return_to`: where the goods go, the shop's own place
    for returns without it. Raises AfterSalesCase.DoesNotExist, NotAllowed, GuardFailed, InsufficientStock for an
    exchange.
    """
    case, order = lock_case_for(actor, case_id, "approve")
    if case.state != State.APPLIED:
        return case
    _check_decider(case, actor)
    _check_with_customer(case, order)
    told = approve_part(case, order, pieces or {})
    if amount is not None:
        if not 0 <= amount <= worth_left(order):
            raise GuardFailed(("amount_invalid", _("金额不正确")))
        case.amount = amount.quantize(CENT)
    case.answer, case.answered_by = clean_text(answer)[:300], actor.name
    if case.kind == Kind.EXCHANGE:
        case.replacement = place_replacement(actor=actor, case=case, credit=case.amount)
    case.state = State.REFUND_DUE if case.kind == Kind.REFUND else State.WAITING_RETURN
    if case.kind != Kind.REFUND:
        told.append(set_return_address(case, return_to))
    case.save()
    if case.kind == Kind.REFUND:
        settle_case_money(case, order, actor)
    record_case_event(case, order, actor, _("；").join(filter(None, (case.answer, *told))))
    return case


def _check_with_customer(case: AfterSalesCase, order: Order) -> None:
    """A parcel that came home after the question was asked is sent again: there is nothing to make good any more."""
    left = claimable_pieces(order, lock_lines(order), besides=case)
    if any(row.quantity > left.get(row.line_id, 0) for row in case.lines.all()):
        text = _("这些商品已随包裹退回仓库，会重新发出，这张售后单不能再同意")
        raise GuardFailed(("goods_came_home", text))


def settle_case_money(case: AfterSalesCase, order: Order, actor: Actor) -> None:
    """Take the worth of a case off the debt, and promise the rest as a refund.

    When that is all there is left of the money, the whole order is being refunded.
    """
    amount = min(reduce_debt(order, case, case.amount, actor), refundable_amount(order))
    if amount <= 0:
        case.state, case.closed_at = State.RESOLVED, timezone.now()
        case.save(update_fields=["state", "closed_at"])
        return
    if amount == order.paid_amount - order.refunded_amount and order.status != Status.REFUNDING:
        data = {"reason": case.get_reason_display(), "case": case.pk}
        transition_order(actor=_decider(actor), order_id=order.pk, to=Status.REFUNDING, data=data)
        order.refresh_from_db()
        order.refunds.filter(state=Refund.State.REQUESTED).update(case=case)
        return
    promise_refund(
        order, amount, purpose=Refund.Purpose.CASE, reason=str(case.get_reason_display()), case=case
    )


def _decider(actor: Actor) -> Actor:
    """The stockroom may find that all is well; the money is a consequence, not its decision."""
    return actor if actor.may("after_sales.approve") else Actor("system", None, actor.name, "manager")


@retry_on_deadlock
@transaction.atomic
def reject_case(*, actor: Actor, case_id: int, reason: str) -> AfterSalesCase:
    """Refuse, with a reason the customer reads. Raises as approve_case does."""
    case, order = lock_case_for(actor, case_id, "reject")
    if case.state == State.REJECTED:
        return case
    _check_decider(case, actor)
    if not reason.strip():
        raise GuardFailed(("reason_required", _("请填写原因")))
    cancel_replacement(case, actor, reason.strip())
    case.state, case.answer, case.answered_by = State.REJECTED, clean_text(reason)[:300], actor.name
    case.refused_by_id = actor.staff_id
    case.closed_at = timezone.now()
    case.save()
    record_case_event(case, order, actor, case.answer)
    return case


def _check_decider(case: AfterSalesCase, actor: Actor) -> None:
    if not may_decide(case, actor):
        raise GuardFailed(("appeal_by_another", _("客户申诉要由其他同事或经理处理")))


@retry_on_deadlock
@transaction.atomic
def appeal_case(*, actor: Actor, case_id: int, note: str) -> AfterSalesCase:
    """Ask once more; somebody else decides, or a manager. Goods that were inspected and refused stay refused."""
    case, order = lock_case_for(actor, case_id, "appeal")
    if case.appealed or case.lines.exclude(good=0, damaged=0).exists():
        raise GuardFailed(("appealed", _("已经申诉过了，请在客服里联系我们")))
    if case.replacement_id:
        raise GuardFailed(("appealed", _("换货已取消，请重新申请")))
    case.state, case.appealed, case.closed_at = State.APPLIED, True, None
    case.save()
    record_case_event(case, order, actor, _("客户申诉：%(note)s") % {"note": clean_text(note)[:300]})
    return case


@retry_on_deadlock
@transaction.atomic
def withdraw_case(*, actor: Actor, case_id: int) -> AfterSalesCase:
    """Take a case back before anything has been sent. Raises as approve_case does."""
    case, order = lock_case_for(actor, case_id, "withdraw")
    if case.state == State.WITHDRAWN:
        return case
    cancel_replacement(case, actor, _("客户撤回售后申请"))
    case.state, case.closed_at = State.WITHDRAWN, timezone.now()
    case.save()
    record_case_event(case, order, actor, "")
    return case


@retry_on_deadlock
@transaction.atomic
def record_return_parcel(*, actor: Actor, case_id: int, carrier: str, tracking_number: str) -> AfterSalesCase:
    """Say with which parcel the goods come back. Raises as approve_case does."""
    case, order = lock_case_for(actor, case_id, "send")
    number = tracking_number.strip().upper()
    if not TRACKING_NUMBER.fullmatch(number):
        raise GuardFailed(("tracking_required", _("请填写正确的运单号")))
    code = courier_code(carrier) if carrier.strip() else courier_of(number)
    if not code:
        raise GuardFailed(("carrier_required", _("没认出是哪家快递，请选一家")))
    if (case.carrier, case.tracking_number) == (code, number):
        return case
    case.carrier, case.tracking_number, case.state = code, number, State.RETURN_IN_TRANSIT
    case.save()
    record_case_event(case, order, actor, "")
    return case


def lock_case_for(actor: Actor, case_id: int, command: str) -> tuple[AfterSalesCase, Order]:
    """The case and its order, locked, for somebody who may do this now. A command that is done already passes.

    Raises AfterSalesCase.DoesNotExist, NotAllowed, GuardFailed.
    """
    move = CASE_MOVES[command]
    # The order that brings other goods is held from the start: it would come too late after the stock.
    own, other = AfterSalesCase.objects.values_list("order_id", "replacement_id").get(pk=case_id)
    order = lock_orders([own, other or own])[own]
    case = AfterSalesCase.objects.select_for_update().get(pk=case_id)
    case.order = order
    check_owner(order, actor)
    require_right(actor, move.right)
    if case.state not in move.from_ and case.state not in DONE_ALREADY.get(command, ()):
        raise GuardFailed(("case_state", _("售后单“%(state)s”") % {"state": case.get_state_display()}))
    return case, order


DONE_ALREADY = {
    "approve": {State.WAITING_RETURN, State.REFUND_DUE},
    "reject": {State.REJECTED},
    "withdraw": {State.WITHDRAWN},
    "inspect": {State.INSPECTING, State.REFUND_DUE, State.RESOLVED},
    "conclude": {State.REFUND_DUE, State.RESOLVED},
}


def record_case_event(case: AfterSalesCase, order: Order, actor: Actor, text: str) -> None:
    """One more event of the order: where its case is now, and the money that waits for somebody to pay it out."""
    due = case.refunds.filter(state__in=PAYABLE, purpose=Refund.Purpose.CASE)
    to_pay = due.aggregate(sum=Sum("amount"))["sum"] if case.state == State.REFUND_DUE else None
    save_with_event(
        order,
        AfterSalesMoved,
        actor=actor,
        case_id=case.pk,
        kind=case.kind,
        state=case.state,
        text=clean_text(text)[:800],
        amount=str(to_pay or ""),
    )
