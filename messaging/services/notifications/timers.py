"""Notices that nothing announces: unpaid for long, picked for long, not answered for long. Rows make them, not clocks.

A step that is missed while the product is down is not made up: only the last one that is due is told.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import OperationalError
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Conversation, Message, Notification, NotificationRule, Trigger
from messaging.selectors.unanswered import is_unanswered, wanting_an_answer
from messaging.services.notifications.facts import facts_of_order, facts_of_talk
from messaging.services.notifications.planning import Occasion, plan_notices
from orders.errors import OrderError
from orders.models import Order, Status
from orders.selectors.credit import open_debts
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.hours import DAY, HORIZON_DAYS, WorkingCalendar
from shopcomm.core.deadlocks import DatabaseBusy, leave_to_next_sweep

log = logging.getLogger(__name__)
BATCH = 1000
# Rows older than this past the last step are not looked at again.
FORGOTTEN = timedelta(days=3)
# Staff are waited for while they are there; a customer's money knows no office hours.
IN_WORKING_TIME = frozenset({Trigger.PICKING_LONG, Trigger.UNANSWERED})


class Step(NamedTuple):
    """One reminder of a timer: how many minutes after the beginning, and when that is."""

    minutes: int
    due_at: datetime


class Candidate(NamedTuple):
    """Something for which a step is due: what makes its notice unique, and whose it is."""

    cause: str
    step: Step
    order_id: int | None
    conversation_id: int | None = None
    text: str = ""


def batched(things: Iterable[Candidate], size: int) -> Iterator[list[Candidate]]:
    """Things by the hundred."""
    source = iter(things)
    while chunk := list(islice(source, size)):
        yield chunk


def plan_timers(*, now: datetime | None = None) -> int:
    """Write the notices of every timer that has run out. Returns how many. One that is broken holds up no other."""
    now, planned = now or timezone.now(), 0
    for rule in NotificationRule.objects.filter(enabled=True, trigger__in=SOURCES):
        with leave_to_next_sweep(f"timers of rule {rule.pk}"):
            for chunk in batched(SOURCES[rule.trigger](rule, now), BATCH):
                planned += _plan_chunk(rule, chunk, now)
    return planned


def _plan_chunk(rule: NotificationRule, chunk: Sequence[Candidate], now: datetime) -> int:
    """All at once; or, when one of them cannot be planned, one by one."""
    try:
        return plan_notices([rule], _occasions(rule, _new(rule, chunk)), now=now)
    except DatabaseBusy:
        log.warning("timers of rule %s left to the next sweep: others kept the rows", rule.pk)
        return 0
    except OperationalError:
        raise
    except Exception:
        log.exception("timers of rule %s could not be planned together; going on one by one", rule.pk)
    planned = 0
    for each in chunk:
        with leave_to_next_sweep(f"timer {each.cause}"):
            planned += plan_notices([rule], _occasions(rule, _new(rule, [each])), now=now)
    return planned


def last_due(
    rule: NotificationRule, begun: datetime, now: datetime, calendar: WorkingCalendar | None
) -> Step | None:
    """The last step of a rule that is due; None before the first. With a calendar its minutes are working time."""
    found = None
    for minutes in sorted(rule.steps):
        wait = timedelta(minutes=minutes)
        due = calendar.after_working(begun, wait) if calendar else begun + wait
        if due is not None and due <= now:
            found = Step(minutes, due)
    return found


def _unpaid(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Wall-clock time: a customer's money knows no office hours; the notice itself waits for them."""
    first, last = timedelta(minutes=min(rule.steps)), timedelta(minutes=max(rule.steps))
    orders = Order.objects.filter(
        status=Status.PENDING_PAYMENT, placed_at__lte=now - first, placed_at__gt=now - last - FORGOTTEN
    )
    for pk, begun in _unfinished(rule, orders, "placed_at").values_list("pk", "placed_at").iterator():
        if step := last_due(rule, begun, now, None):
            yield Candidate(f"unpaid:{pk}:{step.minutes}", step, pk)


def _picking(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Working time since the warehouse began."""
    calendar = working_calendar()
    begun_by = now - timedelta(minutes=min(rule.steps))
    orders = Order.objects.filter(status=Status.PICKING, picking_at__lte=begun_by)
    for pk, begun in _unfinished(rule, orders, "picking_at").values_list("pk", "picking_at").iterator():
        if begun and (step := last_due(rule, begun, now, calendar)):
            yield Candidate(f"picking:{pk}:{int(begun.timestamp())}:{step.minutes}", step, pk)


def debt_begun(trigger: str, due_on: date) -> datetime:
    """From when a debt's reminders are counted: the day it falls due, or the day after, at midnight of the shop."""
    day = due_on + timedelta(days=1 if trigger == Trigger.DEBT_OVERDUE else 0)
    return timezone.make_aware(datetime.combine(day, time.min))


def _debts(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Wall-clock time since the day; what is paid, or no longer owed, is left out."""
    first, last = timedelta(minutes=min(rule.steps)), timedelta(minutes=max(rule.steps))
    oldest, newest = (timezone.localdate(now - wait) for wait in (last + FORGOTTEN + DAY, first))
    owed = open_debts(on_account=True, due_on__gte=oldest, due_on__lte=newest)
    for pk, due_on in owed.values_list("pk", "due_on").iterator():
        if due_on and (step := last_due(rule, debt_begun(rule.trigger, due_on), now, None)):
            # Another day, after the terms were changed, is another debt.
            yield Candidate(f"{rule.trigger}:{pk}:{due_on:%Y%m%d}:{step.minutes}", step, pk)


def _unanswered(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Working time since the first message of the customer's that nobody has answered."""
    calendar = working_calendar()
    waiting = Conversation.objects.filter(
        is_unanswered(), last_message_at__gt=remembered_since(now, calendar)
    )
    for talk in waiting.only("id", "order_id", "last_shop_seq", "closed_seq").iterator():
        asked = _first_unanswered(talk)
        if asked and (step := last_due(rule, asked.created_at, now, calendar)):
            cause = f"unanswered:{talk.pk}:{asked.seq}:{step.minutes}"
            yield Candidate(cause, step, talk.order_id, talk.pk, asked.body[:100])


def remembered_since(now: datetime, calendar: WorkingCalendar) -> datetime:
    """How far back an unanswered customer is remembered: through a week of holidays, but not the days before it."""
    since, open_days = now, 0
    for _day in range(HORIZON_DAYS):
        if open_days == FORGOTTEN.days:
            break
        since -= DAY
        open_days += calendar.never_closes or calendar.working_time(since, since + DAY) > timedelta(0)
    return since


def _unfinished(rule: NotificationRule, orders: QuerySet[Order], begun: str) -> QuerySet[Order]:
    """Orders whose last step has no notice yet: the others need no arithmetic any more."""
    last = Notification.objects.filter(
        rule=rule,
        order=OuterRef("pk"),
        cause__endswith=f":{max(rule.steps)}",
        happened_at__gte=OuterRef(begun),
    )
    return orders.filter(~Exists(last))


def _first_unanswered(talk: Conversation) -> Message | None:
    return wanting_an_answer(talk.pk, talk.answered_seq).first()


SOURCES: dict[str, Callable[[NotificationRule, datetime], Iterator[Candidate]]] = {
    Trigger.UNPAID: _unpaid,
    Trigger.DEBT_DUE: _debts,
    Trigger.DEBT_OVERDUE: _debts,
    Trigger.PICKING_LONG: _picking,
    Trigger.UNANSWERED: _unanswered,
}


def _new(rule: NotificationRule, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that have no notice yet: a sweep looks at many orders and tells of few."""
    known = Notification.objects.filter(rule=rule, cause__in=[each.cause for each in candidates])
    causes = set(known.values_list("cause", flat=True))
    return [each for each in candidates if each.cause not in causes]


def _occasions(rule: NotificationRule, candidates: Sequence[Candidate]) -> list[Occasion]:
    orders = Order.objects.select_related("customer").in_bulk([c.order_id for c in candidates if c.order_id])
    talks = Conversation.objects.select_related("customer").in_bulk(
        [c.conversation_id for c in candidates if c.conversation_id]
    )
    found = []
    for each in candidates:
        order, talk = orders.get(each.order_id or 0), talks.get(each.conversation_id or 0)
        found.append(
            Occasion(
                trigger=rule.trigger,
                cause=each.cause,
                happened_at=each.step.due_at,
                order=order,
                conversation=talk,
                facts=facts_of_order(order, [rule]) if order else facts_of_talk(talk),
                data={"minutes": each.step.minutes, "text": each.text},
            )
        )
    return found


def cancel_unpaid(*, now: datetime | None = None) -> int:
    """Cancel orders that stayed unpaid after the last reminder of a rule that says so. Returns how many."""
    now, cancelled = now or timezone.now(), 0
    for rule in NotificationRule.objects.filter(enabled=True, trigger=Trigger.UNPAID, cancel_after__gt=0):
        told = Notification.objects.filter(
            rule=rule,
            cause__endswith=f":{max(rule.steps)}",
            state__in=[Notification.State.SENT, Notification.State.MERGED],
            sent_at__lte=now - timedelta(minutes=rule.cancel_after or 0),
            order__status=Status.PENDING_PAYMENT,
            order__paid_amount=F("order__refunded_amount"),
        )
        # Who answered is talked with, not cancelled; the term of payment ends all the same.
        told = told.exclude(order__conversation__last_customer_seq__gt=Coalesce("merged_into__seq", "seq"))
        for order_id in told.values_list("order_id", flat=True)[:BATCH]:
            with leave_to_next_sweep(f"order {order_id}"):
                cancelled += _cancel(order_id or 0)
    return cancelled


def _cancel(order_id: int) -> int:
    try:
        reason = {"reason": _("多次提醒后仍未付款"), "overdue": True}
        transition_order(actor=Actor.system(), order_id=order_id, to=Status.CANCELLED, data=reason)
    except (OrderError, Order.DoesNotExist):
        # Paid in this very moment: then there is nothing to cancel.
        return 0
    return 1
