"""售后: what comes back, what goes out instead, and where the money is meanwhile."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.errors import GuardFailed, InsufficientStock, NotAllowed
from orders.models import AfterSalesCase, Order, Refund, Status, Variant
from orders.policies.after_sales import CASE_MOVES
from orders.selectors.items import ItemInput
from orders.selectors.timeline import order_timeline
from orders.services.after_sales import (
    CaseInput,
    CaseLine,
    appeal_case,
    approve_case,
    open_case,
    record_return_parcel,
    reject_case,
    withdraw_case,
)
from orders.services.editing import edit_order
from orders.services.refunds import fail_refund, pay_refund
from orders.services.returns import conclude_case, inspect_return
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import CUSTOMER
from tests.factories import VariantFactory, integration, make_order, move, parcel

pytestmark = pytest.mark.django_db
State, Kind = AfterSalesCase.State, AfterSalesCase.Kind


@pytest.fixture
def shipped(customer, variant) -> Order:
    """Four pieces at 199, delivered."""
    return make_order(customer=customer, items=[ItemInput(variant.sku, 4)], status=Status.DELIVERED)


@pytest.fixture
def boss(manager) -> Actor:
    return Actor.staff(manager)


def open_case_for(order: Order, kind: str = Kind.RETURN, quantity: int = 1, *, wanted: str = "", **fields):
    line = order.lines.get()
    lines = [CaseLine(line.pk, quantity, wanted)]
    given = CaseInput(kind, fields.pop("reason", "damaged"), lines, **fields)
    return open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=given)


def counted(case: AfterSalesCase, good: int, damaged: int = 0) -> dict[int, tuple[int, int]]:
    return {case.lines.get().pk: (good, damaged)}


def back_home(case: AfterSalesCase, boss: Actor, good: int, damaged: int = 0) -> AfterSalesCase:
    approve_case(actor=boss, case_id=case.pk)
    record_return_parcel(
        actor=Actor.customer(case.order.customer),
        case_id=case.pk,
        carrier="zhongtong",
        tracking_number="ZT12345",
    )
    return inspect_return(actor=boss, case_id=case.pk, counted=counted(case, good, damaged))


def test_a_completed_return_is_restocked_and_refunded(shipped, variant, boss):
    case = open_case_for(shipped, quantity=2)
    assert (case.state, case.amount) == (State.APPLIED, Decimal("398.00"))

    assert back_home(case, boss, good=2).state == State.REFUND_DUE
    refund = Refund.objects.get()
    assert (refund.state, refund.amount) == (Refund.State.APPROVED, Decimal("398.00"))
    pay_refund(actor=boss, refund_id=refund.pk, reference="W1")

    case.refresh_from_db()
    shipped.refresh_from_db()
    variant.refresh_from_db()
    assert case.state == State.RESOLVED
    assert (shipped.status, shipped.refunded_amount, shipped.balance) == (
        Status.DELIVERED, Decimal("398.00"), Decimal(0),
    )  # fmt: skip
    assert (variant.on_hand, variant.damaged, shipped.lines.get().returned_quantity) == (98, 0, 2)
    told = [entry.text for entry in order_timeline(shipped, audience=CUSTOMER)]
    assert any(each.startswith("退货退款：等待寄回：请在 ") for each in told)
    assert "已退款 ¥398.00（售后退款）" in told


def test_a_return_with_damaged_or_missing_pieces_waits_for_a_decision_by_sales(shipped, variant, boss):
    case = back_home(open_case_for(shipped, quantity=3), boss, good=1, damaged=1)
    assert case.state == State.INSPECTING
    variant.refresh_from_db()
    assert (variant.on_hand, variant.damaged) == (97, 1)

    conclude_case(actor=boss, case_id=case.pk, amount=Decimal("250"), answer="少一件，按两件退")

    assert Refund.objects.get().amount == Decimal("250.00")


def test_a_refund_without_return_restocks_nothing(shipped, variant, boss):
    case = open_case_for(shipped, Kind.REFUND, reason="missing")
    approve_case(actor=boss, case_id=case.pk, amount=Decimal("50"))
    pay_refund(actor=boss, refund_id=Refund.objects.get().pk, reference="W2")

    case.refresh_from_db()
    variant.refresh_from_db()
    assert (case.state, variant.on_hand) == (State.RESOLVED, 96)
    with pytest.raises(GuardFailed):
        open_case_for(shipped, quantity=4)


def test_refunding_the_whole_sum_makes_the_order_refunded(shipped, boss):
    case = back_home(open_case_for(shipped, quantity=4), boss, good=4)
    shipped.refresh_from_db()
    assert (shipped.status, Refund.objects.get().case) == (Status.REFUNDING, case)

    transition_order(actor=boss, order_id=shipped.pk, to=Status.REFUNDED, data={"reference": "W3"})

    case.refresh_from_db()
    shipped.refresh_from_db()
    assert (shipped.status, case.state) == (Status.REFUNDED, State.RESOLVED)


def test_an_exchange_reserves_the_other_colour_at_once_and_ships_after_the_return(shipped, variant, boss):
    other = VariantFactory(product=variant.product, color="奶白", price=variant.price, on_hand=2)
    case = open_case_for(shipped, Kind.EXCHANGE, 2, wanted=other.sku)
    approve_case(actor=boss, case_id=case.pk)
    case.refresh_from_db()
    replacement = case.replacement
    other.refresh_from_db()
    assert (replacement.status, replacement.balance, other.available) == (Status.PAID, Decimal(0), 0)
    with pytest.raises(GuardFailed) as refusal:
        move(replacement, Status.PICKING)
    assert refusal.value.names == ["on_hold"]

    inspect_return(actor=boss, case_id=case.pk, counted=counted(case, 2))

    case.refresh_from_db()
    assert case.state == State.RESOLVED
    assert move(replacement, Status.PICKING).status == Status.PICKING
    shipped.refresh_from_db()
    assert (shipped.refunded_amount, shipped.status) == (Decimal("398.00"), Status.DELIVERED)


def test_a_dearer_exchange_is_paid_first_and_a_cheaper_one_refunds_the_difference(shipped, variant, boss):
    dearer = VariantFactory(product=variant.product, size="24 寸", price=variant.price + 30)
    cheaper = VariantFactory(product=variant.product, size="18 寸", price=variant.price - 20)
    first, second = (open_case_for(shipped, Kind.EXCHANGE, 1, wanted=each.sku) for each in (dearer, cheaper))

    first = approve_case(actor=boss, case_id=first.pk)
    assert (first.replacement.status, first.replacement.balance) == (Status.PENDING_PAYMENT, Decimal("30.00"))

    approve_case(actor=boss, case_id=second.pk)
    second = inspect_return(actor=boss, case_id=second.pk, counted=counted(second, 1))
    assert second.state == State.REFUND_DUE
    due = Refund.objects.get(purpose=Refund.Purpose.CASE)
    assert due.amount == Decimal("20.00")


@pytest.mark.parametrize("extra", [0, 30])
def test_a_cancelled_exchange_restores_money_and_stock(shipped, variant, boss, extra):
    other = VariantFactory(product=variant.product, size="24 寸", price=variant.price + extra, on_hand=3)
    case = open_case_for(shipped, Kind.EXCHANGE, 1, wanted=other.sku)
    case = approve_case(actor=boss, case_id=case.pk)

    withdraw_case(actor=Actor.customer(shipped.customer), case_id=case.pk)

    other.refresh_from_db()
    case.replacement.refresh_from_db()
    shipped.refresh_from_db()
    ended = Status.CANCELLED if extra else Status.REFUNDED
    assert (other.reserved, case.replacement.status) == (0, ended)
    assert case.replacement.refunded_amount == case.replacement.paid_amount
    assert (shipped.refunded_amount, Refund.objects.filter(state="approved").count()) == (0, 0)
    assert open_case_for(shipped, quantity=4).state == State.APPLIED


def test_goods_cannot_be_exchanged_for_a_sold_out_variant(shipped, variant, boss):
    other = VariantFactory(product=variant.product, on_hand=0)
    case = open_case_for(shipped, Kind.EXCHANGE, 1, wanted=other.sku)

    with pytest.raises(InsufficientStock):
        approve_case(actor=boss, case_id=case.pk)

    case.refresh_from_db()
    assert (case.state, Order.objects.count()) == (State.APPLIED, 1)


def test_a_rejected_case_may_be_appealed_once(shipped, boss):
    case = open_case_for(shipped)
    reject_case(actor=boss, case_id=case.pk, reason="看不出破损")
    customer = Actor.customer(shipped.customer)
    assert appeal_case(actor=customer, case_id=case.pk, note="补了照片").state == State.APPLIED
    reject_case(actor=boss, case_id=case.pk, reason="还是看不出")
    with pytest.raises(GuardFailed):
        appeal_case(actor=customer, case_id=case.pk, note="再看看")


def test_an_appeal_is_decided_by_a_manager_or_by_somebody_who_did_not_reject_it(
    shipped, sales, other_sales, boss, log_in, as_actor
):
    case, seller = open_case_for(shipped), as_actor(sales)
    reject_case(actor=seller, case_id=case.pk, reason="看不出破损")
    appeal_case(actor=Actor.customer(shipped.customer), case_id=case.pk, note="补了照片")

    for decide in (
        lambda: approve_case(actor=seller, case_id=case.pk),
        lambda: reject_case(actor=seller, case_id=case.pk, reason="还是看不出"),
    ):
        with pytest.raises(GuardFailed) as refused:
            decide()
        assert refused.value.names == ["appeal_by_another"]
    page, form = f"/orders/{shipped.number}/", f"/orders/after-sales/{case.pk}/approve/"
    assert form not in log_in(sales).get(page).content.decode()
    assert form in log_in(other_sales).get(page).content.decode()
    assert approve_case(actor=as_actor(other_sales), case_id=case.pk).state == State.WAITING_RETURN


def test_a_manager_decides_an_appeal_against_their_own_refusal(shipped, boss):
    case = open_case_for(shipped)
    reject_case(actor=boss, case_id=case.pk, reason="看不出破损")
    appeal_case(actor=Actor.customer(shipped.customer), case_id=case.pk, note="补了照片")
    assert approve_case(actor=boss, case_id=case.pk).state == State.WAITING_RETURN


def test_opening_a_case_twice_with_one_key_returns_the_same_case(shipped):
    assert open_case_for(shipped, key="k").pk == open_case_for(shipped, key="k").pk


@pytest.mark.parametrize("quantity", [0, -1, 5])
def test_no_claim_exceeds_the_shipped_pieces(shipped, quantity):
    with pytest.raises(GuardFailed):
        open_case_for(shipped, quantity=quantity)


def test_pieces_of_an_open_case_cannot_be_claimed_again(shipped):
    open_case_for(shipped, quantity=3)
    with pytest.raises(GuardFailed):
        open_case_for(shipped, quantity=2)


def test_an_order_that_has_not_shipped_cannot_have_a_case(customer):
    with pytest.raises(GuardFailed) as refusal:
        open_case_for(make_order(customer=customer, status=Status.PAID))
    assert refusal.value.names == ["not_shipped"]


def test_after_the_deadline_only_a_manager_can_open_a_case(shipped, boss):
    done = move(shipped, Status.COMPLETED)
    Order.objects.filter(pk=done.pk).update(closed_at=timezone.now() - timedelta(days=400))
    with pytest.raises(GuardFailed) as refusal:
        open_case_for(done)
    assert refusal.value.names == ["after_sales_over"]
    wanted = CaseInput(Kind.RETURN, "damaged", [CaseLine(done.lines.get().pk, 1)])
    assert open_case(actor=boss, order_id=done.pk, wanted=wanted).state == State.APPLIED


def test_an_order_cannot_be_completed_while_a_case_is_open(shipped):
    open_case_for(shipped)
    with pytest.raises(GuardFailed) as refusal:
        move(shipped, Status.COMPLETED)
    assert refusal.value.names == ["after_sales_open"]


def test_another_customer_cannot_withdraw_a_case(shipped, other_customer):
    case = open_case_for(shipped)
    with pytest.raises(NotAllowed):
        withdraw_case(actor=Actor.customer(other_customer), case_id=case.pk)


@pytest.mark.parametrize(
    ("command", "role"), [("approve", "warehouse"), ("inspect", "sales"), ("appeal", "sales")]
)
def test_each_step_of_a_case_requires_its_right(command, role, shipped, as_actor):
    assert role not in CASE_MOVES[command].actors
    calls = {
        "approve": lambda actor, pk: approve_case(actor=actor, case_id=pk),
        "inspect": lambda actor, pk: inspect_return(actor=actor, case_id=pk, counted={}),
        "appeal": lambda actor, pk: appeal_case(actor=actor, case_id=pk, note=""),
    }
    with pytest.raises(NotAllowed):
        calls[command](as_actor(role), open_case_for(shipped).pk)


def test_a_cheaper_order_is_refunded_and_a_dearer_one_owes_the_difference(customer, variant, boss):
    order = make_order(customer=customer, items=[ItemInput(variant.sku, 4)], status=Status.PAID)

    def with_pieces(quantity: int) -> Order:
        items = [{"sku": variant.sku, "quantity": quantity}]
        return edit_order(actor=boss, order_id=order.pk, version=None, changes={"items": items}, agreed=True)

    with_pieces(3)
    refund = Refund.objects.get(state="approved")
    assert (refund.amount, refund.purpose) == (variant.price, Refund.Purpose.DIFFERENCE)
    with_pieces(2)
    refund = Refund.objects.get(state="approved")
    assert refund.amount == variant.price * 2
    pay_refund(actor=boss, refund_id=refund.pk, reference="W4")
    assert Order.objects.get().balance == 0

    assert with_pieces(3).balance == variant.price


def test_a_failed_refund_can_be_paid_again(shipped, boss):
    approve_case(actor=boss, case_id=open_case_for(shipped, Kind.REFUND).pk)
    refund = Refund.objects.get()
    assert fail_refund(actor=boss, refund_id=refund.pk, reason="账号不对").state == Refund.State.FAILED
    for _repeat in range(2):
        assert pay_refund(actor=boss, refund_id=refund.pk, reference="W5").state == Refund.State.SUCCEEDED
    with pytest.raises(GuardFailed) as refusal:
        fail_refund(actor=boss, refund_id=refund.pk, reason="账号不对")
    assert refusal.value.names == ["refund_answered"]
    shipped.refresh_from_db()
    assert shipped.refunded_amount == refund.amount


def test_inspected_pieces_cannot_be_restocked_again(shipped, boss, manager, log_in):
    page = f"/orders/{shipped.number}/to/refunded/"
    desk = log_in(manager)
    case = back_home(open_case_for(shipped, quantity=shipped.lines.get().quantity), boss, good=1, damaged=3)
    assert "同意退款" in desk.get(f"/orders/{shipped.number}/").text
    conclude_case(actor=boss, case_id=case.pk, amount=case.amount)
    shipped.refresh_from_db()
    assert shipped.status == "refunding"
    assert "退回的商品入库" not in desk.get(page).text

    other = move(make_order(status="shipped"), "refunding")
    assert "退回的商品入库" in desk.get(f"/orders/{other.number}/to/refunded/").text


def test_sales_cannot_pay_out_refunds(shipped, boss, as_actor):
    approve_case(actor=boss, case_id=open_case_for(shipped, Kind.REFUND).pk)
    with pytest.raises(NotAllowed):
        pay_refund(actor=as_actor("sales"), refund_id=Refund.objects.get().pk, reference="W6")


def test_a_line_of_a_discounted_order_is_refunded_at_its_share_of_the_sum_paid(customer, variant):
    order = make_order(customer=customer, items=[ItemInput(variant.sku, 4)])
    edit_order(
        actor=integration(),
        order_id=order.pk,
        version=None,
        changes={"discount": "79.60", "shipping_fee": "12"},
    )
    for step in ("paid", "picking", "shipped"):
        move(order, step)
    assert open_case_for(order).amount == Decimal("179.10")


def test_a_case_about_one_parcel_need_not_wait_for_the_other_parcels(customer, variant, as_actor):
    order = make_order(customer=customer, items=[ItemInput(variant.sku, 4)], status=Status.PICKING)
    line = order.lines.get()
    data = parcel(lines=[{"line": line.pk, "quantity": 1}])
    transition_order(actor=as_actor("warehouse"), order_id=order.pk, to=Status.SHIPPED, data=data)
    order.refresh_from_db()
    assert order.status == Status.PICKING
    assert open_case_for(order).state == State.APPLIED
    assert Variant.objects.get(pk=variant.pk).reserved == 3
