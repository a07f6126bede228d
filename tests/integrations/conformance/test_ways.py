"""What every way of joining another order system promises: nothing lost, doubled or applied out of order."""

import random
from typing import Any

import pytest

from messaging.models import Message
from orders.models import Order, Status
from orders.services.change_requests.request import request_change
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.integrations import tasks
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.services import applying, order_parts
from shopcomm.edge.integrations.services.connections import map_statuses, set_state
from shopcomm.edge.integrations.services.receiving import edit_record, retry_record
from tests.factories import StaffFactory
from tests.integrations.conformance.driver import Driver
from tests.outside_orders import NOON, outside_order, part_of

State = InboundRecord.State
STORY = ("pending_payment", "paid", "picking")


def order_of(driver: Driver, external_id: str = "EXT-1") -> Order:
    """The shop's order for an order of the other system. Raises if there is none, or more than one."""
    return Order.objects.get(external_id=f"{driver.connection.name}:{external_id}")


def records_of(driver: Driver, external_id: str = "EXT-1") -> list[InboundRecord]:
    """What was taken of an order, the first first."""
    rows = InboundRecord.objects.filter(connection=driver.connection, external_id=external_id)
    return list(rows.order_by("pk"))


def moves_of(order: Order) -> list[str]:
    """Its changes of status, in the order of the log."""
    types = [f"order.{status}" for status in Status.values] + ["order.created"]
    events = DomainEvent.objects.filter(order_id=order.pk, type__in=types)
    return list(events.order_by("pk").values_list("type", flat=True))


def stories(sku: str, count: int) -> list[list[dict[str, Any]]]:
    """So many orders, each as it is told from its beginning to its picking."""
    return [
        [
            outside_order(sku, status, minute=minute, external_id=f"EXT-{number}")
            for minute, status in enumerate(STORY)
        ]
        for number in range(1, count + 1)
    ]


# --- nothing lost, nothing doubled -----------------------------------------------------------------
def test_every_order_that_is_told_is_there_once_with_each_of_its_moves_once(driver: Driver, sku: str) -> None:
    told = stories(sku, 12)
    # One order after the other goes on by a step, as they do in a shop.
    driver.tell(*(story[step] for step in range(len(STORY)) for story in told))
    driver.work()
    assert Order.objects.count() == 12
    for number in range(1, 13):
        order = order_of(driver, f"EXT-{number}")
        assert moves_of(order) == ["order.created", "order.paid", "order.picking"]
        assert (order.payments.count(), order.lines.get().quantity) == (1, 2)


def test_what_is_told_again_and_again_changes_nothing_more(driver: Driver, sku: str) -> None:
    (story,) = stories(sku, 1)
    driver.tell(*story, *story)
    driver.work()
    order = order_of(driver)
    driver.tell(*story)
    driver.work()
    driver.tell(*reversed(story))
    driver.work()
    again = order_of(driver)
    assert (again.version, again.status, again.payments.count()) == (order.version, Status.PICKING, 1)
    assert len(records_of(driver)) == len(STORY)


def test_what_is_told_while_the_connection_is_paused_comes_when_it_is_resumed(
    driver: Driver, sku: str
) -> None:
    first, second = stories(sku, 2)
    driver.tell(*first)
    driver.work()
    set_state(connection_id=driver.connection.pk, active=False)
    driver.tell(*second)
    driver.work()
    assert Order.objects.count() == 1
    set_state(connection_id=driver.connection.pk, active=True)
    driver.work()
    assert moves_of(order_of(driver, "EXT-2")) == ["order.created", "order.paid", "order.picking"]


def test_a_worker_that_is_killed_in_the_middle_leaves_nothing_undone_and_nothing_twice(
    driver: Driver, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_given: Any) -> None:
        raise Killed

    told = stories(sku, 3)
    driver.tell(*(each for story in told for each in story))
    with monkeypatch.context() as patched:
        patched.setitem(order_parts.APPLY, "status", killed)
        with pytest.raises(Killed):
            driver.work()
    driver.work()
    for number in (1, 2, 3):
        order = order_of(driver, f"EXT-{number}")
        assert moves_of(order) == ["order.created", "order.paid", "order.picking"]
        assert order.payments.count() == 1
    assert not InboundRecord.objects.filter(state=State.RECEIVED).exists()


# --- order, per order ------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(3))
def test_shuffled_and_repeated_events_end_where_the_newest_one_is(
    driver: Driver, sku: str, seed: int
) -> None:
    told = [each for story in stories(sku, 4) for each in story] * 2
    random.Random(seed).shuffle(told)
    # In several deliveries, as they come over a bad line.
    for start in range(0, len(told), 5):
        driver.tell(*told[start : start + 5])
        driver.work()
    for number in (1, 2, 3, 4):
        order = order_of(driver, f"EXT-{number}")
        assert (order.status, order.payments.count()) == (Status.PICKING, 1)
        assert sorted(moves_of(order)) == ["order.created", "order.paid", "order.picking"]


def test_an_older_event_that_comes_late_takes_nothing_back(driver: Driver, sku: str) -> None:
    whole = outside_order(sku, "pending_payment")
    old, new = (
        part_of(outside_order(sku, minute=minute, address=whole["address"] | {"street": street}), "address")
        for minute, street in ((3, "旧地址 1 号"), (7, "新地址 2 号"))
    )
    driver.tell(whole, new, part_of(outside_order(sku, "picking", minute=8), "status"))
    driver.work()
    driver.tell(old, part_of(outside_order(sku, "paid", minute=4), "status"))
    driver.work()
    order = order_of(driver)
    assert (order.street, order.status) == ("新地址 2 号", Status.PICKING)
    assert [each.state for each in records_of(driver)[-2:]] == [State.UNCHANGED, State.UNCHANGED]


def test_an_older_event_that_comes_late_still_tells_what_nobody_has_told_since(
    driver: Driver, sku: str
) -> None:
    driver.tell(outside_order(sku), part_of(outside_order(sku, "paid", minute=9), "status"))
    driver.work()
    driver.tell(part_of(outside_order(sku, minute=5, note="要发票"), "note"))
    driver.work()
    assert (order_of(driver).status, order_of(driver).note) == (Status.PAID, "要发票")


def test_of_two_versions_the_higher_one_holds_whatever_the_clocks_say(driver: Driver, sku: str) -> None:
    driver.tell(
        outside_order(sku, "picking", minute=0, version=8), outside_order(sku, "paid", minute=30, version=7)
    )
    driver.work()
    assert order_of(driver).status == Status.PICKING


def test_a_part_of_an_order_that_is_not_known_yet_waits_for_the_rest(driver: Driver, sku: str) -> None:
    driver.tell(part_of(outside_order(sku, "paid", minute=4), "status"))
    driver.work()
    (early,) = records_of(driver)
    assert (early.state, early.reason) == (State.PARKED, order_parts.ORDER_UNKNOWN)
    driver.tell(outside_order(sku))
    driver.work()
    driver.work()
    assert order_of(driver).status == Status.PAID


def test_what_was_changed_here_is_not_taken_back_by_the_next_thing_that_is_said(
    driver: Driver, sku: str
) -> None:
    driver.tell(outside_order(sku, "pending_payment", note="轻放"))
    driver.work()
    order, here = order_of(driver), Actor.staff(StaffFactory(role="manager"))
    request_change(actor=here, order_id=order.pk, kind="address", data={"street": "新地址 2 号"})
    request_change(actor=here, order_id=order.pk, kind="note", data={"note": "放前台"})
    transition_order(actor=here, order_id=order.pk, to="paid", data={"reference": "4200001"})
    # The other system says of the order what it said before, and one thing more.
    for minute in (5, 6):
        driver.tell(outside_order(sku, "pending_payment", minute=minute, note="轻放", urgent=True))
        driver.work()
    order.refresh_from_db()
    assert (order.street, order.note, order.status) == ("新地址 2 号", "放前台", Status.PAID)
    states = [each.state for each in records_of(driver)]
    assert (order.urgent, states) == (True, [State.APPLIED, State.APPLIED, State.UNCHANGED])


# --- what a person has to see ----------------------------------------------------------------------
def test_an_unknown_status_is_parked_and_taken_once_the_configuration_maps_it(
    driver: Driver, sku: str
) -> None:
    driver.tell(outside_order(sku), part_of(outside_order(sku, "待发货", minute=2), "status"))
    driver.tell(outside_order(sku, "paid", external_id="EXT-2"))
    driver.work()
    *_whole, parked = records_of(driver)
    assert (parked.state, parked.reason) == (State.PARKED, "status_unknown")
    assert (order_of(driver).status, order_of(driver, "EXT-2").status) == (
        Status.PENDING_PAYMENT,
        Status.PAID,
    )
    map_statuses(connection_id=driver.connection.pk, text="待发货 = paid\n配货 = picking")
    retry_record(record_id=parked.pk)
    driver.tell(part_of(outside_order(sku, "配货", minute=3), "status"))
    driver.work()
    assert moves_of(order_of(driver)) == ["order.created", "order.paid", "order.picking"]


def test_what_cannot_be_read_is_parked_and_holds_up_nothing(driver: Driver, sku: str) -> None:
    driver.tell(
        outside_order("KEINE"),
        outside_order(sku, "paid", external_id="EXT-2"),
        outside_order(sku, minute=1, external_id="EXT-3", customer={"name": "某", "phone": "12"}),
        outside_order(sku, "paid", minute=2, external_id="EXT-3"),
    )
    driver.work()
    (parked,) = records_of(driver)
    assert (parked.state, bool(parked.detail)) == (State.PARKED, True)
    assert {order_of(driver, each).status for each in ("EXT-2", "EXT-3")} == {Status.PAID}
    edit_record(record_id=parked.pk, body=outside_order(sku, "paid"))
    driver.work()
    assert order_of(driver).status == Status.PAID


def test_a_fault_of_the_program_loses_nothing_and_holds_up_no_other_order(
    driver: Driver, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = applying.apply_inbound_order

    def broken(record: InboundRecord, *given: Any) -> Any:
        if record.external_id == "EXT-1":
            raise ZeroDivisionError("a fault")
        return real(record, *given)

    driver.tell(outside_order(sku, "paid"), outside_order(sku, "paid", external_id="EXT-2"))
    with monkeypatch.context() as patched:
        patched.setattr(applying, "apply_inbound_order", broken)
        driver.work()
    assert order_of(driver, "EXT-2").status == Status.PAID
    (waiting,) = records_of(driver)
    assert (waiting.state, waiting.failures) == (State.RECEIVED, 1)
    InboundRecord.objects.update(retry_at=None)
    driver.work()
    assert order_of(driver).status == Status.PAID


def test_a_status_that_the_order_does_not_allow_is_a_conflict_beside_the_order_and_never_forced(
    driver: Driver, sku: str
) -> None:
    driver.tell(outside_order(sku, "paid"))
    driver.work()
    driver.tell(part_of(outside_order(sku, "shipped", minute=5), "status"))
    driver.work()
    order, record = order_of(driver), records_of(driver)[-1]
    assert (record.state, record.order_id, order.status) == (State.CONFLICT, order.pk, Status.PICKING)
    line = Message.objects.filter(conversation__order=order, kind="event").latest("seq")
    assert (line.internal, driver.connection.name in line.body) == (True, True)


def test_a_number_beyond_what_a_browser_counts_is_kept_whole(driver: Driver, sku: str) -> None:
    driver.tell(
        outside_order(sku, external_id=3705115058471208928),
        outside_order(sku, external_id=3705115058471208929),
    )
    driver.work()
    found = Order.objects.order_by("external_id").values_list("external_id", flat=True)
    assert [each.partition(":")[2] for each in found if each] == [
        "3705115058471208928",
        "3705115058471208929",
    ]


# --- replay from a date ----------------------------------------------------------------------------
def test_a_replay_changes_nothing_where_nothing_was_lost(driver: Driver, sku: str) -> None:
    for story in stories(sku, 3):
        driver.tell(*story)
    driver.work()
    before = list(Order.objects.order_by("pk").values_list("external_id", "version"))
    events = DomainEvent.objects.count()
    driver.replay(NOON)
    driver.work()
    assert list(Order.objects.order_by("pk").values_list("external_id", "version")) == before
    assert DomainEvent.objects.count() == events


def test_a_replay_from_a_date_brings_what_the_shop_has_lost_since(
    driver: Driver, sku: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.tell(*stories(sku, 1)[0])
    with monkeypatch.context() as patched:
        patched.setattr(tasks, "waiting_record_ids", lambda *_given: [])
        driver.work()
    # A copy of the database from before is put back: what had been taken is not there.
    taken, _by_table = InboundRecord.objects.all().delete()
    assert taken == len(STORY)
    driver.replay(NOON)
    driver.work()
    assert moves_of(order_of(driver)) == ["order.created", "order.paid", "order.picking"]
