"""Scans of a parcel: whatever order they come in, the parcel is where it is, and is told of once."""

import random
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from messaging.models import Message
from orders.errors import NotAllowed
from orders.models import Order, ParcelTask, Shipment, Status
from orders.policies.parcel_way import (
    REPORTED,
    Scan,
    in_true_order,
    moves_of,
    way_in_words,
    with_whole_state,
)
from orders.services.tracking import record_scans
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import make_order, move, parcel

SYSTEM = Actor.system()
START = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.get_fixed_timezone(480))
# One way, in its true order.
WAY = [
    Scan(START, "collected", "已揽收", "广东,广州市"),
    Scan(START + timedelta(hours=5), "in_transit", "广州转运中心 已发出", "广东,广州市"),
    Scan(START + timedelta(hours=20), "in_transit", "已到达杭州转运中心", "浙江,杭州市"),
    Scan(START + timedelta(hours=22), "out_for_delivery", "派件中"),
    Scan(START + timedelta(hours=26), "signed", "已签收"),
]


@pytest.fixture
def shipped(customer) -> Order:
    return make_order(status=Status.SHIPPED, customer=customer)


def scans(order: Order, *given: Scan) -> Shipment:
    return record_scans(actor=SYSTEM, shipment_id=order.shipments.get().pk, scans=given).parcel


def told(order: Order) -> list[str]:
    """The states that were published, in the order of the log."""
    rows = DomainEvent.objects.filter(order_id=order.pk, type="shipment.updated").order_by("pk")
    return [row.fact.state for row in rows if row.fact.state]


def lines(order: Order) -> list[str]:
    rows = Message.objects.filter(conversation=order.conversation, kind="event").order_by("seq")
    return [row.body for row in rows if row.data.get("event") == "shipment.updated"]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_scans_that_arrive_one_by_one_in_any_order_leave_the_parcel_and_the_order_in_the_same_state(
    shipped, seed
) -> None:
    way = [*WAY, *WAY[1:3]]
    random.Random(seed).shuffle(way)
    for scan in way:
        found = scans(shipped, scan)
    shipped.refresh_from_db()
    assert (found.state, found.signed_at, shipped.status) == ("signed", WAY[-1].at, Status.DELIVERED)
    assert [node.text for node in found.nodes.all()] == [scan.text for scan in reversed(WAY)]
    # What was told went forward in time.
    states = told(shipped)
    assert states[-1] == "signed"
    assert states == sorted(states, key=[scan.state for scan in WAY].index)


@pytest.mark.django_db
def test_a_whole_way_in_one_push_is_told_in_true_time_order_and_only_where_it_is_worth_a_message(
    shipped,
) -> None:
    scans(shipped, *reversed(WAY))
    assert told(shipped) == ["collected", "in_transit", "out_for_delivery", "signed"]
    assert lines(shipped) == ["已揽收", "派件中", "已签收"]


@pytest.mark.django_db
def test_the_same_push_again_changes_nothing(shipped) -> None:
    scans(shipped, *WAY)
    shipped.refresh_from_db()
    version = shipped.version
    assert scans(shipped, *WAY).nodes.count() == len(WAY)
    shipped.refresh_from_db()
    assert (shipped.version, told(shipped).count("signed")) == (version, 1)


@pytest.mark.django_db
def test_a_later_code_with_an_earlier_time_does_not_move_the_parcel_back(shipped) -> None:
    scans(shipped, WAY[3])
    late = Scan(START + timedelta(hours=21), "problem", "地址不详")
    assert scans(shipped, late, WAY[0]).state == "out_for_delivery"
    assert told(shipped) == ["out_for_delivery"]
    assert not ParcelTask.objects.exists()


@pytest.mark.django_db
def test_nothing_is_told_after_the_signature(shipped) -> None:
    scans(shipped, *WAY)
    shipped.refresh_from_db()
    before = (shipped.version, lines(shipped))
    after = scans(shipped, Scan(WAY[-1].at + timedelta(hours=2), "problem", "客户要求重派"))
    shipped.refresh_from_db()
    assert (after.state, shipped.version, lines(shipped)) == ("signed", *before)
    assert after.nodes.count() == len(WAY) + 1
    assert not ParcelTask.objects.exists()


@pytest.mark.django_db
def test_words_that_speak_of_a_signature_are_not_one(shipped) -> None:
    at = START + timedelta(hours=30)
    found = scans(shipped, Scan(at, "problem", "无法签收，客户要求改日签收"))
    shipped.refresh_from_db()
    assert (found.state, found.signed_at, shipped.status) == ("problem", None, Status.SHIPPED)


@pytest.mark.django_db
def test_an_order_is_delivered_once_the_last_of_its_parcels_is_signed_for(customer) -> None:
    order = make_order(customer=customer, via=["paid", "picking"])
    line = order.lines.get()
    for quantity in (1, line.quantity - 1):
        order = move(order, "shipped", **parcel(), lines=[{"line": line.pk, "quantity": quantity}])
    first, last = order.shipments.order_by("pk")
    record_scans(actor=SYSTEM, shipment_id=first.pk, scans=WAY)
    order.refresh_from_db()
    assert order.status == Status.SHIPPED
    record_scans(actor=SYSTEM, shipment_id=last.pk, scans=[WAY[-1]])
    order.refresh_from_db()
    assert order.status == Status.DELIVERED


@pytest.mark.django_db
def test_a_scan_of_a_parcel_that_was_sent_while_the_rest_is_packed_does_not_deliver_the_order(
    customer,
) -> None:
    order = make_order(customer=customer, via=["paid", "picking"])
    line = order.lines.get()
    order = move(order, "shipped", **parcel(), lines=[{"line": line.pk, "quantity": 1}])
    record_scans(actor=SYSTEM, shipment_id=order.shipments.get().pk, scans=WAY)
    order.refresh_from_db()
    assert order.status == Status.PICKING


@pytest.mark.django_db
def test_a_scan_from_the_future_is_kept_and_moves_nothing(shipped) -> None:
    wrong = Scan(timezone.now() + timedelta(days=400), "returning", "时钟不对")
    assert scans(shipped, wrong).state == "handed_over"
    assert scans(shipped, WAY[0]).state == "collected"


@pytest.mark.django_db
def test_the_same_scan_with_a_code_that_says_more_moves_the_parcel(shipped) -> None:
    scans(shipped, WAY[0], WAY[1])
    stuck = Scan(WAY[1].at, "problem", WAY[1].text)
    assert scans(shipped, stuck).state == "problem"
    assert ParcelTask.objects.get().kind == "problem"
    assert scans(shipped, WAY[1]).state == "problem"


@pytest.mark.django_db
def test_a_scan_without_words_has_those_of_its_state(shipped) -> None:
    assert scans(shipped, Scan(START, "collected")).nodes.get().text == "已揽收"


@pytest.mark.django_db
def test_sales_may_write_down_a_signature_and_the_customer_may_not(shipped, sales, customer) -> None:
    pk = shipped.shipments.get().pk
    with pytest.raises(NotAllowed):
        record_scans(actor=Actor.customer(customer), shipment_id=pk, scans=WAY)
    record_scans(actor=Actor.staff(sales), shipment_id=pk, scans=[WAY[-1]])
    shipped.refresh_from_db()
    assert shipped.status == Status.DELIVERED
    assert shipped.shipments.get().nodes.get().added_by == Actor.staff(sales).name


# --- the rule itself ---------------------------------------------------------------------------
moments = st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours))
some_scans = st.lists(
    st.builds(
        Scan, moments, st.sampled_from([str(state.value) for state in REPORTED]), st.sampled_from("甲乙")
    ),
    max_size=7,
    unique_by=lambda scan: (scan.at, scan.text),
)


def state_after(arrivals: list[list[Scan]]) -> str:
    """Where a parcel is once some pushes have come."""
    known: list[Scan] = []
    state = "handed_over"
    for fresh in arrivals:
        stored = [_Stored(scan.at, scan.state) for scan in known]
        steps = moves_of(stored, fresh, state)
        state = steps[-1].state if steps else state
        known += fresh
    return state


class _Stored:
    def __init__(self, scanned_at: datetime, state: str) -> None:
        self.scanned_at, self.state = scanned_at, state


@given(some_scans, st.randoms(use_true_random=False))
def test_where_a_parcel_is_does_not_depend_on_the_order_in_which_its_scans_arrive(way, chance) -> None:
    at_once = state_after([way])
    shuffled = [[scan] for scan in way]
    chance.shuffle(shuffled)
    assert state_after(shuffled) == at_once


def test_a_signature_at_the_end_of_the_first_leg_is_no_delivery() -> None:
    legs = [
        Scan(START, "collected", "已揽收"),
        Scan(START + timedelta(hours=9), "signed", "集货仓已签收"),
        Scan(START + timedelta(hours=20), "in_transit", "国际航班已起飞"),
    ]
    assert [scan.state for scan in with_whole_state(legs, "in_transit")] == [
        "collected",
        "in_transit",
        "in_transit",
    ]
    arrived = [*legs, Scan(START + timedelta(hours=90), "signed", "Delivered")]
    states = [scan.state for scan in with_whole_state(arrived, "signed")]
    assert states == ["collected", "in_transit", "in_transit", "signed"]


def test_a_remark_after_the_signature_does_not_take_it_away() -> None:
    way = [Scan(START, "signed", "已签收"), Scan(START + timedelta(minutes=3), "in_transit", "感谢使用")]
    assert [scan.state for scan in with_whole_state(way, "signed")] == ["signed", "in_transit"]


def test_what_the_whole_is_said_to_be_is_the_state_of_its_newest_scan() -> None:
    way = [Scan(START, "collected"), Scan(START + timedelta(hours=1), "in_transit")]
    assert [scan.state for scan in with_whole_state(way, "problem")] == ["collected", "problem"]
    assert with_whole_state([], "signed") == []


def test_scans_of_one_moment_are_ordered_by_how_far_they_are() -> None:
    same = [Scan(START, "signed"), Scan(START, "collected"), Scan(START, "in_transit")]
    assert [scan.state for scan in in_true_order(same)] == ["collected", "in_transit", "signed"]


def test_the_towns_of_a_way_are_named_once_in_a_row() -> None:
    places = ["河北,唐山市,曹妃甸区", "", "天津", "天津", "山东,济南市", "山东,济南市,历城区"]
    assert way_in_words(places) == ["唐山市", "天津", "济南市"]


@pytest.mark.django_db
@pytest.mark.parametrize(("to", "state"), [("delivered", "signed"), ("picking", "returned")])
def test_what_people_say_of_an_order_settles_what_was_to_be_seen_to_of_its_parcels(
    shipped: Order, to: str, state: str
) -> None:
    scans(shipped, WAY[0], Scan(START + timedelta(hours=21), "problem", "地址不详"))
    assert ParcelTask.objects.filter(settled_at=None).count() == 1
    move(shipped, to)
    assert shipped.shipments.get().state == state
    assert not ParcelTask.objects.filter(settled_at=None).exists()
