"""What is told of a parcel: 揽收, 派件, 签收 and exceptions, to whom it concerns, and nobody at night."""

import pytest

from messaging.models import Notification
from orders.models import Order
from orders.policies.parcel_way import Scan
from orders.services.tracking import record_scans
from orders.tasks.sweeps import sweep_parcels
from shopcomm.core.accounts.actors import Actor
from tests.factories import make_order
from tests.messaging.notifications.conftest import at, pay, ship

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def sent(clock, customer, sales, pass_on) -> Order:
    """An order of one of the sales staff whose parcel has left."""
    order = make_order(customer=customer, assigned_to=sales)
    pay(order)
    ship(order)
    pass_on()
    return order


def scan(order: Order, moment: str, state: str, text: str) -> None:
    record_scans(actor=SYSTEM, shipment_id=order.shipments.get().pk, scans=[Scan(at(moment), state, text)])


def staff_notices() -> list[tuple[str, str]]:
    rows = Notification.objects.filter(trigger="parcel_alert", recipient_kind="staff").order_by("pk")
    return [(row.state, row.reason) for row in rows]


def test_transport_between_towns_is_told_to_nobody(sent, pass_on, told) -> None:
    for minute, (state, text) in enumerate(
        [
            ("collected", "已揽收"),
            ("in_transit", "已发出"),
            ("in_transit", "已到杭州"),
            ("out_for_delivery", "派件中"),
        ]
    ):
        scan(sent, f"2026-11-24 10:{minute:02}", state, text)
        pass_on()
    bodies = [body for body in told(sent, bodies=True) if "物流更新" in body]
    assert [("已揽收" in body, "派件中" in body) for body in bodies] == [(True, False), (False, True)]
    assert staff_notices() == []


@pytest.mark.parametrize("state", ["problem", "refused", "returning"])
def test_an_exception_is_told_to_the_customer_and_to_their_salesperson(sent, pass_on, told, state) -> None:
    scan(sent, "2026-11-24 10:05", state, "电话无人接听")
    pass_on()
    assert told(sent)[-1] == "tracking"
    assert staff_notices() == [("sent", "at_once")]
    assert "电话无人接听" in Notification.objects.get(trigger="parcel_alert").body


def test_an_exception_at_night_waits_for_the_morning_and_is_dropped_when_it_is_over_by_then(
    sent, clock, pass_on, told
) -> None:
    clock.move_to(at("2026-11-25 02:00"))
    scan(sent, "2026-11-25 01:58", "problem", "网点停电")
    pass_on()
    assert "tracking" not in told(sent)
    assert staff_notices() == [("waiting", "outside_hours")]
    scan(sent, "2026-11-25 06:00", "out_for_delivery", "派件中")
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    assert staff_notices() == [("dropped", "taken_back")]
    assert [body for body in told(sent, bodies=True) if "网点停电" in body] == []


def test_silence_is_told_to_sales_and_to_the_customer_where_a_rule_says_so(
    sent, clock, pass_on, told, rule
) -> None:
    scan(sent, "2026-11-24 10:05", "collected", "已揽收")
    clock.move_to(at("2026-11-26 11:00"))
    assert sweep_parcels() == 1
    pass_on()
    assert staff_notices() == [("sent", "at_once")]
    before = len(told(sent))
    rule("parcel_alert", audience="customer")
    scan(sent, "2026-11-26 11:05", "in_transit", "已发出")
    clock.move_to(at("2026-11-28 12:00"))
    assert sweep_parcels() == 1
    pass_on()
    assert told(sent)[before:] == ["parcel_alert"]


def test_nothing_is_told_after_the_signature(sent, pass_on, told) -> None:
    scan(sent, "2026-11-24 10:05", "signed", "已签收")
    pass_on()
    before = told(sent)
    scan(sent, "2026-11-24 11:05", "returning", "退回")
    pass_on()
    assert told(sent) == before
    assert staff_notices() == []
