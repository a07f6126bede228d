"""What a rule asks for one notice, when that goes out, and why then. No database, no clock, no settings.

All moments are aware. `decide_send_time()` is asked twice: when something has happened, to know when the notice is due, and again
when it is due, because hours, budgets and wishes may have changed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from messaging.policies.notifications.triggers import counts_in_budget, is_always_told
from shopcomm.core.configuration.hours import QuietWindow, WorkingCalendar, next_welcome

if TYPE_CHECKING:
    from messaging.models import NotificationRule

BUDGET_WINDOW = timedelta(hours=24)
# A notice that could have been given for this long and was not (the product was down) is news no more. A weekend, a
# holiday, a delay or a full budget is not counted: they are what it was to wait for.
TOO_OLD = timedelta(hours=48)


class OutsideHours(StrEnum):
    """What a rule wants outside working hours; the values of `messaging.models.Outside`."""

    WAIT = "wait"
    SEND = "send"
    URGENT = "urgent"


class Reason(StrEnum):
    """Why a notice goes when it goes. The words are in `reasons.py`."""

    AT_ONCE = "at_once"
    DELAYED = "delayed"
    URGENT = "urgent"
    OUTSIDE_HOURS = "outside_hours"
    RESTING = "resting"
    OVER_CAP = "over_cap"
    OVER_BUDGET = "over_budget"
    TOO_OLD = "too_old"


# Somebody of the shop said "now".
AT_HAND = "at_hand"


@dataclass(frozen=True)
class DeliveryRequest:
    """A notice as far as its time is concerned."""

    happened_at: datetime
    delay: timedelta = timedelta(0)
    outside: OutsideHours = OutsideHours.WAIT
    urgent: bool = False
    # Money that came or went is told whatever was turned off and however late it is.
    always: bool = False
    # Shipping, delivery, money and answers are told however much was said that day.
    in_budget: bool = True
    # It waits already because the budget was full, until `meant_for`: that is a promise.
    held_by_budget: bool = False
    cap: int | None = None
    cap_window: timedelta = timedelta(hours=24)
    # When it was to go, as decided last time; None the first time.
    meant_for: datetime | None = None


@dataclass(frozen=True)
class DeliveryContext:
    """What is known at the moment of the decision."""

    now: datetime
    calendar: WorkingCalendar
    quiet: QuietWindow | None = None
    # When this rule, and when any rule, last told this person something; any order.
    told_by_rule: Sequence[datetime] = ()
    told: Sequence[datetime] = ()
    budget: int | None = None


class Decision(NamedTuple):
    """When to send, or None for never; and why."""

    send_at: datetime | None
    reason: Reason

    @property
    def over(self) -> bool:
        """Whether it waits because enough has been said; it may ride along with the next notice."""
        return self.reason in (Reason.OVER_CAP, Reason.OVER_BUDGET)


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
    # No hour and no budget holds it.
    return replace(again, delay=timedelta(0), outside=OutsideHours.SEND, urgent=True, always=True)


def decide_send_time(request: DeliveryRequest, context: DeliveryContext) -> Decision:
    """The first moment, from now on, at which this notice is welcome, and what it waits for."""
    promised = request.always or request.held_by_budget
    if not promised and context.now - _meant_for(request, context) > TOO_OLD:
        return Decision(None, Reason.TOO_OLD)
    due = max(context.now, request.happened_at + request.delay)
    waits = Reason.DELAYED if due > context.now else Reason.AT_ONCE
    moment, reason = _welcome(due, waits, request, context)
    if request.always or reason is Reason.URGENT:
        return Decision(moment, reason)
    free, limit = _affordable(moment, request, context)
    if free <= moment:
        return Decision(moment, reason)
    return Decision(_welcome(free, limit, request, context)[0], limit)


def _meant_for(request: DeliveryRequest, context: DeliveryContext) -> datetime:
    """The moment at which it would have gone out, had somebody been there to send it."""
    due = request.happened_at + request.delay
    return request.meant_for or _welcome(due, Reason.AT_ONCE, request, context)[0]


def _welcome(
    due: datetime, reason: Reason, request: DeliveryRequest, context: DeliveryContext
) -> tuple[datetime, Reason]:
    """The first moment from `due` on that the rule and the person's rest allow."""
    passes = request.outside is OutsideHours.SEND or (
        request.outside is OutsideHours.URGENT and request.urgent
    )
    open_ = context.calendar.is_open(due)
    rests = context.quiet.ends_after(due) if context.quiet else None
    if passes and request.urgent:
        # An urgent order breaks the night and the rest: its customer asked for haste.
        return due, reason if open_ and rests is None else Reason.URGENT
    if (open_ or passes) and rests is None:
        return due, reason
    if passes:
        return rests or due, Reason.RESTING
    moment = next_welcome(due, context.calendar, context.quiet)
    # Hours and rest that never meet: rest is the person's own, the hours give way.
    return moment or rests or due, Reason.RESTING if open_ else Reason.OUTSIDE_HOURS


def _affordable(
    moment: datetime, request: DeliveryRequest, context: DeliveryContext
) -> tuple[datetime, Reason]:
    """When the cap of the rule and the budget of the person have room, and which of the two is the later."""
    by_cap = first_moment_with_room(moment, context.told_by_rule, request.cap, request.cap_window)
    by_budget = _room_in_budget(moment, request, context) if request.in_budget else moment
    return (by_cap, Reason.OVER_CAP) if by_cap >= by_budget else (by_budget, Reason.OVER_BUDGET)


def _room_in_budget(moment: datetime, request: DeliveryRequest, context: DeliveryContext) -> datetime:
    """When the person's budget has room; what was promised for a moment goes then, whatever was told since."""
    room = first_moment_with_room(moment, context.told, context.budget, BUDGET_WINDOW)
    if request.held_by_budget and request.meant_for:
        return min(room, max(moment, request.meant_for))
    return room


def first_moment_with_room(
    moment: datetime, told: Sequence[datetime], limit: int | None, window: timedelta
) -> datetime:
    """The first moment from `moment` on with fewer than `limit` notices in the window before it."""
    recent = sorted(each for each in told if each > moment - window)
    if limit is None or len(recent) < limit:
        return moment
    # Once all but limit - 1 of them have left the window there is room for one more.
    return recent[-limit] + window
