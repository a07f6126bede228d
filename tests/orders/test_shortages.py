"""缺货: a paid order that is short of goods is a question with ready answers, and each answer is done with a tap."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from messaging.models import Message
from messaging.services.shortages import offer_in_conversation
from orders.errors import GuardFailed, NotAllowed
from orders.models import (
    Order,
    OrderLine,
    Refund,
    ShortageTask,
    Status,
    StockMovement,
    StockReservation,
    Variant,
)
from orders.selectors.items import ItemInput
from orders.selectors.shortages import (
    all_options,
    missing_pieces,
    offered_options,
    shortages_of,
)
from orders.services.editing import edit_order
from orders.services.shortages import choose_option, offer_options, report_missing
from orders.services.stock import set_stock
from orders.services.warehouse import acknowledge_alert
from orders.tasks.sweeps import allocate_stock_to_orders, sweep_shortages
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import (
    CustomerFactory,
    StaffFactory,
    VariantFactory,
    make_order,
    move,
    parcel,
)

pytestmark = pytest.mark.django_db
State = ShortageTask.State


@pytest.fixture
def desk(sales) -> Actor:
    return Actor.staff(sales)


@pytest.fixture
def stockroom(warehouse) -> Actor:
    return Actor.staff(warehouse)


@pytest.fixture
def blue(variant) -> Variant:
    """Another colour of the same bag, there in numbers and no dearer."""
    return VariantFactory(product=variant.product, sku="DJX-20-BLU", color="雾霾蓝", on_hand=50)


@pytest.fixture
def bought(variant, blue) -> Order:
    """Five of one, two of another bag, paid."""
    other = VariantFactory(sku="TT-01", on_hand=20, price=Decimal("100"))
    return make_order(
        status=Status.PAID, items=[ItemInput(variant.sku, 5), ItemInput(other.sku, 2)], note="周末送"
    )


@pytest.fixture
def short(bought, stockroom) -> ShortageTask:
    """Two of the five are not on the shelf."""
    return report_lack(bought, stockroom, 2)


def report_lack(order: Order, actor: Actor, pieces: int) -> ShortageTask:
    report_missing(actor=actor, line_id=order.lines.order_by("pk").first().pk, missing=pieces)
    return ShortageTask.objects.get(order=order)


def offer_all_options(task: ShortageTask, desk: Actor, *keys: str, **fields) -> ShortageTask:
    wanted = list(keys) or [option.key for option in all_options(task)]
    return offer_in_conversation(actor=desk, task_id=task.pk, keys=wanted, **fields)


def choose_as_customer(task: ShortageTask, key: str, **fields) -> ShortageTask:
    customer = Actor.customer(task.order.customer, order_id=task.order_id)
    return choose_option(actor=customer, task_id=task.pk, key=key, **fields)


def reloaded(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def line_quantities(order: Order) -> list[tuple[str, int]]:
    return list(OrderLine.objects.filter(order=order).order_by("pk").values_list("sku", "quantity"))


def test_reporting_missing_pieces_reduces_stock_and_creates_one_task(short, bought, variant):
    variant.refresh_from_db()
    # The two that were missed are gone, and no others; what is free beside them may be ordered, but fills no shortage.
    assert (variant.on_hand, variant.reserved, variant.available) == (98, 3, 95)
    assert variant.fillable == 0
    assert (short.state, short.missing, short.sku) == (State.OPEN, 2, variant.sku)
    assert (reloaded(bought).shortage, reloaded(bought).status) == (True, Status.PAID)
    assert StockMovement.objects.get(kind="written_off").reason == "配货时缺货"
    line = Message.objects.filter(conversation__order=bought, body__contains="缺货：").get()
    assert line.internal


def test_a_short_order_cannot_ship_before_the_customer_has_chosen(short, bought, stockroom):
    for to in ("picking", "shipped"):
        with pytest.raises(GuardFailed) as refused:
            move(bought, to, actor=stockroom)
        assert "shortage" in refused.value.names


def test_a_shortage_found_during_picking_blocks_shipping_too(bought, stockroom):
    move(bought, "picking", actor=stockroom)
    report_lack(bought, stockroom, 1)
    with pytest.raises(GuardFailed) as refused:
        move(bought, "shipped", actor=stockroom)
    assert refused.value.names == ["shortage"]


def test_reporting_more_missing_pieces_updates_the_existing_task(short, bought, stockroom):
    report_missing(actor=stockroom, line_id=short.line_id, missing=1)
    assert ShortageTask.objects.get().missing == 3


@pytest.mark.parametrize("pieces", [0, -1, 6])
def test_missing_pieces_cannot_exceed_the_reserved_ones(bought, stockroom, pieces):
    with pytest.raises(GuardFailed):
        report_lack(bought, stockroom, pieces)
    assert not reloaded(bought).shortage


def test_only_the_warehouse_reports_shortages_and_only_sales_offer_options(bought, desk, short, stockroom):
    with pytest.raises(NotAllowed):
        report_missing(actor=desk, line_id=short.line_id, missing=1)
    with pytest.raises(NotAllowed):
        offer_options(actor=stockroom, task_id=short.pk, keys=["wait"])


def test_a_shortage_has_prepared_options(short, blue, variant):
    VariantFactory(product=variant.product, color="樱粉", on_hand=1)
    cheaper = VariantFactory(
        product=variant.product, sku="DJX-16", size="16 寸", price=Decimal("149"), on_hand=9
    )
    VariantFactory(product=variant.product, sku="DJX-28", size="28 寸", price=Decimal("399"), on_hand=9)
    found = {option.key: option for option in all_options(short)}
    assert list(found) == [
        "wait", f"swap:{blue.sku}", f"swap:{cheaper.sku}", "swap:DJX-28", "split", "refund",
    ]  # fmt: skip
    assert (found["swap:DJX-28"].unit_price, found["swap:DJX-28"].back) == (Decimal("199.00"), 0)
    assert (found[f"swap:{cheaper.sku}"].unit_price, found[f"swap:{cheaper.sku}"].back) == (149, 100)
    assert found["refund"].back == Decimal("398.00")


def test_offered_shortage_options_are_posted_in_the_conversation(short, desk, bought):
    until = timezone.localdate() + timedelta(days=3)
    offered = offer_all_options(short, desk, "wait", "refund", until=until)
    assert (offered.state, [option.key for option in offered_options(offered)]) == (
        State.OFFERED, ["wait", "refund"],
    )  # fmt: skip
    card = Message.objects.get(kind="card")
    assert card.conversation.order == bought
    assert (card.data["card"], card.data["id"]) == ("shortage", short.pk)
    assert f"{until:%Y-%m-%d}" in card.body
    assert f"{until:%Y-%m-%d}" in card.data["said"]["en"]


def test_only_possible_options_can_be_offered_and_only_offered_ones_chosen(short, desk):
    for keys in ([], ["swap:NIX"], ["wait", "swap:NIX"]):
        with pytest.raises(GuardFailed):
            offer_options(actor=desk, task_id=short.pk, keys=keys)
    with pytest.raises(GuardFailed):
        choose_as_customer(short, "refund")
    offer_all_options(short, desk, "wait")
    with pytest.raises(GuardFailed) as refused:
        choose_as_customer(short, "refund")
    assert refused.value.names == ["option_gone"]


def test_the_refund_option_returns_the_money_and_removes_the_pieces(short, desk, bought, variant):
    offer_all_options(short, desk)
    choose_as_customer(short, "refund", seen=2)
    order = reloaded(bought)
    assert line_quantities(order)[0] == (variant.sku, 3)
    assert (order.total, order.shortage, order.balance) == (Decimal("797.00"), False, Decimal("-398.00"))
    refund = Refund.objects.get()
    assert (refund.amount, refund.purpose, refund.state) == (Decimal("398.00"), "difference", "approved")
    assert StockReservation.objects.get(line_id=short.line_id).quantity == 3
    assert move(order, "picking").status == Status.PICKING


def test_the_swap_option_replaces_the_pieces_at_the_same_price(short, desk, bought, variant, blue):
    Variant.objects.filter(pk=blue.pk).update(price=Decimal("299"))
    offer_all_options(short, desk)
    choose_as_customer(short, f"swap:{blue.sku}", seen=2)
    order = reloaded(bought)
    assert line_quantities(order) == [(variant.sku, 3), ("TT-01", 2), (blue.sku, 2)]
    assert (order.total, order.shortage, missing_pieces(order)) == (bought.total, False, {})
    assert Variant.objects.get(pk=blue.pk).reserved == 2
    told = Message.objects.filter(conversation__order=order).order_by("-seq").first()
    assert (told.body, told.internal) == (f"{short.goods} 缺货，客户选择：换成 20 寸 · 雾霾蓝", False)


def test_swapping_a_wholly_missing_line_removes_it(bought, stockroom, desk, blue, variant):
    task = report_lack(bought, stockroom, 5)
    offer_all_options(task, desk)
    choose_as_customer(task, f"swap:{blue.sku}")
    assert line_quantities(bought) == [("TT-01", 2), (blue.sku, 5)]
    task.refresh_from_db()
    assert (task.line, task.sku, task.state) == (None, variant.sku, State.SETTLED)


def test_an_order_left_with_nothing_is_refunded_in_full(variant, stockroom, desk):
    order = make_order(status=Status.PAID, items=[ItemInput(variant.sku, 5)])
    task = report_lack(order, stockroom, 5)
    assert "split" not in {option.key for option in all_options(task)}
    offer_all_options(task, desk)
    choose_as_customer(task, "refund")
    assert (reloaded(order).status, Refund.objects.get().amount) == (Status.REFUNDING, order.total)
    move(order, "refunded")
    assert (reloaded(order).shortage, reloaded(order).refunded_amount) == (False, order.total)


def test_the_split_option_ships_available_pieces_first_and_the_rest_later(
    short, desk, bought, variant, stockroom
):
    offer_all_options(short, desk)
    choose_as_customer(short, "split", seen=2)
    assert reloaded(bought).shortage
    move(bought, "picking", actor=stockroom)
    order = move(bought, "shipped", actor=stockroom)
    assert (order.status, [line.shipped_quantity for line in order.lines.order_by("pk")]) == (
        Status.PICKING, [3, 2],
    )  # fmt: skip
    set_stock(actor=Actor.system(), sku=variant.sku, delta=10)
    allocate_stock_to_orders()
    order = reloaded(bought)
    assert (order.shortage, missing_pieces(order)) == (False, {})
    assert move(order, "shipped", actor=stockroom, **parcel()).status == Status.SHIPPED
    said = [each.body for each in Message.objects.filter(conversation__order=order, internal=False)]
    assert f"缺的货已到：{short.goods}" in said


def test_the_wait_option_holds_the_order_until_the_goods_arrive(short, desk, bought, variant, stockroom):
    offer_all_options(short, desk)
    choose_as_customer(short, "wait")
    with pytest.raises(GuardFailed):
        move(bought, "picking", actor=stockroom)
    set_stock(actor=Actor.system(), sku=variant.sku, delta=2)
    assert sweep_shortages() == 1
    assert move(bought, "picking", actor=stockroom).status == Status.PICKING
    assert ShortageTask.objects.get().ended_at


def test_a_missed_promised_date_reopens_the_shortage_question(short, desk, bought):
    offer_all_options(short, desk, "wait", until=timezone.localdate() + timedelta(days=2))
    choose_as_customer(short, "wait")
    assert sweep_shortages() == 0
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert (sweep_shortages(), sweep_shortages()) == (1, 0)
    old, new = ShortageTask.objects.order_by("pk")
    assert (old.state, new.state, new.missing) == (State.SETTLED, State.OPEN, 2)
    assert Message.objects.filter(body__contains="日期已过").count() == 1


def test_goods_arriving_meanwhile_void_the_shortage_question(short, desk, bought, variant):
    offer_all_options(short, desk)
    set_stock(actor=Actor.system(), sku=variant.sku, delta=1)
    allocate_stock_to_orders()
    assert (ShortageTask.objects.get().missing, reloaded(bought).shortage) == (1, True)
    with pytest.raises(GuardFailed) as refused:
        choose_as_customer(short, "refund", seen=2)
    assert refused.value.names == ["shortage_changed"]
    set_stock(actor=Actor.system(), sku=variant.sku, delta=1)
    allocate_stock_to_orders()
    assert (ShortageTask.objects.get().state, reloaded(bought).shortage) == (State.VOID, False)
    with pytest.raises(GuardFailed) as refused:
        choose_as_customer(short, "refund", seen=1)
    assert refused.value.names == ["shortage_answered"]
    assert (reloaded(bought).total, Refund.objects.count()) == (bought.total, 0)


def test_arriving_goods_go_to_the_order_that_paid_first(variant, stockroom, desk):
    orders = [make_order(status=Status.PAID, items=[ItemInput(variant.sku, 2)]) for _ in range(2)]
    for order in orders:
        report_missing(actor=stockroom, line_id=order.lines.get().pk, missing=2)
    set_stock(actor=Actor.system(), sku=variant.sku, delta=3)
    allocate_stock_to_orders()
    assert [missing_pieces(order) for order in orders] == [{}, {orders[1].lines.get().pk: 1}]


def test_an_option_can_be_chosen_only_once_and_not_replaced(short, desk, bought):
    offer_all_options(short, desk)
    choose_as_customer(short, "refund", seen=2)
    assert choose_as_customer(short, "refund", seen=2).state == State.SETTLED
    with pytest.raises(GuardFailed):
        choose_as_customer(short, "split", seen=2)
    assert (reloaded(bought).total, Refund.objects.count()) == (Decimal("797.00"), 1)


def test_an_option_no_longer_possible_is_refused_and_the_question_stays_open(short, desk, bought, blue):
    offer_all_options(short, desk)
    set_stock(actor=Actor.system(), sku=blue.sku, on_hand=1)
    with pytest.raises(GuardFailed) as refused:
        choose_as_customer(short, f"swap:{blue.sku}", seen=2)
    assert refused.value.names == ["option_gone"]
    assert (ShortageTask.objects.get().state, line_quantities(bought)[0][1]) == (State.OFFERED, 5)


def test_a_customer_cannot_choose_for_another_customers_shortage(short, desk):
    offer_all_options(short, desk)
    for stranger in (Actor.customer(CustomerFactory()), Actor.staff(StaffFactory(role="warehouse"))):
        with pytest.raises(NotAllowed):
            choose_option(actor=stranger, task_id=short.pk, key="refund", consent="听说的")


def test_sales_can_choose_for_a_customer_on_the_phone(short, desk, bought):
    with pytest.raises(GuardFailed) as refused:
        choose_option(actor=desk, task_id=short.pk, key="refund")
    assert refused.value.names == ["consent_required"]
    choose_option(actor=desk, task_id=short.pk, key="refund", consent="15:20 电话，不要了")
    assert reloaded(bought).total == Decimal("797.00")
    event = DomainEvent.objects.get(type="order.shortage_settled")
    assert event.data["consent"] == "15:20 电话，不要了"


def test_an_edit_that_removes_the_missing_pieces_closes_the_question(short, desk, bought, variant):
    edit_order(
        actor=desk, order_id=bought.pk, version=None, agreed=True,
        changes={"items": [{"sku": variant.sku, "quantity": 3}, {"sku": "TT-01", "quantity": 2}]},
    )  # fmt: skip
    assert (ShortageTask.objects.get().state, reloaded(bought).shortage) == (State.VOID, False)
    assert StockReservation.objects.get(line_id=short.line_id).quantity == 3


def test_the_minimum_quantity_does_not_apply_to_a_shortage(short, desk, bought, variant):
    Variant.objects.filter(pk=variant.pk).update(min_quantity=5)
    offer_all_options(short, desk)
    choose_as_customer(short, "refund")
    assert line_quantities(bought)[0] == (variant.sku, 3)


def test_a_warehouse_that_has_seen_the_order_is_alerted_to_the_choice(bought, stockroom, desk):
    move(bought, "picking", actor=stockroom)
    task = report_lack(bought, stockroom, 2)
    offer_all_options(task, desk)
    choose_as_customer(task, "refund")
    alert = bought.alerts.get(acknowledged_at=None)
    assert alert.kind == "items"
    acknowledge_alert(actor=stockroom, alert_id=alert.pk)
    assert move(bought, "shipped", actor=stockroom).status == Status.SHIPPED


def test_the_timeline_shows_the_chosen_shortage_option(short, desk, bought):
    offer_all_options(short, desk)
    choose_as_customer(short, "split")
    (shown,) = shortages_of(bought)
    assert (shown.chosen_text, shown.options) == ("有货的先发，缺的到货后补发", [])
