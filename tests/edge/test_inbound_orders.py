"""Orders that another system pushes: signed, stored, applied once, whatever order they come in."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Message
from orders.models import Order, Status
from orders.services.transitions import transition_order
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.purging import purge_by_age
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services import order_parts
from shopcomm.edge.integrations.services.connections import map_statuses
from shopcomm.edge.integrations.services.receiving import (
    dismiss_record,
    edit_record,
    retry_record,
    store_record,
)
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.factories import VariantFactory, integration, make_order, parcel
from tests.outside_orders import outside_order, part_of

pytestmark = pytest.mark.django_db
State = InboundRecord.State


@pytest.fixture
def source() -> Connection:
    return webhook_source()


@pytest.fixture
def sku() -> str:
    return VariantFactory(on_hand=1000).sku


def receive(source: Connection, *bodies: dict[str, Any]) -> list[InboundRecord]:
    """Store them and have the worker apply them."""
    records = [store_record(connection=source, message_id=uuid.uuid4().hex, body=body)[0] for body in bodies]
    apply_inbound()
    for each in records:
        each.refresh_from_db()
    return records


# --- late, repeated, out of order -----------------------------------------------------------------
STORY = ("pending_payment", "paid", "picking")


@given(
    arrival=st.permutations([0, 1, 2]).flatmap(
        lambda first: st.permutations([0, 1, 2]).map(lambda second: [*first, *second])
    )
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shuffled_and_repeated_events_end_where_the_newest_one_is(arrival: list[int]) -> None:
    source, sku = webhook_source(), VariantFactory(on_hand=10).sku
    number = uuid.uuid4().hex
    story = [
        outside_order(sku, status, minute=minute, external_id=number) for minute, status in enumerate(STORY)
    ]
    receive(source, *(story[place] for place in arrival))
    order = Order.objects.get(external_id=number)
    assert order.status == Status.PICKING
    assert order.payments.count() == 1
    moves = DomainEvent.objects.filter(order_id=order.pk, type__in=["order.paid", "order.picking"])
    assert sorted(moves.values_list("type", flat=True)) == ["order.paid", "order.picking"]


def test_an_older_event_that_comes_late_still_tells_what_nobody_has_told_since(
    source: Connection, sku: str
) -> None:
    whole = outside_order(sku)
    note = part_of(outside_order(sku, minute=5, note="要发票"), "note")
    paid = part_of(outside_order(sku, "paid", minute=9), "status")
    receive(source, whole, paid, note)
    order = Order.objects.get()
    assert (order.status, order.note) == (Status.PAID, "要发票")


def test_a_newer_address_is_not_replaced_by_an_older_one(source: Connection, sku: str) -> None:
    whole = outside_order(sku)
    older, newer = (
        part_of(outside_order(sku, minute=minute, address=whole["address"] | {"street": street}), "address")
        for minute, street in ((3, "旧地址 1 号"), (7, "新地址 2 号"))
    )
    *_taken, late = receive(source, whole, newer, older)
    assert Order.objects.get().street == "新地址 2 号"
    assert late.state == State.UNCHANGED


def test_a_version_decides_whatever_the_clocks_say(source: Connection, sku: str) -> None:
    first = outside_order(sku, "picking", minute=0, version=8)
    late = outside_order(sku, "paid", minute=30, version=7)
    receive(source, first, late)
    assert Order.objects.get().status == Status.PICKING


def test_a_part_of_an_order_that_is_not_known_yet_waits_for_the_rest(source: Connection, sku: str) -> None:
    paid = part_of(outside_order(sku, "paid", minute=4), "status")
    (early,) = receive(source, paid)
    assert (early.state, early.reason) == (State.PARKED, "order_unknown")
    receive(source, outside_order(sku))
    apply_inbound()
    early.refresh_from_db()
    assert (early.state, Order.objects.get().status) == (State.APPLIED, Status.PAID)


def test_an_order_that_came_by_the_api_is_found_by_its_number(source: Connection, sku: str) -> None:
    known = make_order(external_id="EXT-1")
    receive(source, part_of(outside_order(sku, "paid"), "status"))
    assert Order.objects.get().pk == known.pk
    assert Order.objects.get().status == Status.PAID


def test_numbers_beyond_what_a_browser_can_count_are_kept_as_text(source: Connection, sku: str) -> None:
    (record,) = receive(source, outside_order(sku, external_id=3705115058471208928))
    assert record.external_id == "3705115058471208928"
    assert Order.objects.get().external_id == "3705115058471208928"


def test_two_long_numbers_of_a_named_source_stay_two_orders(sku: str) -> None:
    source, beginning = webhook_source("a source with a rather long name of its own"), "9" * 60
    receive(source, *(outside_order(sku, external_id=f"{beginning}{end}") for end in ("1", "2")))
    assert Order.objects.count() == 2
    assert all(len(order.external_id or "") <= 64 for order in Order.objects.all())


def test_an_envelope_of_standard_webhooks_is_opened(source: Connection, sku: str) -> None:
    inside = outside_order(sku, "paid")
    moment = inside.pop("occurred_at")
    receive(source, {"type": "order.paid", "timestamp": moment, "data": inside})
    assert Order.objects.get().status == Status.PAID


# --- what follows ---------------------------------------------------------------------------------
def test_an_order_goes_all_the_way_with_its_parcel(source: Connection, sku: str) -> None:
    shipments = [{"carrier": "shunfeng", "tracking_number": "SF1234567890"}]
    receive(source, outside_order(sku, "shipped", shipments=shipments))
    order = Order.objects.get()
    assert (order.status, order.shipments.get().tracking_number) == (Status.SHIPPED, "SF1234567890")
    receive(source, part_of(outside_order(sku, "completed", minute=9), "status"))
    order.refresh_from_db()
    assert order.status == Status.COMPLETED


def test_a_payment_is_booked_as_it_was_told(source: Connection, sku: str) -> None:
    payment = {"method": "wechat", "reference": "4200001"}
    receive(source, outside_order(sku, "paid", payment=payment))
    paid = Order.objects.get().payments.get()
    assert (paid.method, paid.reference) == ("wechat", "4200001")


def test_changed_goods_are_asked_for_as_any_change_is(source: Connection, sku: str) -> None:
    receive(source, outside_order(sku))
    receive(source, outside_order(sku, minute=5, items=[{"sku": sku, "quantity": 5}]))
    assert Order.objects.get().lines.get().quantity == 5


def test_the_same_content_told_again_later_asks_for_no_change(source: Connection, sku: str) -> None:
    receive(source, outside_order(sku, "paid"))
    version = Order.objects.get().version
    receive(source, outside_order(sku, "paid", minute=5))
    order = Order.objects.get()
    assert (order.version, order.change_requests.count()) == (version, 0)


def test_what_was_refused_and_is_said_again_with_what_was_missing_is_applied(
    source: Connection, sku: str
) -> None:
    receive(source, outside_order(sku, "paid"))
    (refused,) = receive(source, part_of(outside_order(sku, "shipped", minute=5), "status"))
    shipments = [{"carrier": "shunfeng", "tracking_number": "SF1234567892"}]
    (again,) = receive(source, outside_order(sku, "shipped", minute=9, shipments=shipments))
    assert (refused.state, again.state) == (State.CONFLICT, State.APPLIED)
    assert Order.objects.get().status == Status.SHIPPED


# --- conflicts and what cannot be read ------------------------------------------------------------
def test_a_status_that_the_order_does_not_allow_is_a_conflict_beside_the_order(
    source: Connection, sku: str
) -> None:
    receive(source, outside_order(sku, "paid"))
    (record,) = receive(source, part_of(outside_order(sku, "shipped", minute=5), "status"))
    order = Order.objects.get()
    assert (record.state, record.order_id) == (State.CONFLICT, order.pk)
    # What could be done is done, and nothing was forced.
    assert order.status == Status.PICKING
    line = Message.objects.filter(conversation__order=order, kind="event").latest("seq")
    assert line.internal
    assert "default 那边的订单是“已发货”" in line.body


def test_a_conflict_that_a_person_has_made_room_for_is_applied_when_tried_again(
    source: Connection, sku: str
) -> None:
    receive(source, outside_order(sku, "paid"))
    (record,) = receive(source, part_of(outside_order(sku, "shipped", minute=5), "status"))
    with_parcel = record.body | {"shipments": [{"carrier": "shunfeng", "tracking_number": "SF1234567891"}]}
    edit_record(record_id=record.pk, body=with_parcel)
    apply_inbound()
    record.refresh_from_db()
    assert (record.state, Order.objects.get().status) == (State.APPLIED, Status.SHIPPED)


def test_a_conflict_does_not_let_an_older_event_in(source: Connection, sku: str) -> None:
    receive(source, outside_order(sku, "paid"))
    receive(source, part_of(outside_order(sku, "shipped", minute=5), "status"))
    (late,) = receive(source, part_of(outside_order(sku, "cancelled", minute=3), "status"))
    assert (late.state, Order.objects.get().status) == (State.UNCHANGED, Status.PICKING)


def test_an_address_that_comes_after_the_parcel_has_left_moves_nothing_silently(
    source: Connection, sku: str
) -> None:
    receive(source, outside_order(sku))
    order = Order.objects.get()
    for step in ("paid", "picking", "shipped"):
        data = parcel() if step == "shipped" else {}
        transition_order(actor=integration(), order_id=order.pk, to=step, data=data)
    address = outside_order(sku)["address"] | {"street": "新地址 9 号"}
    (record,) = receive(source, outside_order(sku, minute=9, address=address))
    order.refresh_from_db()
    assert order.street == "机场路 88 号"
    assert (record.state, record.reason) == (State.CONFLICT, "change_declined")
    assert order.change_requests.get().state == "declined"


def test_an_unknown_status_is_parked_and_applied_once_it_is_mapped(source: Connection, sku: str) -> None:
    (record,) = receive(source, outside_order(sku, "待发货"))
    assert (record.state, record.reason) == (State.PARKED, "status_unknown")
    map_statuses(connection_id=source.pk, text="待发货 = paid\n已取消 = 已取消")
    retry_record(record_id=record.pk)
    apply_inbound()
    assert Order.objects.get().status == Status.PAID


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"items": [{"sku": "KEINE", "quantity": 1}]}, "guard_failed"),
        ({"items": []}, "unreadable"),
        ({"customer": {"name": "某", "phone": "12"}}, "phone_refused"),
        ({"occurred_at": "gestern"}, "unreadable"),
        ({"external_id": ""}, "unreadable"),
        ({"source": "moon"}, "unreadable"),
    ],
)
def test_what_cannot_be_an_order_is_parked_with_its_reason(
    source: Connection, sku: str, fields: dict[str, Any], reason: str
) -> None:
    (record,) = receive(source, outside_order(sku) | fields)
    assert (record.state, record.reason) == (State.PARKED, reason)
    assert record.detail
    assert not Order.objects.exists()


def test_a_parked_record_is_applied_as_a_person_has_mended_it(source: Connection, sku: str) -> None:
    (record,) = receive(source, outside_order("KEINE"))
    edit_record(record_id=record.pk, body=outside_order(sku))
    apply_inbound()
    record.refresh_from_db()
    assert (record.state, Order.objects.get().lines.get().sku) == (State.APPLIED, sku)


def test_a_dismissed_record_is_left_alone(source: Connection, sku: str) -> None:
    (record,) = receive(source, outside_order("KEINE"))
    dismiss_record(record_id=record.pk)
    retry_record(record_id=record.pk)
    apply_inbound()
    record.refresh_from_db()
    assert record.state == State.DISMISSED


def test_settled_records_go_by_age_and_those_that_wait_for_a_person_stay(
    source: Connection, sku: str
) -> None:
    _applied, parked = receive(source, outside_order(sku), outside_order("KEINE", external_id="EXT-2"))
    later = datetime.now(UTC) + timedelta(days=91)
    assert purge_by_age(later)["inbound"] == 1
    assert list(InboundRecord.objects.all()) == [parked]


def test_a_fault_of_the_program_is_tried_again_and_holds_up_no_other(
    source: Connection, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shopcomm.edge.integrations.services import applying

    real = applying.apply_inbound_order

    def broken(record: InboundRecord, *given: Any) -> Any:
        if record.external_id == "EXT-1":
            raise ZeroDivisionError("a fault")
        return real(record, *given)

    monkeypatch.setattr(applying, "apply_inbound_order", broken)
    bad, good = receive(source, outside_order(sku), outside_order(sku, external_id="EXT-2"))
    assert (bad.state, bad.failures, good.state) == (State.RECEIVED, 1, State.APPLIED)
    assert bad.retry_at is not None


def test_everything_of_an_order_may_change_with_one_message(source: Connection, sku: str) -> None:
    """Goods, address and note at once: each part takes its own locks, in their one order."""
    receive(source, outside_order(sku))
    other = VariantFactory(on_hand=10).sku
    address = outside_order(sku)["address"] | {"street": "新地址 3 号"}
    shipments = [{"carrier": "shunfeng", "tracking_number": "SF1234567899"}]
    changed = outside_order(
        sku,
        "shipped",
        minute=5,
        note="轻放",
        address=address,
        items=[{"sku": other, "quantity": 3}],
        shipments=shipments,
    )
    (record,) = receive(source, changed)
    order = Order.objects.get()
    assert (record.state, record.detail) == (State.APPLIED, "")
    assert (order.status, order.note, order.street) == (Status.SHIPPED, "轻放", "新地址 3 号")
    assert [(line.sku, line.quantity) for line in order.lines.all()] == [(other, 3)]


def test_a_worker_that_is_killed_between_two_parts_leaves_nothing_half_done(
    source: Connection, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(source, outside_order(sku))
    changed = outside_order(sku, "picking", minute=5, note="轻放")
    record, _made = store_record(connection=source, message_id="m", body=changed)

    class Killed(BaseException):
        pass

    def killed(*_given: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setitem(order_parts.APPLY, "status", killed)
        with pytest.raises(Killed):
            apply_inbound()
    record.refresh_from_db()
    assert (record.state, Order.objects.get().status) == (State.RECEIVED, Status.PENDING_PAYMENT)
    apply_inbound()
    record.refresh_from_db()
    order = Order.objects.get()
    assert (record.state, order.status, order.note) == (State.APPLIED, Status.PICKING, "轻放")
    assert order.change_requests.count() == 1
