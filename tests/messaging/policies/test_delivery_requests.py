"""What a rule asks for a notice: tables of cases, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging.models import NotificationRule
from messaging.policies.notifications.timing import (
    AT_HAND,
    DeliveryRequest,
    OutsideHours,
    Reason,
    delivery_request,
    waiting_request,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=9)


def asked(trigger: str, parcel_state: str = "", **fields) -> DeliveryRequest:
    rule = NotificationRule(trigger=trigger, **fields)
    return delivery_request(rule, trigger=trigger, happened_at=NOON, urgent=False, parcel_state=parcel_state)


def test_a_delivery_request_has_the_delay_hours_and_cap_of_its_rule():
    rule = NotificationRule(delay_minutes=30, outside="urgent", cap_count=2, cap_hours=6)
    request = delivery_request(rule, trigger="urged", happened_at=NOON, urgent=True)
    assert request == DeliveryRequest(
        NOON,
        delay=timedelta(minutes=30),
        outside=OutsideHours.URGENT,
        urgent=True,
        cap=2,
        cap_window=timedelta(hours=6),
    )


@pytest.mark.parametrize(
    ("trigger", "audience", "parcel_state", "always", "in_budget"),
    [
        ("order_confirmed", "customer", "", False, True),
        ("paid", "customer", "", True, False),
        # Staff turn off what they like, money too.
        ("paid", "assigned", "", False, False),
        ("shipped", "customer", "", False, False),
        # A parcel on its way may wait for another day; one that is at the door may not.
        ("tracking", "customer", "in_transit", False, True),
        ("tracking", "customer", "out_for_delivery", False, False),
    ],
)
def test_money_notices_are_always_sent_and_important_ones_are_outside_the_budget(
    trigger, audience, parcel_state, always, in_budget
):
    request = asked(trigger, parcel_state, audience=audience)
    assert (request.always, request.in_budget) == (always, in_budget)


@pytest.mark.parametrize(
    ("reason", "held"),
    [(Reason.OVER_BUDGET, True), (Reason.OVER_CAP, False), (Reason.OUTSIDE_HOURS, False)],
)
def test_a_waiting_notice_has_its_due_time_and_only_the_budget_makes_it_a_promise(reason, held):
    first = asked("order_confirmed", delay_minutes=30)
    again = waiting_request(first, send_at=LATER, reason=reason)
    assert (again.meant_for, again.held_by_budget) == (LATER, held)
    assert (again.delay, again.outside, again.always) == (first.delay, first.outside, first.always)


def test_a_notice_sent_by_hand_is_not_delayed():
    again = waiting_request(asked("order_confirmed", delay_minutes=30), send_at=NOON, reason=AT_HAND)
    assert (again.delay, again.outside) == (timedelta(0), OutsideHours.SEND)
    assert (again.urgent, again.always, again.held_by_budget) == (True, True, False)
