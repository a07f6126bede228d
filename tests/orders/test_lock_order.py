"""Every service takes its locks in one order: crossed on purpose, nothing waits in a circle and nothing is refused oddly."""

import contextlib
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from messaging.models import Conversation
from orders.errors import OrderError
from orders.models import AfterSalesCase, Order, OrderLine, Status, StockMovement, Variant
from orders.selectors.items import ItemInput
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case, withdraw_case
from orders.services.change_requests.consent import edit_or_request_consent
from orders.services.change_requests.request import accept_change, request_change
from orders.services.imports import import_orders
from orders.services.locks import lock_conversations, lock_variants
from orders.services.shortages import allocate_stock_to_shortage, report_missing
from orders.services.stock import set_stock
from orders.services.warehouse import tick_line
from orders.tasks import sweeps
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import TRIES, DatabaseBusy, retry_on_deadlock
from tests.deadlocks import in_the_way
from tests.factories import StaffFactory, VariantFactory, integration, make_order, move
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = integration()
UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROUNDS = 12


def deadlocks() -> int:
    """How many transactions of this database PostgreSQL has ended for another's sake."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


@pytest.fixture
def never_in_a_circle() -> Iterator[None]:
    """The retry would hide a deadlock; PostgreSQL counts it all the same."""
    before = deadlocks()
    yield
    assert deadlocks() == before


def unexpected_results(results: list[object]) -> list[object]:
    """What is neither done nor refused in words."""
    return [each for each in results if isinstance(each, Exception) and not isinstance(each, OrderError)]


def check_stock() -> None:
    for variant in Variant.objects.all():
        held = sum(row.quantity for row in variant.reservations.all())
        moved = list(variant.movements.values_list("on_hand_delta", "reserved_delta"))
        assert (variant.on_hand, variant.reserved) == tuple(map(sum, zip(*moved, strict=True)))
        assert held == variant.reserved <= variant.on_hand


def test_restocking_a_refund_while_new_orders_reserve_stock_does_not_deadlock(never_in_a_circle):
    """A part of the order has left: its restock and its release touch several variants, in whatever order they lie."""
    for turn in range(ROUNDS):
        goods = [VariantFactory(on_hand=100) for _ in range(4)]
        one, two, three, four = goods if turn % 2 else goods[::-1]
        items = [ItemInput(each.sku, 2) for each in (four, two, one, three)]
        orders = [make_order(status=Status.PICKING, items=items) for _ in range(2)]
        for order in orders:
            move(
                order, "shipped", lines=[{"sku": four.sku, "quantity": 1}, {"sku": three.sku, "quantity": 2}]
            )
            move(order, "refunding")
        calls: list[Callable[[], object]] = [
            lambda order=order: move(order, "refunded", restock=True) for order in orders
        ]
        calls += [
            lambda items=items: make_order(items=items),
            lambda items=items: make_order(items=items[::-1]),
        ]
        assert unexpected_results(at_once(calls)) == []
    check_stock()
    assert set(Order.objects.filter(refunded_amount__gt=0).values_list("status", flat=True)) == {"refunded"}


def test_an_imported_return_and_a_case_of_the_same_order_do_not_deadlock(tmp_path, never_in_a_circle):
    sales, backs = [], []
    for turn in range(ROUNDS):
        for sku in ("22661", "22662"):
            sales.append(f"{536370 + turn},{sku},BAG,20,2010-12-01 08:45:00,0.85,{12583 + turn}.0,France")
            backs.append(f"C{536370 + turn},{sku},BAG,-5,2010-12-09 10:00:00,0.85,{12583 + turn}.0,France")
    _take(tmp_path, "sales", sales)
    cases = []
    for order in Order.objects.order_by("pk"):
        lines = [CaseLine(pk, 1) for pk in order.lines.order_by("-pk").values_list("pk", flat=True)]
        wanted = CaseInput("refund", "damaged", lines)
        cases.append(
            lambda order=order, wanted=wanted: open_case(actor=SHOP, order_id=order.pk, wanted=wanted)
        )
    results = at_once([lambda: _take(tmp_path, "backs", backs), *cases])
    assert unexpected_results(results) == []
    assert results[0].return_lines == 2 * ROUNDS
    assert AfterSalesCase.objects.count() == ROUNDS
    assert set(OrderLine.objects.values_list("returned_quantity", flat=True)) == {5}


def _take(folder, name: str, lines: list[str]):
    path = folder / f"{name}.csv"
    path.write_text("\n".join([UCI, *lines]) + "\n")
    return import_orders(path, actor=Actor.system("导入"))


def test_all_stock_operations_at_once_on_three_orders_do_not_deadlock(never_in_a_circle, as_actor):
    """Picking, shipping, changing, counting, reporting, filling, cancelling and refunding at once, in opposite orders."""
    desk, picker = as_actor("manager"), as_actor("warehouse")
    for turn in range(4):
        goods = [VariantFactory(on_hand=60) for _ in range(3)]
        items = [ItemInput(each.sku, 3) for each in goods]
        one, two, three = (
            make_order(status=Status.PICKING, items=list(islice(cycle(items), turn + at, turn + at + 3)))
            for at in range(3)
        )
        unpaid = make_order(items=items[::-1])
        wish = request_change(
            actor=Actor.customer(one.customer), order_id=one.pk, kind="items",
            data={"items": [{"sku": each.sku, "quantity": 2} for each in goods[::-1]]},
        )  # fmt: skip
        ticked, missed = one.lines.first().pk, two.lines.last().pk
        move(three, "refunding")
        results = at_once(
            [
                lambda pk=wish.pk: accept_change(actor=picker, request_id=pk),
                lambda pk=ticked: tick_line(actor=picker, line_id=pk, picked=1),
                lambda pk=missed: report_missing(actor=picker, line_id=pk, missing=1),
                lambda order=two: move(order, "shipped"),
                lambda order=two: allocate_stock_to_shortage(order_id=order.pk),
                lambda order=three: move(order, "refunded", restock=True),
                lambda order=unpaid: move(order, "cancelled"),
                lambda goods=goods: set_stock(actor=desk, sku=goods[0].sku, on_hand=5),
                lambda goods=goods: set_stock(actor=desk, sku=goods[2].sku, on_hand=4),
            ]
        )
        assert unexpected_results(results) == []
    check_stock()


def test_restocked_goods_are_allocated_in_one_transaction_per_order(monkeypatch):
    """While one order is looked at, nothing of the one before is kept from anybody."""
    bag = VariantFactory(on_hand=4)
    first, second = (make_order(status=Status.PAID, items=[ItemInput(bag.sku, 2)]) for _ in range(2))
    picker, works, free = Actor.staff(StaffFactory(role="warehouse")), sweeps.allocate_stock_to_shortage, []
    for order in (first, second):
        report_missing(actor=picker, line_id=order.lines.get().pk, missing=2)
    set_stock(actor=integration(), sku=bag.sku, delta=4)

    def fill(*, order_id: int) -> bool:
        if order_id == second.pk:
            free.extend(at_once([lambda: _take_now(first)]))
        return works(order_id=order_id)

    monkeypatch.setattr(sweeps, "allocate_stock_to_shortage", fill)
    assert sweeps.allocate_stock_to_orders() == 2

    assert free == [first.pk]
    assert list(Order.objects.order_by("pk").values_list("shortage", flat=True)) == [False, False]


def _take_now(order: Order) -> int:
    """The order, its goods and its conversation, or an error where somebody has one of them."""
    with transaction.atomic():
        for rows in (
            Order.objects.filter(pk=order.pk),
            Variant.objects.filter(order_lines__order=order),
            Conversation.objects.filter(order=order),
        ):
            list(rows.select_for_update(of=("self",), nowait=True))
    return order.pk


def _talk(order: Order) -> None:
    lock_conversations([order.pk])


def test_cancelling_an_exchange_while_messages_are_written_does_not_deadlock(caplog):
    """Many messages are stored in one statement, which takes their conversations by key."""
    bag = VariantFactory(on_hand=9)
    first = make_order(status=Status.DELIVERED, items=[ItemInput(bag.sku, 2)])
    wanted = [CaseLine(first.lines.get().pk, 1, VariantFactory(product=bag.product, price=bag.price).sku)]
    case = open_case(actor=SHOP, order_id=first.pk, wanted=CaseInput("exchange", "damaged", wanted))
    other = approve_case(actor=SHOP, case_id=case.pk).replacement
    with in_the_way(kept=lambda: _talk(first), wanted=lambda: _talk(other), times=1) as writer:
        withdraw_case(actor=Actor.customer(first.customer), case_id=case.pk)
    assert (writer.crossed, caplog.messages) == (1, [])
    assert Order.objects.get(pk=other.pk).status == Status.REFUNDED


def test_an_edit_checks_its_consent_request_before_it_posts_to_the_conversation(caplog, as_actor):
    """Somebody who accepts a quote in the order's conversation has its stock, and tells of it there."""
    order, bag = make_order(status=Status.PAID), VariantFactory(on_hand=9)
    changes = {"note": "周五要", "items": [ItemInput(order.lines.get().sku, 2), ItemInput(bag.sku, 1)]}
    with in_the_way(kept=lambda: _hold(bag.pk), wanted=lambda: _talk(order), times=1) as buyer:
        _order, asked = edit_or_request_consent(
            actor=as_actor("manager"), order_id=order.pk, version=None, changes=changes
        )
    assert (buyer.crossed, caplog.messages, asked.state) == (1, [], "open")


def test_stock_rows_are_locked_by_primary_key_in_any_requested_order(django_assert_num_queries):
    keys = [VariantFactory(on_hand=0).pk for _ in range(3)]
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        assert list(lock_variants([keys[2], keys[0], keys[1]])) == keys
    assert asked[0]["sql"].endswith('ORDER BY "orders_variant"."id" ASC FOR NO KEY UPDATE')


def _hold(pk: int) -> None:
    Variant.objects.select_for_update(no_key=True).get(pk=pk)


class Crossing:
    """A service that takes two stock rows the wrong way round, and waits until another one holds the second."""

    def __init__(self) -> None:
        self.barrier, self.begun = Barrier(2), 0

    def cross(self, first: int, second: int) -> str:
        with transaction.atomic():
            self.begun += 1
            StockMovement.objects.create(variant_id=first, kind="counted", actor_name="交叉")
            _hold(first)
            with contextlib.suppress(BrokenBarrierError):
                self.barrier.wait(0.5 if self.begun > 2 else 20)
            _hold(second)
        return "done"


def test_a_deadlocked_service_is_retried_and_takes_effect_once():
    one, two = VariantFactory(on_hand=0).pk, VariantFactory(on_hand=0).pk
    crossing = Crossing()
    cross = retry_on_deadlock(crossing.cross)
    assert at_once([lambda: cross(one, two), lambda: cross(two, one)]) == ["done", "done"]
    assert (crossing.begun, StockMovement.objects.count()) == (3, 2)


def test_without_the_retry_a_deadlock_loses_one_of_the_two():
    one, two = VariantFactory(on_hand=0).pk, VariantFactory(on_hand=0).pk
    cross = Crossing().cross
    results = at_once([lambda: cross(one, two), lambda: cross(two, one)])
    assert sum(isinstance(each, OperationalError) for each in results) == 1


def test_a_deadlock_inside_an_outer_transaction_is_raised_to_its_owner():
    tried = []

    def ended() -> None:
        tried.append(1)
        raise OperationalError from DeadlockDetected()

    with pytest.raises(OperationalError), transaction.atomic():
        retry_on_deadlock(ended)()
    assert len(tried) == 1
    with pytest.raises(DatabaseBusy):
        retry_on_deadlock(ended)()
    assert len(tried) == 1 + TRIES
