"""A change and a parcel at the same moment, a thousand times, on real connections: never a stale label."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from django.db import connection

from orders.errors import ChangePending, StaleVersion
from orders.models import ChangeRequest, Order, OrderLine, Shipment, ShipmentLine, Status
from orders.services.change_requests.request import accept_change, request_change
from orders.services.orders import ItemInput
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from tests.factories import StaffFactory, VariantFactory, make_order, parcel

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(500),
    pytest.mark.longest,
]
RACES = 1000
State = ChangeRequest.State


def together(pool: ThreadPoolExecutor, head_start: int, *works: Callable[[], object]) -> None:
    """Both at once; one of them is kept busy for so many queries first, the second for a positive number."""
    barrier = Barrier(len(works))

    def run(place: int, work: Callable[[], object]) -> None:
        barrier.wait(20)
        for _ in range(max(head_start if place else -head_start, 0)):
            Order.objects.exists()
        work()

    for job in [pool.submit(run, place, work) for place, work in enumerate(works)]:
        job.result(30)


def back_in_hand(order: Order) -> None:
    """The order is with its picker again, as if nothing had happened; its stock row counts on."""
    ChangeRequest.objects.filter(order=order).delete()
    ShipmentLine.objects.filter(shipment__order=order).delete()
    Shipment.objects.filter(order=order).delete()
    OrderLine.objects.filter(order=order).update(shipped_quantity=0)
    Order.objects.filter(pk=order.pk).update(status=Status.PICKING, street=order.street, shipped_at=None)


def has_left(order: Order, street: str) -> bool:
    """Whether the parcel is gone; then its label says what the order says, else the change was made."""
    now, request = Order.objects.get(pk=order.pk), ChangeRequest.objects.get(order=order)
    if now.status == Status.SHIPPED:
        assert now.address in now.shipments.get().label_address
        assert (now.street == street) == (request.state == State.ACCEPTED)
        return True
    assert not now.shipments.exists()
    assert (now.street, request.state) == (street, State.ACCEPTED)
    return False


def test_a_change_committed_before_shipping_is_seen_or_blocks_the_parcel() -> None:
    order = make_order(status=Status.PICKING, items=[ItemInput(VariantFactory(on_hand=5000).sku, 1)])
    stockroom, customer = Actor.staff(StaffFactory(role="warehouse")), Actor.customer(order.customer)
    dice, left = random.Random(5), 0

    def change(street: str) -> None:
        asked = request_change(actor=customer, order_id=order.pk, kind="address", data={"street": street})
        if asked.handler == "warehouse":
            accept_change(actor=stockroom, request_id=asked.pk)

    def ship(version: int) -> None:
        with suppress(ChangePending, StaleVersion):
            transition_order(actor=stockroom, order_id=order.pk, to="shipped", version=version, data=parcel())

    with ThreadPoolExecutor(2, initializer=connection.ensure_connection) as pool:
        for race in range(RACES):
            street = f"文一西路 {race} 号"
            version = Order.objects.values_list("version", flat=True).get(pk=order.pk)
            together(pool, dice.randint(-6, 10), lambda s=street: change(s), lambda v=version: ship(v))
            left += has_left(order, street)
            back_in_hand(order)
        done = Barrier(2)
        for job in [pool.submit(lambda: (done.wait(20), connection.close())) for _ in range(2)]:
            job.result(30)
    assert RACES // 20 < left < RACES - RACES // 20
