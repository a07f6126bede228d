"""What a week should have told, worked out a second time: by walking the clock half an hour at a time.

It shares no code with the product. It knows the script of the week, the shop's hours as sets of half hours, and the
rules as a table; it looks at every half hour where the product computes.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

SLOT = timedelta(minutes=30)
DAY = timedelta(hours=24)
# Trigger: priority, what happens outside hours, delay in minutes, the status it speaks of, whether it is money.
RULES = {
    "order_confirmed": (70, "urgent", 0, "pending_payment", False),
    "paid": (90, "urgent", 0, "paid", True),
    "picking": (30, "wait", 0, "picking", False),
    "shipped": (80, "urgent", 0, "shipped", False),
    "delivered": (50, "urgent", 0, "delivered", False),
    "completed": (20, "wait", 30, "completed", False),
    "cancelled": (75, "urgent", 0, "cancelled", False),
    "unpaid": (60, "wait", 0, "", False),
}
# What no daily budget holds.
FREE = {"paid", "shipped", "delivered", "cancelled"}
HELD = {"outside_hours", "resting", "over_cap", "over_budget", "delayed"}
CLOSED = {"completed", "cancelled", "refunded"}


@dataclass
class Recipient:
    name: str
    rests: set[int] = field(default_factory=set)  # half hours of the day, 0 to 47
    muted: set[str] = field(default_factory=set)
    told: list[datetime] = field(default_factory=list)


@dataclass
class Notice:
    """One notice and what became of it."""

    order: int
    person: Recipient
    kind: str
    urgent: bool
    happened: datetime
    place: tuple[datetime, int]
    step: int = 0
    when: datetime | None = None
    why: str = ""
    state: str = "waiting"
    sent: datetime | None = None
    in_log: int = 0

    @property
    def priority(self) -> int:
        return RULES[self.kind][0]

    @property
    def money(self) -> bool:
        return RULES[self.kind][4]


class Oracle:
    """Plays the week."""

    def __init__(
        self, open_slots: dict[int, set[int]], exceptions: dict[date, set[int]], budget: int
    ) -> None:
        self.open_slots, self.exceptions, self.budget = open_slots, exceptions, budget
        self.notices: list[Notice] = []
        self.status: dict[int, str] = {}
        self.placed: dict[int, tuple[datetime, Recipient, bool]] = {}
        self.facts = 0

    # --- the world -------------------------------------------------------------------------------
    def is_open(self, moment: datetime) -> bool:
        slots = self.exceptions.get(moment.date(), self.open_slots[moment.weekday()])
        return moment.hour * 2 + moment.minute // 30 in slots

    @staticmethod
    def rests(person: Recipient, moment: datetime) -> bool:
        return moment.hour * 2 + moment.minute // 30 in person.rests

    # --- what happens ------------------------------------------------------------------------------
    def happen(self, now: datetime, order: int, person: Recipient, kind: str, urgent: bool) -> None:
        """An order moved."""
        self.facts += 1
        self.status[order] = RULES[kind][3]
        if kind == "order_confirmed":
            self.placed[order] = (now, person, urgent)
        self._add(Notice(order, person, kind, urgent, now, (now, self.facts), in_log=self.facts), now)

    def remind(self, now: datetime, steps: tuple[int, ...]) -> None:
        """The timers look round."""
        for order, (placed, person, urgent) in self.placed.items():
            due = [step for step in steps if placed + timedelta(minutes=step) <= now]
            if self.status[order] != "pending_payment" or not due:
                continue
            known = {
                notice.step for notice in self.notices if notice.order == order and notice.kind == "unpaid"
            }
            if due[-1] not in known:
                happened = placed + timedelta(minutes=due[-1])
                self.facts += 1
                notice = Notice(
                    order, person, "unpaid", urgent, happened, (happened, 10**9 + self.facts), due[-1]
                )
                self._add(notice, now)

    def _add(self, notice: Notice, now: datetime) -> None:
        notice.when, notice.why, _full = self.moment_for(notice, now, [])
        self.notices.append(notice)

    # --- when --------------------------------------------------------------------------------------
    def moment_for(self, notice: Notice, now: datetime, told: list[datetime], limit: int | None = None):
        """The first half hour, walking on from now, that suits everybody; and what it was that did not suit."""
        policy, delay = RULES[notice.kind][1:3]
        due = max(now, notice.happened + timedelta(minutes=delay))
        hasty = notice.urgent and policy == "urgent"
        closed, rests = not self.is_open(due), self.rests(notice.person, due)
        if hasty:
            why = "urgent" if closed or rests else "at_once"
        elif closed:
            why = "outside_hours"
        elif rests:
            why = "resting"
        else:
            why = "delayed" if due > now else "at_once"
        if hasty and due > now and why == "at_once":
            why = "delayed"
        moment = due
        while not hasty and (not self.is_open(moment) or self.rests(notice.person, moment)):
            moment += SLOT
        if notice.kind in FREE or why == "urgent" or limit is None:
            return moment, why, False
        held = notice.why == "over_budget"
        promised = notice.when if held else None
        full = False
        while sum(moment - DAY < each for each in told) >= limit and not (promised and moment >= promised):
            moment, full = moment + SLOT, True
        while full and not hasty and (not self.is_open(moment) or self.rests(notice.person, moment)):
            moment += SLOT
        return moment, "over_budget" if full or held else why, full

    # --- the sweep -----------------------------------------------------------------------------------
    def sweep(self, now: datetime) -> None:
        """Everybody for whom something is due."""
        due = [each for each in self.notices if each.state == "waiting" and each.when and each.when <= now]
        alive = [
            each
            for each in self.notices
            if each.state in ("waiting", "sent", "merged") and each.kind != "unpaid"
        ]
        latest: dict[int, int] = {}
        for each in alive:
            latest[each.order] = max(latest.get(each.order, 0), each.in_log)
        for person in {id(each.person): each.person for each in due}.values():
            self._serve(person, now, latest)

    def _serve(self, person: Recipient, now: datetime, latest: dict[int, int]) -> None:
        mine = [
            each
            for each in self.notices
            if each.person is person
            and each.state == "waiting"
            and (each.when <= now or each.why in ("over_cap", "over_budget"))
        ]
        left = [each for each in mine if not self._dropped(each, now, latest)]
        groups: dict[object, list[Notice]] = {}
        for each in left:
            groups.setdefault(each.order if self._was_held(each, now) else id(each), []).append(each)
        messages: list[list[Notice]] = []
        waiting: list[Notice] = []
        for group in sorted(
            groups.values(), key=lambda g: (-max(e.priority for e in g), min(e.place for e in g))
        ):
            verdicts = {id(each): self.moment_for(each, now, person.told, self.budget) for each in group}
            go = [each for each in group if verdicts[id(each)][0] <= now]
            over = [each for each in group if verdicts[id(each)][2] and each not in go]
            for each in group:
                if each not in go:
                    each.when, each.why, _full = verdicts[id(each)]
            if go:
                head = sorted(go, key=lambda each: (-each.priority, each.place))[0]
                messages.append([head, *(each for each in go + over if each is not head)])
                person.told.append(now)
            else:
                waiting += over
        for each in sorted(waiting, key=lambda each: each.place):
            own = [message for message in messages if message[0].order == each.order]
            if own:
                min(own, key=lambda message: message[0].place).append(each)
        for message in messages:
            for place, each in enumerate(message):
                each.sent, each.state = now, "sent" if place == 0 else "merged"

    def _was_held(self, each: Notice, now: datetime) -> bool:
        delay = timedelta(minutes=RULES[each.kind][2])
        return each.why in HELD or now - each.happened - delay > timedelta(minutes=10)

    def _dropped(self, each: Notice, now: datetime, latest: dict[int, int]) -> bool:
        status = self.status[each.order]
        if each.kind in each.person.muted and not each.money:
            each.state, each.why = "dropped", "muted"
        elif each.kind == "unpaid" and status != "pending_payment":
            each.state, each.why = "dropped", "taken_back"
        elif each.kind != "unpaid" and not each.money and self._was_held(each, now):
            passed = RULES[each.kind][3] != status
            overtaken = latest.get(each.order, 0) > each.in_log or status in CLOSED
            if passed and overtaken and each.why != "over_budget":
                each.state, each.why = "dropped", "superseded"
        return each.state == "dropped"
