"""What a rule would have sent in the last days, from the event log and the orders' own times. Nothing is written."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from messaging.models import (
    Message,
    Notification,
    NotificationRule,
    RecipientKind,
    Sender,
    StockWatch,
    Trigger,
)
from messaging.policies.notifications.conditions import meets_conditions
from messaging.policies.notifications.rehearsal import PastDays, play_through
from messaging.policies.notifications.steps import Step, debt_counted_from, reached_steps
from messaging.policies.notifications.timing import (
    BUDGET_WINDOW,
    Decision,
    Reason,
)
from messaging.policies.notifications.triggers import TIMERS, event_types_for
from messaging.services.notifications.back_in_stock import stock_occasion
from messaging.services.notifications.occasions import (
    Occasion,
    facts_of_conversation,
    facts_of_order,
    occasion_of,
    triggers_of,
)
from messaging.services.notifications.planning import request_for
from messaging.services.notifications.recipients import (
    Recipient,
    find_recipients,
    people_filter,
    quiet_windows,
    recipient_of,
)
from orders.events import StockBack
from orders.models import Order
from orders.selectors.credit import open_debts
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.hours import WorkingCalendar
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.facts import fact_of, has_readable_fact
from shopcomm.core.events.models import DomainEvent

DAYS = 7
MOST_SHOWN = 200
# What a timer's rule would have told of between two moments.
Source = Callable[[NotificationRule, datetime, datetime, WorkingCalendar], Iterator[Occasion]]


class Rehearsed(NamedTuple):
    """One notice that would have been: of what, to whom, when and why then."""

    occasion: Occasion
    person: Recipient
    decision: Decision


class Rehearsal(NamedTuple):
    """All of them, counted; `over_budget` are those of the held ones that a customer's daily budget holds."""

    notices: list[Rehearsed]
    total: int
    held: int
    over_budget: int
    people: int
    most_for_one: int
    not_matching: int


def rehearse_rule(rule: NotificationRule, now: datetime, days: int = DAYS) -> Rehearsal:
    """Play the last days through a rule as it stands: its cap, and the budget that it shares with what other rules told."""
    calendar, asked, missed = working_calendar(), [], 0
    for occasion in sorted(_occasions(rule, now, days, calendar), key=lambda each: each.happened_at):
        if not meets_conditions(rule, occasion.facts):
            missed += 1
            continue
        people = find_recipients(rule, occasion.order, occasion.conversation)
        asked += [(occasion, person) for person in people]
    past = _past_days(rule, calendar, {person for _occasion, person in asked}, now - timedelta(days=days))
    requests = [(request_for(rule, occasion), person) for occasion, person in asked]
    decisions = play_through(requests, past, now)
    return _counted(
        [Rehearsed(*each, decision) for each, decision in zip(asked, decisions, strict=True)], missed
    )


def _counted(notices: list[Rehearsed], missed: int) -> Rehearsal:
    counts = Counter(each.person for each in notices)
    held = [each for each in notices if each.decision.send_at != each.occasion.happened_at]
    return Rehearsal(
        notices[-MOST_SHOWN:][::-1],
        len(notices),
        len(held),
        sum(each.decision.reason is Reason.OVER_BUDGET for each in held),
        len(counts),
        max(counts.values(), default=0),
        missed,
    )


def _past_days(
    rule: NotificationRule, calendar: WorkingCalendar, people: set[Recipient], since: datetime
) -> PastDays[Recipient]:
    """Who rests, who has a budget, and what other rules told them."""
    customers = {person for person in people if person.kind == RecipientKind.CUSTOMER}
    others = Notification.objects.filter(
        people_filter(customers, "recipient"),
        state=Notification.State.SENT,
        sent_at__gt=since - BUDGET_WINDOW,
    ).exclude(rule=rule.pk)
    told: dict[Recipient, list[datetime]] = defaultdict(list)
    for row in others.order_by("sent_at").only("recipient_kind", "recipient_id", "sent_at"):
        told[recipient_of(row)].append(row.sent_at)  # type: ignore[arg-type]
    budgets = dict.fromkeys(customers, shop_settings().customer_daily_budget)
    return PastDays(calendar, quiet_windows(people), budgets, told)


def events_of_last_days(trigger: str, days: int, now: datetime) -> list[DomainEvent]:
    """The events of the last days that pull a trigger, oldest first."""
    events = DomainEvent.objects.filter(occurred_at__gt=now - timedelta(days=days), occurred_at__lte=now)
    found = events.filter(type__in=event_types_for(trigger)).order_by("pk")
    return [event for event in found.iterator() if has_readable_fact(event) and trigger in triggers_of(event)]


def _occasions(
    rule: NotificationRule, now: datetime, days: int, calendar: WorkingCalendar
) -> Iterator[Occasion]:
    if rule.trigger == Trigger.BACK_IN_STOCK:
        yield from _back_in_stock(now - timedelta(days=days), now)
        return
    if rule.trigger not in TIMERS:
        for event in events_of_last_days(rule.trigger, days, now):
            if not event.is_history:
                yield occasion_of(event, rule.trigger, [rule])
        return
    since = now - timedelta(days=days)
    source: dict[str, Source] = {
        Trigger.UNPAID: _unpaid,
        Trigger.PICKING_LONG: _picking,
        Trigger.UNANSWERED: _unanswered,
        Trigger.DEBT_DUE: _debts,
        Trigger.DEBT_OVERDUE: _debts,
    }
    yield from source[rule.trigger](rule, since, now, calendar)


def _debts(
    rule: NotificationRule, since: datetime, now: datetime, calendar: WorkingCalendar
) -> Iterator[Occasion]:
    """Debts that fell due in the time and are still open: what was paid meanwhile had its own day."""
    longest, day = timedelta(minutes=max(rule.steps), days=1), timezone.localdate(now)
    zone = timezone.get_current_timezone()
    found = open_debts(on_account=True, due_on__gte=timezone.localdate(since - longest), due_on__lte=day)
    for order in found.select_related("customer").iterator(chunk_size=500):
        begun = debt_counted_from(rule.trigger, order.due_on or day, zone)
        steps = reached_steps(rule.steps, begun, now, None)
        yield from (_about(rule, order, step) for step in steps if step.due_at > since)


def _back_in_stock(since: datetime, now: datetime) -> Iterator[Occasion]:
    """Every arrival of goods with those who waited for them at the time, each once."""
    arrivals = DomainEvent.objects.filter(
        type=StockBack.type, occurred_at__gt=since, occurred_at__lte=now, data__history__isnull=True
    )
    seen: set[int] = set()
    for event in arrivals.order_by("pk"):
        fact = fact_of(event, StockBack)
        if fact is None:
            continue
        watches = StockWatch.objects.filter(variant__sku=fact.sku, asked_at__lte=event.occurred_at)
        open_ = watches.filter(cancelled_at=None).exclude(told_at__lt=event.occurred_at).exclude(pk__in=seen)
        for watch in open_.select_related("conversation__customer", "variant").order_by("asked_at", "pk"):
            seen.add(watch.pk)
            yield stock_occasion(watch, event.occurred_at, event.pk, fact.available)


def _unpaid(
    rule: NotificationRule, since: datetime, now: datetime, calendar: WorkingCalendar
) -> Iterator[Occasion]:
    orders = Order.objects.filter(placed_at__gt=since, placed_at__lte=now).select_related("customer")
    for order in orders.order_by("placed_at").iterator(chunk_size=500):
        ended = min(filter(None, (order.paid_at, order.closed_at, now)))
        for step in reached_steps(rule.steps, order.placed_at, ended, None):
            yield _about(rule, order, step)


def _picking(
    rule: NotificationRule, since: datetime, now: datetime, calendar: WorkingCalendar
) -> Iterator[Occasion]:
    orders = Order.objects.filter(picking_at__gt=since, picking_at__lte=now).select_related("customer")
    for order in orders.order_by("picking_at").iterator(chunk_size=500):
        ended = min(filter(None, (order.shipped_at, order.closed_at, now)))
        for step in reached_steps(rule.steps, order.picking_at or now, ended, calendar):
            yield _about(rule, order, step)


def _about(rule: NotificationRule, order: Order, step: Step) -> Occasion:
    return Occasion(
        trigger=rule.trigger, cause="", happened_at=step.due_at, order=order, facts=facts_of_order(order, [rule]),
        data={"minutes": step.minutes},
    )  # fmt: skip


def _unanswered(
    rule: NotificationRule, since: datetime, now: datetime, calendar: WorkingCalendar
) -> Iterator[Occasion]:
    """Every stretch between a customer's message and the shop's next one."""
    spoken = Q(sender_kind=Sender.CUSTOMER) | Q(
        sender_kind__in=[Sender.STAFF, Sender.ASSISTANT], internal=False
    )
    messages = Message.objects.filter(spoken, created_at__gt=since, created_at__lte=now)
    messages = messages.select_related("conversation__order__customer", "conversation__customer").order_by(
        "conversation_id", "seq"
    )
    asked: Message | None = None
    for message in messages.iterator(chunk_size=1000):
        if asked and asked.conversation_id != message.conversation_id:
            yield from _waited(rule, asked, now, calendar)
            asked = None
        if message.sender_kind == Sender.CUSTOMER:
            asked = asked or message
        elif asked:
            yield from _waited(rule, asked, message.created_at, calendar)
            asked = None
    if asked:
        yield from _waited(rule, asked, now, calendar)


def _waited(
    rule: NotificationRule, asked: Message, until: datetime, calendar: WorkingCalendar
) -> Iterator[Occasion]:
    talk = asked.conversation
    for step in reached_steps(rule.steps, asked.created_at, until, calendar):
        facts = facts_of_order(talk.order, [rule]) if talk.order else facts_of_conversation(talk)
        yield Occasion(
            trigger=rule.trigger, cause="", happened_at=step.due_at, order=talk.order, conversation=talk,
            data={"minutes": step.minutes}, facts=facts,
        )  # fmt: skip
