"""盘点: what somebody counted is a fact. What it cannot keep of the promises is a shortage, and it says whose."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from messaging.models import Message
from orders.models import Order, ShortageTask, StockMovement, Variant
from orders.selectors.items import ItemInput
from orders.selectors.shortages import all_options, missing_pieces
from orders.services import stock
from orders.services.locks import lock_orders
from orders.services.shortages import choose_option
from orders.services.stock import set_stock
from orders.tasks.sweeps import sweep_shortages
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, VariantFactory, make_order, move

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()
MORNING = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture
def bag() -> Variant:
    """Twelve pieces, all of them promised: to two who paid and to two who have not yet, three each."""
    return VariantFactory(sku="BAG-1", on_hand=12)


@pytest.fixture
def promised(bag) -> dict[str, Order]:
    """The four orders by name, placed and paid one hour after another; who placed first paid last."""
    orders = {}
    for hour, name in enumerate(("first paid", "last paid", "old unpaid", "new unpaid")):
        with time_machine.travel(MORNING + timedelta(hours=hour)):
            orders[name] = make_order(customer=CustomerFactory(name=name), items=[ItemInput(bag.sku, 3)])
    for hour, name in enumerate(("first paid", "last paid")):
        with time_machine.travel(MORNING + timedelta(hours=10 + hour)):
            move(orders[name], "paid")
    return orders


def missing_by_order(orders: dict[str, Order]) -> dict[str, int]:
    return {name: sum(missing_pieces(order).values()) for name, order in orders.items()}


@pytest.mark.parametrize(
    ("there", "who_lacks"),
    [
        (12, {}),
        (10, {"new unpaid": 2}),
        (8, {"new unpaid": 3, "old unpaid": 1}),
        (5, {"new unpaid": 3, "old unpaid": 3, "last paid": 1}),
        (1, {"new unpaid": 3, "old unpaid": 3, "last paid": 3, "first paid": 2}),
        (0, {"new unpaid": 3, "old unpaid": 3, "last paid": 3, "first paid": 3}),
    ],
)
def test_a_count_takes_pieces_from_the_newest_unpaid_then_the_newest_paid_orders(
    bag, promised, there, who_lacks
):
    counted = set_stock(actor=SYSTEM, sku=bag.sku, on_hand=there, reason="年终盘点")

    assert {name: count for name, count in missing_by_order(promised).items() if count} == who_lacks
    assert {row.order.customer.name: row.pieces for row in counted.broken_promises} == who_lacks
    assert {task.order.customer.name: task.missing for task in ShortageTask.objects.all()} == who_lacks
    assert set(Order.objects.filter(shortage=True).values_list("customer__name", flat=True)) == set(who_lacks)
    bag.refresh_from_db()
    assert (bag.on_hand, bag.reserved) == (there, there)


def test_a_count_blocks_only_the_orders_that_go_short(bag, promised, monkeypatch):
    held_up = []

    def lock(ids):
        orders = lock_orders(ids)
        held_up.extend(orders)
        return orders

    monkeypatch.setattr(stock, "lock_orders", lock)
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=8)

    assert sorted(held_up) == sorted(promised[name].pk for name in ("old unpaid", "new unpaid"))


def test_a_write_off_makes_orders_go_short_as_a_count_does(bag, promised):
    set_stock(actor=SYSTEM, sku=bag.sku, delta=-4, reason="水渍")
    assert missing_by_order(promised) == {"first paid": 0, "last paid": 0, "old unpaid": 1, "new unpaid": 3}


def test_stock_movements_record_released_reservations_and_their_reason(bag, promised, manager):
    set_stock(actor=Actor.staff(manager), sku=bag.sku, on_hand=8, reason="年终盘点")
    rows = StockMovement.objects.order_by("-id")[:3]
    assert [(row.kind, row.on_hand_delta, row.reserved_delta, row.reason) for row in reversed(rows)] == [
        ("counted", -4, 0, "年终盘点"),
        ("released", 0, -3, "年终盘点"),
        ("released", 0, -1, "年终盘点"),
    ]
    assert [row.order for row in rows[:2]] == [promised["old unpaid"], promised["new unpaid"]]


def test_a_count_posts_an_internal_line_that_the_customer_does_not_see(bag, promised):
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=10)
    line = Message.objects.get(body__startswith="缺货")
    assert (line.conversation.order, line.internal) == (promised["new unpaid"], True)
    events = DomainEvent.objects.filter(type="order.shortage")
    assert [event.order_id for event in events] == [promised["new unpaid"].pk]


def test_repeating_a_count_creates_no_second_shortage_task(bag, promised):
    for _ in range(2):
        set_stock(actor=SYSTEM, sku=bag.sku, on_hand=10)
    assert ShortageTask.objects.count() == 1
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=9)
    assert [task.missing for task in ShortageTask.objects.all()] == [3]


def test_pieces_found_by_a_later_count_go_to_the_order_that_paid_first(bag, promised):
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=0)
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=7)
    sweep_shortages()
    assert missing_by_order(promised) == {"first paid": 0, "last paid": 0, "old unpaid": 2, "new unpaid": 3}


def test_an_unpaid_customer_may_drop_the_missing_pieces_and_owes_less(bag, promised, sales):
    order = promised["new unpaid"]
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=10)
    task = ShortageTask.objects.get()
    assert next(option.back for option in all_options(task) if option.key == "refund") == 0
    choose_option(actor=Actor.staff(sales), task_id=task.pk, key="refund", consent="微信：先要 1 个")
    order.refresh_from_db()
    assert (order.status, order.total, order.shortage) == ("pending_payment", 199, False)


def test_an_unpaid_order_left_with_nothing_is_cancelled_without_a_refund(bag, promised, sales):
    order = promised["new unpaid"]
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=9)
    task = ShortageTask.objects.get()
    choose_option(actor=Actor.staff(sales), task_id=task.pk, key="refund", consent="不要了")
    order.refresh_from_db()
    assert (order.status, order.refunds.count()) == ("cancelled", 0)


def test_a_short_unpaid_order_may_be_paid_and_keeps_its_task(bag, promised):
    order = promised["new unpaid"]
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=10)
    move(order, "paid")
    order.refresh_from_db()
    assert (order.status, order.shortage, ShortageTask.objects.get().missing) == ("paid", True, 2)


def test_a_count_over_the_api_returns_the_orders_that_go_short(api, bag, promised):
    answer = api.patch(f"/api/v1/products/{bag.sku}/stock/", {"on_hand": 8}, content_type="application/json")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["on_hand"], body["reserved"], body["available"]) == (8, 8, 0)
    new, old = promised["new unpaid"], promised["old unpaid"]
    assert body["shortages"] == [
        {"order": new.number, "status": "pending_payment", "missing": 3},
        {"order": old.number, "status": "pending_payment", "missing": 1},
    ]
