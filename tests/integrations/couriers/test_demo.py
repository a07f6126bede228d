"""The demo's courier moves parcels by itself, each step once, and leaves real services their parcels."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import Order, Shipment, Status
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.couriers.adapters.demo import PROBLEM_EVERY, way_of_parcel
from shopcomm.edge.integrations.couriers.models import TrackedParcel
from shopcomm.edge.integrations.couriers.services.demo import move_demo_parcels, open_demo_account

pytestmark = pytest.mark.django_db


def let_pass(minutes: float, start) -> None:
    """What the clock's sweep does every twenty seconds."""
    for step in range(int(minutes * 3) + 1):
        move_demo_parcels(start + timedelta(seconds=20 * step))


def test_a_parcel_that_leaves_moves_by_itself_until_it_is_signed_for(ship) -> None:
    start = timezone.now()
    open_demo_account(start)
    shipment = ship()
    relay()
    let_pass(12, start)
    shipment.refresh_from_db()
    assert (shipment.state, Order.objects.get(pk=shipment.order_id).status) == ("signed", Status.DELIVERED)
    assert shipment.nodes.count() == len(way_of_parcel(shipment.pk))
    let_pass(20, start + timedelta(hours=1))
    assert shipment.nodes.count() == len(way_of_parcel(shipment.pk))


def test_parcels_of_the_past_move_one_after_the_other(ship) -> None:
    numbers = ["YT8812345678901", "YT8812345678902", "YT8812345678903"]
    for number in numbers:
        ship(number=number)
    start = timezone.now()
    account = open_demo_account(start)
    assert open_demo_account(start) == account
    assert move_demo_parcels(start) == 0
    assert move_demo_parcels(start + timedelta(minutes=3, seconds=1)) == 1
    assert Shipment.objects.exclude(state="handed_over").count() == 1


def test_one_parcel_in_seven_has_trouble_on_its_way() -> None:
    troubled = [
        number for number in range(1, 22) if any(step.state == "problem" for step in way_of_parcel(number))
    ]
    assert troubled == [PROBLEM_EVERY, 2 * PROBLEM_EVERY, 3 * PROBLEM_EVERY]
    assert all(way_of_parcel(number)[-1].state == "signed" for number in range(1, 22))


def test_a_real_service_goes_before_the_demos(kuaidi100, ship) -> None:
    open_demo_account(timezone.now())
    ship()
    relay()
    assert TrackedParcel.objects.get().account == kuaidi100
