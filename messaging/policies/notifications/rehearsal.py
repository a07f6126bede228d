"""A rule played through days that have been: what would have gone when. No database, and nothing is told.

It is the sweep as it would have gone: whoever is asked again at a moment knows what was told by then.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from messaging.policies.notifications.timing import (
    Decision,
    DeliveryContext,
    DeliveryRequest,
    decide_send_time,
    waiting_request,
)
from shopcomm.core.configuration.hours import QuietWindow, WorkingCalendar

P = TypeVar("P", bound=Hashable)


@dataclass(frozen=True)
class PastDays(Generic[P]):
    """What was so in those days, by person: who rests when, who has a budget, what other rules told them."""

    calendar: WorkingCalendar
    resting: Mapping[P, QuietWindow]
    budgets: Mapping[P, int]
    told_by_others: Mapping[P, Sequence[datetime]]

    def context_of(self, person: P, moment: datetime, told: Sequence[datetime]) -> DeliveryContext:
        """A moment, as one person lived it whom this rule had told something at the moments `told`."""
        others = [each for each in self.told_by_others.get(person, ()) if each <= moment]
        return DeliveryContext(
            moment,
            self.calendar,
            self.resting.get(person),
            told,
            [*others, *told],
            self.budgets.get(person),
        )


def play_through(
    asked: Sequence[tuple[DeliveryRequest, P]], past: PastDays[P], now: datetime
) -> list[Decision]:
    """What becomes of each notice that a rule asks for, in the order of `asked`.

    Of one that is still held at `now`, when it is to go and why then.
    """
    decided: dict[int, Decision] = {}
    told: dict[P, list[datetime]] = defaultdict(list)
    queue = [(request.happened_at, place) for place, (request, _person) in enumerate(asked)]
    heapify(queue)
    while queue:
        moment, place = heappop(queue)
        request, person = asked[place]
        context = past.context_of(person, moment, told[person])
        decision = decided[place] = _decide_at(request, decided.get(place), context)
        if decision.send_at is not None and moment < decision.send_at <= now:
            heappush(queue, (decision.send_at, place))
        elif decision.send_at is not None and decision.send_at <= moment:
            told[person].append(moment)
    return [decided[place] for place in range(len(asked))]


def _decide_at(request: DeliveryRequest, before: Decision | None, context: DeliveryContext) -> Decision:
    if before is None:
        return decide_send_time(request, context)
    again = waiting_request(request, send_at=before.send_at, reason=before.reason)
    decision = decide_send_time(again, context)
    if decision.send_at is None:
        return decision
    # What it waited for is why it goes only now.
    waits = decision.send_at > context.now and not again.held_by_budget
    return Decision(decision.send_at, decision.reason if waits else before.reason)
