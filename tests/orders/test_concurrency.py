"""Real connections at once: what a lock is for can only be seen with somebody else at the door."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from orders.errors import InsufficientStock, OrderError
from orders.models import Order, Payment, StockMovement, Variant
from orders.selectors.items import ItemInput
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, VariantFactory, make_order, move

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 50


def at_once(calls: Iterable[Callable[[], object]]) -> list[object]:
    """Run every call on a thread and a database connection of its own, all released together."""
    calls = list(calls)
    barrier = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def result_types(results: Iterable[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_fifty_concurrent_buyers_of_the_last_piece_sell_it_once():
    variant = VariantFactory(on_hand=1)
    buyers = [CustomerFactory() for _ in range(BUYERS)]

    def buy(buyer):
        return lambda: make_order(customer=buyer, items=[ItemInput(variant.sku, 1)])

    assert result_types(at_once(buy(buyer) for buyer in buyers)) == {
        "Order": 1,
        InsufficientStock.__name__: 49,
    }
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved, Order.objects.count()) == (1, 1, 1)
    assert StockMovement.objects.filter(kind="reserved").count() == 1


def test_orders_placed_concurrently_have_distinct_numbers():
    variant = VariantFactory(on_hand=100)
    buyers = [CustomerFactory() for _ in range(20)]
    results = at_once(
        (lambda buyer=buyer: make_order(customer=buyer, items=[ItemInput(variant.sku, 1)]))
        for buyer in buyers
    )
    assert result_types(results) == {"Order": 20}
    assert len({order.number for order in results}) == 20


def test_the_same_external_id_sent_concurrently_places_one_order():
    variant, buyer = VariantFactory(on_hand=1), CustomerFactory()
    results = at_once(
        [lambda: make_order(customer=buyer, external_id="T-1", items=[ItemInput(variant.sku, 1)])] * 10
    )
    assert {getattr(order, "pk", order) for order in results} == {Order.objects.get().pk}


def test_orders_listing_the_same_goods_in_opposite_order_do_not_deadlock():
    one, two = VariantFactory(on_hand=1000), VariantFactory(on_hand=1000)
    there = [ItemInput(one.sku, 1), ItemInput(two.sku, 1)]
    buyers = [CustomerFactory() for _ in range(20)]
    results = at_once(
        (lambda buyer=buyer, items=items: make_order(customer=buyer, items=items))
        for buyer, items in zip(buyers, [there, there[::-1]] * 10, strict=True)
    )
    assert result_types(results) == {"Order": 20}
    assert set(Variant.objects.values_list("reserved", flat=True)) == {20}


def test_concurrent_cancelling_shipping_and_counting_does_not_deadlock():
    one, two = VariantFactory(on_hand=1000), VariantFactory(on_hand=1000)
    items = [ItemInput(one.sku, 1), ItemInput(two.sku, 1)]
    unpaid = [make_order(items=items) for _ in range(6)]
    picking = [make_order(status="picking", items=items[::-1]) for _ in range(6)]
    calls = [lambda order=order: move(order, "cancelled") for order in unpaid]
    calls += [lambda order=order: move(order, "shipped") for order in picking]
    calls += [lambda: set_stock(actor=Actor.system(), sku=two.sku, delta=1)] * 6
    assert result_types(at_once(calls)) == {"Order": 12, "Variant": 6}
    assert sorted(Variant.objects.values_list("on_hand", "reserved")) == [(994, 0), (1000, 0)]


def test_a_payment_recorded_ten_times_concurrently_is_booked_once():
    order = make_order()
    results = at_once([lambda: move(order, "paid", method="wechat", reference="W1")] * 10)
    assert result_types(results) == {"Order": 10}
    assert (Payment.objects.count(), Order.objects.get().version) == (1, 2)


def test_of_two_concurrent_transitions_one_wins_and_the_other_is_refused():
    for _ in range(5):
        order = make_order()
        results = at_once([lambda o=order: move(o, "paid"), lambda o=order: move(o, "cancelled")])
        assert sum(isinstance(result, OrderError) for result in results) == 1
        order.refresh_from_db()
        assert order.version == DomainEvent.objects.filter(order_id=order.pk).count() == 2
