"""What becomes of everything that waits for one person: tables of cases, without a database."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from messaging.policies.notifications.merge import (
    LATE,
    PendingNotice,
    plan_delivery,
    reschedule_held,
    was_held,
)
from messaging.policies.notifications.timing import DeliveryContext, DeliveryRequest, OutsideHours, Reason
from shopcomm.core.configuration.hours import WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 10, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
ALWAYS_OPEN = WorkingCalendar(SHANGHAI)
HELD_OVERNIGHT = {"reason": Reason.OUTSIDE_HOURS.value}


def pending(id: int, *, ago: timedelta = timedelta(0), **known) -> PendingNotice:
    """A notice of something that has happened so long ago; the others follow in the order of their numbers."""
    happened = NOW - ago
    request = DeliveryRequest(happened_at=happened, outside=OutsideHours.SEND, **known.pop("request", {}))
    usual = {"rule_id": id, "thread": "conversation:1", "priority": 50, "reason": Reason.AT_ONCE.value}
    return PendingNotice(id=id, request=request, place=(happened, id), **(usual | known))


def context(**known) -> DeliveryContext:
    return DeliveryContext(NOW, ALWAYS_OPEN, **known)


def told_times(count: int) -> list[datetime]:
    """So many notices that a person was told in the last hour, the first of them just an hour ago."""
    return [NOW - HOUR + place * timedelta(minutes=1) for place in range(count)]


@pytest.mark.parametrize(
    ("reason", "ago", "held"),
    [
        ("outside_hours", timedelta(0), True),
        ("resting", timedelta(0), True),
        ("over_cap", timedelta(0), True),
        ("over_budget", timedelta(0), True),
        ("delayed", timedelta(0), True),
        ("at_once", timedelta(0), False),
        ("urgent", timedelta(0), False),
        # An outage held it, whatever its reason says.
        ("at_once", LATE, False),
        ("at_once", LATE + timedelta(seconds=1), True),
    ],
)
def test_a_notice_counts_as_held_when_its_due_time_had_passed(reason, ago, held):
    assert was_held(pending(1, ago=ago, reason=reason), NOW) is held


@pytest.mark.parametrize(
    ("known", "dropped"),
    [
        ({}, {}),
        ({"void": "muted"}, {1: "muted"}),
        ({"void": "nobody", "request": {"always": True}}, {1: "nobody"}),
        # Out of date: the order has gone on, later news of it is told, and time has passed over this one.
        ({"passed": True, "overtaken": True, **HELD_OVERNIGHT}, {1: "superseded"}),
        ({"passed": True, "overtaken": True}, {}),
        ({"passed": True, **HELD_OVERNIGHT}, {}),
        ({"overtaken": True, **HELD_OVERNIGHT}, {}),
        # What another notice of the same moment says as well needs no time to be old.
        ({"passed": True, "overtaken": True, "echo": True}, {1: "superseded"}),
        ({"echo": True}, {}),
        # Money, and what the budget promised for a moment, are told all the same.
        ({"passed": True, "overtaken": True, "request": {"always": True}, **HELD_OVERNIGHT}, {}),
        ({"passed": True, "overtaken": True, "request": {"held_by_budget": True}, **HELD_OVERNIGHT}, {}),
    ],
    ids=str,
)
def test_outdated_and_muted_notices_are_dropped_with_a_reason(known, dropped):
    plan = plan_delivery([pending(1, **known)], context(), {})
    assert plan.dropped == dropped
    assert plan.messages == ([] if dropped else [[1]])


@pytest.mark.parametrize(
    ("first", "second", "messages"),
    [
        # Held together, in one conversation: one message, carried by the more important one.
        (HELD_OVERNIGHT, HELD_OVERNIGHT, [[1, 2]]),
        (HELD_OVERNIGHT, {**HELD_OVERNIGHT, "priority": 90}, [[2, 1]]),
        # What happens now is told by itself, and so is what belongs to no conversation or to another.
        ({}, {}, [[1], [2]]),
        (HELD_OVERNIGHT, {}, [[1], [2]]),
        ({**HELD_OVERNIGHT, "thread": ""}, {**HELD_OVERNIGHT, "thread": ""}, [[1], [2]]),
        (HELD_OVERNIGHT, {**HELD_OVERNIGHT, "thread": "conversation:2"}, [[1], [2]]),
        # The most important conversation has the first claim on the budget.
        (HELD_OVERNIGHT, {**HELD_OVERNIGHT, "thread": "conversation:2", "priority": 90}, [[2], [1]]),
    ],
    ids=str,
)
def test_held_notices_of_one_conversation_are_merged_into_one_message(first, second, messages):
    plan = plan_delivery([pending(1, **first), pending(2, **second)], context(), {})
    assert (plan.messages, plan.dropped, plan.postponed) == (messages, {}, {})


def test_notices_over_the_budget_wait_until_the_budget_has_room():
    waiting = [pending(1), pending(2, thread="conversation:2")]
    plan = plan_delivery(waiting, context(told=told_times(2), budget=3), {})
    assert plan.messages == [[1]]
    assert plan.postponed == {2: (NOW - HOUR + timedelta(days=1), "over_budget")}


def test_notices_over_the_budget_join_only_a_message_of_their_own_conversation():
    waiting = [
        pending(1, request={"in_budget": False}),
        pending(2),
        pending(3, thread="conversation:2"),
        pending(4, thread=""),
    ]
    plan = plan_delivery(waiting, context(told=told_times(1), budget=1), {})
    assert plan.messages == [[1, 2]]
    assert {id: reason for id, (_moment, reason) in plan.postponed.items()} == {
        3: "over_budget",
        4: "over_budget",
    }


def test_the_cap_of_a_rule_counts_notices_sent_in_the_same_sweep():
    waiting = [pending(id, rule_id=7, thread=f"conversation:{id}", request={"cap": 2}) for id in (1, 2, 3)]
    plan = plan_delivery(waiting, context(), {7: [NOW - HOUR]})
    assert plan.messages == [[1]]
    assert plan.postponed == {
        2: (NOW + timedelta(hours=23), "over_cap"),
        3: (NOW + timedelta(hours=23), "over_cap"),
    }


def test_a_notice_undeliverable_for_days_is_dropped_as_too_old():
    plan = plan_delivery([pending(1, ago=timedelta(days=3))], context(), {})
    assert plan.dropped == {1: "too_old"}


def test_a_notice_held_by_the_budget_stays_marked_when_held_again_for_another_reason():
    later = {"held_by_budget": True, "meant_for": NOW + HOUR, "delay": 3 * HOUR}
    plan = plan_delivery([pending(1, request=later, reason="over_budget")], context(), {})
    assert plan.postponed == {1: (NOW + 3 * HOUR, "over_budget")}


@pytest.mark.parametrize(
    ("known", "moments"),
    [
        # What may go now keeps the reason that it was held for: it is looked at as such when it goes.
        (HELD_OVERNIGHT, {1: (NOW, "outside_hours")}),
        ({**HELD_OVERNIGHT, "request": {"delay": HOUR}}, {1: (NOW + HOUR, "delayed")}),
        (
            {"reason": "over_budget", "request": {"held_by_budget": True, "delay": HOUR}},
            {1: (NOW + HOUR, "over_budget")},
        ),
    ],
    ids=str,
)
def test_a_held_notice_is_rescheduled_by_the_current_hours(known, moments):
    assert reschedule_held([pending(1, **known)], context(), {}) == moments


def test_rescheduling_leaves_notices_that_are_too_old_to_the_sending_sweep():
    assert reschedule_held([pending(1, ago=timedelta(days=3))], context(), {}) == {}
