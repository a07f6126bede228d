"""A system that does not answer: sales are told by day, nothing is taken for a yes, and nothing is forgotten."""

from datetime import timedelta

import pytest
import time_machine

from messaging.models import Notification
from messaging.services.notifications.release import release_due
from orders.models import ChangeRequest, Order
from orders.selectors.change_requests import overdue_request_ids
from orders.selectors.todo import todo_list
from orders.services.change_requests.request import request_change
from orders.tasks.sweeps import escalate_changes
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.relay import relay
from tests.factories import StaffFactory, give_order
from tests.integrations.commands.asking import NEW_STREET
from tests.messaging.notifications.conftest import at, shop_rules  # noqa: F401  (open from nine to nine)

pytestmark = pytest.mark.django_db
State = ChangeRequest.State


@pytest.fixture
def clock():
    """At ten on a Tuesday."""
    with time_machine.travel(at("2026-11-24 10:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def asked(clock, kept: Order, seller: Actor) -> ChangeRequest:
    return request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="address", data={"street": NEW_STREET}
    )


@pytest.fixture
def seller(kept: Order) -> Actor:
    """Who looks after the order."""
    staff = StaffFactory(role="sales")
    give_order(kept, staff)
    return Actor.staff(staff)


def waiting_for(actor: Actor) -> list[int]:
    return [row.pk for row in todo_list(actor) if row.kind == "change"]


def told_to_staff() -> list[tuple[str, int]]:
    found = Notification.objects.filter(recipient_kind="staff", state__in=["sent", "waiting"])
    return sorted(found.values_list("trigger", "recipient_id"))


def test_sales_are_told_once_when_there_is_no_answer_in_time(
    clock, asked: ChangeRequest, seller: Actor
) -> None:
    relay()
    assert (waiting_for(seller), told_to_staff()) == ([], [])
    clock.move_to(asked.answer_by + timedelta(seconds=1))
    assert escalate_changes() == 1
    relay()
    release_due()
    assert waiting_for(seller) == [asked.pk]
    assert told_to_staff() == [("change_for_sales", seller.id)]
    assert overdue_request_ids(asked.answer_by + timedelta(days=9)) == []


def test_a_request_that_nobody_answers_stays_open_and_holds_the_parcel(clock, asked: ChangeRequest) -> None:
    clock.move_to(asked.answer_by + timedelta(seconds=1))
    escalate_changes()
    clock.move_to(asked.answer_by + timedelta(days=30))
    escalate_changes()
    asked.refresh_from_db()
    assert (asked.state, asked.order.street) == (State.OPEN, "机场路 88 号")


def test_what_is_asked_at_night_wakes_nobody(clock, kept: Order, seller: Actor) -> None:
    clock.move_to(at("2026-11-25 02:00"))
    asked = request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="note", data={"note": "放前台"}
    )
    clock.move_to(at("2026-11-25 04:00"))
    assert escalate_changes() == 0
    clock.move_to(at("2026-11-25 09:16"))
    assert (escalate_changes(), asked.answer_by) == (1, at("2026-11-25 09:15"))


def test_a_late_answer_takes_the_task_away(clock, asked: ChangeRequest, seller: Actor, answer) -> None:
    clock.move_to(asked.answer_by + timedelta(seconds=1))
    escalate_changes()
    answer(accepted=True)
    assert waiting_for(seller) == []


def test_the_notice_says_which_order_and_what_was_asked(clock, asked, seller) -> None:
    clock.move_to(asked.answer_by + timedelta(seconds=1))
    escalate_changes()
    relay()
    release_due()
    notice = Notification.objects.get(recipient_kind="staff")
    assert notice.body == (
        f"订单 {asked.order.number} 的客户 外部客户 申请修改：详细地址：机场路 88 号 → {NEW_STREET}"
    )
