"""What becomes of the notices that wait for one person: pure, so that a week can be played through it.

A notice that was held is looked at again: what is out of date is dropped, what belongs together goes as one message,
what is over the budget waits and rides along with the next message of its own conversation. What the budget held is told
in the end, however the order went on: the page of settings promises it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from messaging.policies.notifications.timing import (
    Decision,
    DeliveryContext,
    DeliveryRequest,
    Reason,
    decide_send_time,
)

# A notice this late was held by an outage, whatever its reason says.
LATE = timedelta(minutes=10)
HELD = frozenset({Reason.OUTSIDE_HOURS, Reason.RESTING, Reason.OVER_CAP, Reason.OVER_BUDGET, Reason.DELAYED})


@dataclass(frozen=True)
class PendingNotice:
    """One notice that waits, as far as its delivery is planned."""

    id: int
    rule_id: int
    request: DeliveryRequest
    # Notices of the same thread, a conversation, may become one message; "" stands alone.
    thread: str
    # The order of the facts themselves: when they happened, then the log's.
    place: tuple[datetime, int]
    priority: int
    reason: str
    # Says that the order is in some status, which it is no more.
    passed: bool = False
    # Later news of the same thread has been told, or waits to be.
    overtaken: bool = False
    # Another notice of the same moment says the same, and more.
    echo: bool = False
    # A reason to drop it outright: muted, rule off, taken back.
    void: str = ""


@dataclass
class DeliveryPlan:
    """What to do with each notice, by its id."""

    # Messages to send now: the notice that carries it, then those it contains, in the order of the facts.
    messages: list[list[int]] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    postponed: dict[int, tuple[datetime, str]] = field(default_factory=dict)


def plan_delivery(
    waiting: Iterable[PendingNotice], context: DeliveryContext, told_by_rule: dict[int, Sequence[datetime]]
) -> DeliveryPlan:
    """Decide over everything that waits for one person at one moment."""
    result = DeliveryPlan()
    kept = [each for each in waiting if not _drop(each, context.now, result)]
    told, by_rule = list(context.told), {rule: list(times) for rule, times in told_by_rule.items()}
    riders: list[PendingNotice] = []
    for thread in _threads(kept, context.now):
        asked = {each.id: _ask_again(each, context, told, by_rule) for each in thread}
        ready = [each for each in thread if _is_now(asked[each.id], context.now)]
        over = [each for each in thread if asked[each.id].over]
        for each in thread:
            if each not in ready:
                _postpone(each, asked[each.id], result)
        if ready:
            head = min(ready, key=lambda each: (-each.priority, each.place))
            together = sorted([*ready, *over], key=lambda each: each.place)
            result.messages.append([head.id, *(each.id for each in together if each is not head)])
            told.append(context.now)
            by_rule.setdefault(head.rule_id, []).append(context.now)
        else:
            riders += over
    _let_ride(riders, result.messages, {each.id: each for each in kept})
    for id_ in (id_ for message in result.messages for id_ in message):
        result.postponed.pop(id_, None)
    return result


def reschedule_held(
    waiting: Iterable[PendingNotice], context: DeliveryContext, told_by_rule: dict[int, Sequence[datetime]]
) -> dict[int, tuple[datetime, str]]:
    """New times of held notices by the current hours, preferences and limits, with the reasons; nothing is sent yet."""
    moments = {}
    for each in waiting:
        decision = _ask_again(
            each, context, list(context.told), {k: list(v) for k, v in told_by_rule.items()}
        )
        if decision.send_at is not None:
            # What may go now was held all the same: it is looked at as such when it goes.
            held = _is_now(decision, context.now) or each.request.held_by_budget
            moments[each.id] = (decision.send_at, each.reason if held else decision.reason.value)
    return moments


def _let_ride(
    riders: Iterable[PendingNotice], messages: list[list[int]], known: dict[int, PendingNotice]
) -> None:
    """Put what is over a limit onto the earliest message of its own conversation; never onto another's."""
    for each in sorted(riders, key=lambda each: each.place):
        own = [message for message in messages if each.thread and known[message[0]].thread == each.thread]
        if own:
            min(own, key=lambda message: known[message[0]].place).append(each.id)


def was_held(each: PendingNotice, now: datetime) -> bool:
    """Whether time has passed over a notice, so that it may be out of date."""
    return each.reason in HELD or now - each.request.happened_at - each.request.delay > LATE


def _drop(each: PendingNotice, now: datetime, result: DeliveryPlan) -> bool:
    """Whether there is nothing left to tell."""
    late = each.echo or was_held(each, now)
    promised = each.request.always or each.request.held_by_budget
    outdated = each.passed and each.overtaken and late and not promised
    reason = each.void or ("superseded" if outdated else "")
    if reason:
        result.dropped[each.id] = reason
    return bool(reason)


def _threads(kept: list[PendingNotice], now: datetime) -> list[list[PendingNotice]]:
    """Notices that may become one message together; the most important thread first."""
    threads: dict[str, list[PendingNotice]] = {}
    for each in kept:
        alone = not each.thread or not was_held(each, now)
        threads.setdefault(f"#{each.id}" if alone else each.thread, []).append(each)
    return sorted(
        threads.values(),
        key=lambda group: (-max(each.priority for each in group), min(e.place for e in group)),
    )


def _ask_again(
    each: PendingNotice, context: DeliveryContext, told: list[datetime], by_rule: dict[int, list[datetime]]
) -> Decision:
    now = DeliveryContext(
        context.now, context.calendar, context.quiet, by_rule.get(each.rule_id, ()), told, context.budget
    )
    return decide_send_time(each.request, now)


def _is_now(decision: Decision, now: datetime) -> bool:
    return decision.send_at is not None and decision.send_at <= now


def _postpone(each: PendingNotice, decision: Decision, result: DeliveryPlan) -> None:
    if decision.send_at is None:
        result.dropped[each.id] = decision.reason.value
    else:
        # That the budget held it stays written down, whatever else it waits for by now.
        reason = Reason.OVER_BUDGET if each.request.held_by_budget else decision.reason
        result.postponed[each.id] = (decision.send_at, reason.value)
