"""What a rule asks for one notice, as `decide_send_time()` takes it: when it happens, and again while it waits. No database."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from messaging.policies.notifications.reasons import AT_HAND
from messaging.policies.notifications.timing import DeliveryRequest, OutsideHours, Reason
from messaging.policies.notifications.triggers import counts_in_budget, is_always_told

if TYPE_CHECKING:
    from messaging.models import NotificationRule


def delivery_request(
    rule: "NotificationRule", *, trigger: str, happened_at: datetime, urgent: bool, parcel_state: str = ""
) -> DeliveryRequest:
    """A rule's wishes for something that has happened.

    `happened_at` is aware; `urgent` is so of an order in a hurry; `parcel_state` is where a parcel is, of its notices only.
    Returns what the moment of telling is decided on.
    """
    return DeliveryRequest(
        happened_at=happened_at,
        delay=timedelta(minutes=rule.delay_minutes),
        outside=OutsideHours(rule.outside),
        urgent=urgent,
        always=is_always_told(trigger, rule.audience),
        in_budget=counts_in_budget(trigger, parcel_state),
        cap=rule.cap_count,
        cap_window=timedelta(hours=rule.cap_hours),
    )


def waiting_request(first: DeliveryRequest, *, send_at: datetime | None, reason: str) -> DeliveryRequest:
    """The same wishes for a notice that waits already: until when, and why."""
    again = replace(first, meant_for=send_at, held_by_budget=reason == Reason.OVER_BUDGET)
    if reason != AT_HAND:
        return again
    # Somebody of the shop said "now": no hour and no budget holds it.
    return replace(again, delay=timedelta(0), outside=OutsideHours.SEND, urgent=True, always=True)
