"""Each guard of the table at its edge: what it lets through, and what it refuses with which words."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from orders.errors import IllegalTransition
from orders.models import (
    AfterSalesCase,
    ChangeRequest,
    Order,
    Payment,
    Refund,
    ShortageTask,
    StockReservation,
)
from orders.policies.transitions import transition_by_key
from orders.selectors.items import ItemInput
from orders.services import guards
from orders.services.moves import Move
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from tests.factories import VariantFactory, integration, make_order, move

pytestmark = pytest.mark.django_db

CENT = timedelta(microseconds=1)


def move_to_check(
    order: Order, row: str, actor: Actor | None = None, now: datetime | None = None, **data: Any
) -> Move:
    """A move that is being checked."""
    return Move(order, actor or integration(), transition_by_key(row), data, now or timezone.now())


def refund(order: Order, amount: str, state: str = Refund.State.REQUESTED) -> Refund:
    return Refund.objects.create(order=order, amount=Decimal(amount), state=state)


# --- money ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("total", "on_account", "amount", "passes"),
    [
        ("0.50", False, "0", False),
        ("0.50", False, "0.01", True),
        ("0", False, "0", True),
        ("0", False, "-0.01", False),
        ("0.50", True, "0", True),
        ("0.50", False, "half", False),
    ],
)
def test_a_zero_payment_passes_only_when_nothing_is_owed(order, total, on_account, amount, passes):
    order.total, order.on_account = Decimal(total), on_account

    assert (guards.amount_invalid(move_to_check(order, "T3", amount=amount)) is None) == passes


@pytest.mark.parametrize(
    ("row", "total", "back", "method", "reference", "passes"),
    [
        ("T3", "1", None, "", "", False),
        ("T3", "1", None, "cash", "", True),
        ("T3", "1", None, "", "W1", True),
        ("T3", "0", None, "", "", True),
        ("T18", "1", "0", "", "", True),
        ("T18", "1", "1", "", "", False),
        ("T18", "1", "0.50", "", "", False),
        ("T18", "1", None, "", "", False),
        ("T18", "0", "1", "", "", True),
    ],
)
def test_a_manual_payment_requires_a_voucher_number(
    order, as_actor, row, total, back, method, reference, passes
):
    order.total = Decimal(total)
    if back is not None:
        refund(order, back)
    move = move_to_check(order, row, as_actor("manager"), method=method, reference=reference)

    assert (guards.voucher_required(move) is None) == passes
    assert guards.voucher_required(move_to_check(order, row, integration())) is None


@pytest.mark.parametrize(
    ("method", "passes"), [("", True), ("wechat", True), ("bitcoin", False), ("on_account", False)]
)
def test_a_payment_requires_a_known_payment_method(order, method, passes):
    assert (guards.method_unknown(move_to_check(order, "T3", method=method)) is None) == passes


def test_a_voucher_without_a_method_counts_as_a_transfer(order):
    Payment.objects.create(
        order=order, amount=1, method="transfer", reference="W1", received_at=timezone.now()
    )

    assert guards.payment_seen(move_to_check(order, "T3", reference="W1"))
    assert guards.payment_seen(move_to_check(order, "T3", method="wechat", reference="W1")) is None
    assert guards.payment_seen(move_to_check(order, "T3")) is None


@pytest.mark.parametrize(
    ("paid", "returned", "policy", "passes"),
    [("1", "0", "ask", False), ("1", "1", "ask", True), ("0", "0", "ask", True), ("1", "0", "refund", True)],
)
def test_the_timer_cancels_no_order_with_a_deposit_unless_the_shop_has_a_rule_for_it(
    order, paid, returned, policy, passes
):
    settings = shop_settings()
    settings.part_paid_orders = policy
    settings.save()
    order.paid_amount, order.refunded_amount = Decimal(paid), Decimal(returned)

    assert (guards.payment_captured(move_to_check(order, "T5")) is None) == passes


@pytest.mark.parametrize(
    ("paid", "returned", "on_account", "passes"),
    [("0", "0", False, False), ("0.01", "0", False, True), ("1", "1", False, False), ("0", "0", True, True)],
)
def test_the_guard_nothing_paid_compares_paid_and_returned_sums(order, paid, returned, on_account, passes):
    order.total = Decimal("0.50")
    order.paid_amount, order.refunded_amount, order.on_account = Decimal(paid), Decimal(returned), on_account

    assert (guards.nothing_paid(move_to_check(order, "T21")) is None) == passes


def test_a_free_order_can_be_cancelled_without_a_refund(order):
    order.total = Decimal(0)

    assert guards.nothing_paid(move_to_check(order, "T21")) is None


@pytest.mark.parametrize(
    ("amount", "words"),
    [("", None), ("10.00", None), ("9.99", "只能全额退款"), ("10.01", "超过已付"), ("ten", "只能全额退款")],
)
def test_a_transition_to_refunding_covers_the_whole_sum_paid(order, amount, words):
    order.paid_amount, order.refunded_amount = Decimal(12), Decimal(2)
    refusal = guards.amount_not_whole(move_to_check(order, "T21", amount=amount))

    assert refusal is None if words is None else words in refusal and "¥10.00" in refusal


@pytest.mark.parametrize(
    ("amount", "passes"),
    [("0", False), ("0.01", True), ("0.99", True), ("9.99", True), ("10.00", False), ("ten", False)],
)
def test_a_partial_refund_is_more_than_zero_and_less_than_the_whole_sum(order, amount, passes):
    order.paid_amount, order.refunded_amount = Decimal(12), Decimal(2)
    refusal = guards.amount_not_part(move_to_check(order, "T20", amount=amount))

    assert refusal is None if passes else "¥10.00" in refusal


@pytest.mark.parametrize(
    ("settled", "open_", "passes"),
    [([], "398.00", True), (["98.00"], "300.00", True), (["98.00"], "299.99", False), ([], None, False)],
)
def test_a_full_refund_must_equal_the_sum_paid(settled, open_, passes):
    order = make_order(status="paid")
    for amount in settled:
        refund(order, amount, Refund.State.SUCCEEDED)
    if open_ is not None:
        refund(order, open_)

    assert (guards.refund_sum(move_to_check(order, "T18")) is None) == passes


@pytest.mark.parametrize(
    ("role", "keep", "reason", "words"),
    [
        ("manager", True, "", "原因"),
        ("manager", True, "已备货", None),
        ("sales", True, "已备货", "经理"),
        ("sales", False, "", None),
    ],
)
def test_keeping_a_deposit_requires_a_manager_and_a_reason(order, as_actor, role, keep, reason, words):
    refusal = guards.deposit_kept(
        move_to_check(order, "T4", as_actor(role), keep_deposit=keep, reason=reason)
    )

    assert refusal is None if words is None else words in refusal


# --- time -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("late", "passes"), [(timedelta(), False), (CENT, True)])
def test_an_unpaid_order_expires_only_after_its_deadline(order, late, passes):
    assert (guards.not_due(move_to_check(order, "T5", now=order.pay_by + late)) is None) == passes


def test_an_order_without_a_payment_deadline_never_expires(order):
    order.pay_by = None

    assert guards.not_due(move_to_check(order, "T5", now=timezone.now() + timedelta(days=900)))


def test_only_the_system_timer_may_declare_an_order_overdue(order):
    assert guards.not_due(move_to_check(order, "T5", Actor.system(), overdue=True)) is None
    assert guards.not_due(move_to_check(order, "T5", Actor.system()))
    assert guards.not_due(move_to_check(order, "T5", overdue=True))


@pytest.mark.parametrize(("late", "passes"), [(timedelta(), False), (CENT, True)])
def test_time_under_a_rejected_refund_does_not_count_towards_auto_completion(late, passes):
    order = make_order(status="delivered")
    held = refund(order, "1", Refund.State.REJECTED)
    since = order.delivered_at
    Refund.objects.filter(pk=held.pk).update(requested_at=since, settled_at=since + timedelta(days=2))
    due = since + timedelta(days=shop_settings().complete_after_days + 2)

    assert (guards.not_due(move_to_check(order, "T14", now=due + late)) is None) == passes


@pytest.mark.parametrize(
    ("role", "late", "passes"),
    [("sales", timedelta(), True), ("sales", CENT, False), ("manager", CENT, True)],
)
def test_after_the_after_sales_deadline_only_a_manager_can_start_a_refund(
    order, as_actor, role, late, passes
):
    order.closed_at = timezone.now()
    until = order.closed_at + timedelta(days=shop_settings().after_sales_days)

    assert (
        guards.after_sales_over(move_to_check(order, "T17", as_actor(role), now=until + late)) is None
    ) == passes


def test_the_after_sales_deadline_does_not_apply_to_an_open_order(order, as_actor):
    assert guards.after_sales_over(move_to_check(order, "T17", as_actor("sales"))) is None


def test_a_case_opened_in_time_can_be_settled_after_the_deadline(order, as_actor):
    order.closed_at = timezone.now() - timedelta(days=900)
    case, over = (
        AfterSalesCase.objects.create(
            order=order, kind="refund", reason="damaged", state=state, asked_at=order.closed_at
        )
        for state in ("applied", "rejected")
    )
    sales = as_actor("sales")

    assert guards.after_sales_over(move_to_check(order, "T17", sales, case=case.pk)) is None
    assert guards.after_sales_over(move_to_check(order, "T17", sales, case=over.pk))
    assert guards.after_sales_over(move_to_check(order, "T17", sales))
    assert guards.after_sales_open(move_to_check(order, "T17", sales, case=case.pk)) is None
    assert guards.after_sales_open(move_to_check(order, "T17", sales))


# --- goods ----------------------------------------------------------------------------------------
def test_a_shipment_needs_a_line_and_at_most_the_open_quantities():
    bags, purses = VariantFactory(sku="BAG-1"), VariantFactory(sku="PURSE-1")
    order = make_order(status="picking", items=[ItemInput(bags.sku, 2), ItemInput(purses.sku, 1)])

    def refusal(*lines: tuple[str, Any]) -> str | None:
        rows = [{"sku": sku, "quantity": count} for sku, count in lines]
        return guards.qty_exceeds_open(move_to_check(order, "T9", lines=rows))

    assert guards.qty_exceeds_open(move_to_check(order, "T9")) is None
    assert refusal(("BAG-1", 2), ("PURSE-1", 1)) is None
    assert refusal(("BAG-1", 1)) is None
    assert refusal(("BAG-1", 3), ("PURSE-1", 2)) == "发货数量超过未发数量：BAG-1、PURSE-1"
    assert refusal(("BAG-1", 1), ("PURSE-1", -1)) == "发货数量超过未发数量：PURSE-1"
    assert refusal(("BAG-1", 0)) == "没有可发货的商品"


def test_a_shipment_of_a_short_order_has_at_most_the_reserved_pieces():
    order = make_order(status="picking", items=[ItemInput(VariantFactory(sku="BAG-1").sku, 5)])
    line = order.lines.get()
    assert move_to_check(order, "T9").pieces == {line: 5}
    order.shortage = True
    StockReservation.objects.update(quantity=2)
    assert move_to_check(order, "T9").pieces == {line: 2}
    StockReservation.objects.all().delete()

    assert guards.qty_exceeds_open(move_to_check(order, "T9")) == "没有可发货的商品"


@pytest.mark.parametrize(
    ("number", "passes"), [("SF12", True), ("SF1", False), ("A" * 60, True), ("A" * 61, False)]
)
def test_a_tracking_number_has_four_to_sixty_characters(order, number, passes):
    assert (guards.tracking_required(move_to_check(order, "T9", tracking_number=number)) is None) == passes


@pytest.mark.parametrize(("lines", "passes"), [([], True), ("BAG-1", False), ([{"sku": "NOPE"}], False)])
def test_a_shipment_has_only_lines_of_its_order(order, lines, passes):
    assert (guards.lines_unknown(move_to_check(order, "T9", lines=lines)) is None) == passes


def test_a_short_order_ships_only_when_the_customer_agreed_to_part_shipments(order):
    assert guards.goods_short(move_to_check(order, "T6")) is None
    order.shortage = True
    assert guards.goods_short(move_to_check(order, "T6"))
    ShortageTask.objects.create(
        order=order, line=order.lines.get(), sku="BAG-1", name="包", missing=1, raised_at=timezone.now(),
        state="settled", chosen={"kind": "split"},
    )  # fmt: skip
    assert guards.goods_short(move_to_check(order, "T6")) is None


def test_a_pick_can_be_released_by_its_picker_or_a_manager(order, as_actor):
    picker, other, manager = as_actor("warehouse"), as_actor("warehouse"), as_actor("manager")
    assert guards.not_picker(move_to_check(order, "T7", other)) is None
    order.picker_id = picker.id

    assert guards.not_picker(move_to_check(order, "T7", picker)) is None
    assert guards.not_picker(move_to_check(order, "T7", manager)) is None
    assert guards.not_picker(move_to_check(order, "T7", other))


@pytest.mark.parametrize(
    ("row", "kind", "reason", "passes"),
    [
        ("T19", "customer", "", True),
        ("T19", "staff", "", False),
        ("T19", "staff", "已发出", True),
        ("T20", "customer", "", False),
        ("T21", "api", "", False),
    ],
)
def test_only_withdrawing_ones_own_refund_request_needs_no_reason(order, row, kind, reason, passes):
    move = move_to_check(order, row, Actor(kind, 1, "某人", "manager"), reason=reason)

    assert (guards.reason_required(move) is None) == passes


# --- a change that is open --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("left", "told"), [(timedelta(seconds=-1), 0), (timedelta(seconds=90), 90), (None, 0)]
)
def test_the_change_pending_guard_tells_the_seconds_left_to_answer(order, left, told):
    now = timezone.now()
    wish = ChangeRequest(
        order=order, kind="address", before={}, after={}, handler="warehouse", asked_by="吴丽华", asked_at=now,
        answer_by=None if left is None else now + left,
    )  # fmt: skip

    assert guards.pending_fact(wish, now)["seconds_left"] == told


def test_an_override_reason_is_cut_at_200_characters_and_accepted_from_managers_only(order, as_actor):
    why = "客" * 300

    assert move_to_check(order, "T9", as_actor("manager"), override=why).override == "客" * 200
    assert move_to_check(order, "T9", as_actor("warehouse"), override=why).override == ""


@pytest.mark.parametrize(("role", "open_"), [("sales", ["refunding"]), ("warehouse", ["picking", "shipped"])])
def test_an_unknown_transition_is_answered_with_the_allowed_ones(as_actor, role, open_):
    order = make_order(status="paid")
    with pytest.raises(IllegalTransition) as refusal:
        move(order, "delivered", actor=as_actor(role))

    assert sorted(refusal.value.extra["allowed"]) == open_
