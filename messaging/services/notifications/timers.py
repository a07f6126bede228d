"""Notices that nothing announces: unpaid for long, picked for long, not answered for long, a year without its days off.

Rows make them, not clocks. Each row is looked at alone: one that cannot be read holds up no other.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, TypeVar

from django.db import OperationalError
from django.db.models import Exists, F, Model, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Conversation, Message, Notification, NotificationRule
from messaging.policies.notifications.steps import (
    FORGOTTEN,
    Step,
    debt_counted_from,
    last_due_step,
    reached_reminder,
    remembered_since,
)
from messaging.policies.notifications.triggers import Trigger
from messaging.selectors.unanswered import is_unanswered, messages_wanting_answer
from messaging.services.notifications.occasions import Occasion, facts_of_conversation, facts_of_order
from messaging.services.notifications.planning import plan_notices
from orders.errors import OrderError
from orders.models import Order, Status
from orders.selectors.credit import open_debts
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.calendar import (
    WARNED_DAYS_BEFORE,
    holiday_gap,
    today_in_shop,
    working_calendar,
)
from shopcomm.core.configuration.hours import DAY
from shopcomm.core.deadlocks import DatabaseBusy, leave_to_next_sweep

log = logging.getLogger(__name__)
BATCH = 1000
# Days before a year begins on which managers are reminded of its days off; the last one that has come is told.
REMINDED_DAYS_BEFORE = (WARNED_DAYS_BEFORE, 30, 14, 7, 3, 1, 0)
M = TypeVar("M", bound=Model)


class Candidate(NamedTuple):
    """Something for which a step is due: what makes its notice unique, and whose it is."""

    cause: str
    step: Step
    order_id: int | None
    conversation_id: int | None = None
    text: str = ""


def plan_timers(*, now: datetime | None = None) -> int:
    """Write the notices of every timer that has run out. Returns how many. One that is broken holds up no other."""
    now, planned = now or timezone.now(), 0
    for rule in NotificationRule.objects.filter(enabled=True, trigger__in=SOURCES):
        with leave_to_next_sweep(f"timers of rule {rule.pk}"):
            for chunk in _chunks(SOURCES[rule.trigger](rule, now)):
                planned += _plan_chunk(rule, chunk, now)
    return planned


def _chunks(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    source = iter(candidates)
    while chunk := list(islice(source, BATCH)):
        yield chunk


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


def _due_rows(
    rule: NotificationRule, rows: QuerySet[M], due: Callable[[M], Candidate | None]
) -> Iterator[Candidate]:
    """What is due of these rows; one whose step cannot be reckoned is left out, and named in the log."""
    for row in rows.iterator():
        candidate = None
        try:
            candidate = due(row)
        except OperationalError:
            raise
        except Exception:
            log.exception("timer of rule %s for %s %s failed", rule.pk, type(row).__name__, row.pk)
        if candidate:
            yield candidate


def _unpaid(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Wall-clock time: a customer's money knows no office hours; the notice itself waits for them."""
    first, last = timedelta(minutes=min(rule.steps)), timedelta(minutes=max(rule.steps))
    orders = Order.objects.filter(
        status=Status.PENDING_PAYMENT, placed_at__lte=now - first, placed_at__gt=now - last - FORGOTTEN
    )

    def due(order: Order) -> Candidate | None:
        step = last_due_step(rule.steps, order.placed_at, now, None)
        return Candidate(f"unpaid:{order.pk}:{step.minutes}", step, order.pk) if step else None

    yield from _due_rows(rule, _unfinished(rule, orders, "placed_at").only("pk", "placed_at"), due)


def _picking(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Working time since the warehouse began."""
    calendar = working_calendar()
    begun_by = now - timedelta(minutes=min(rule.steps))
    orders = Order.objects.filter(status=Status.PICKING, picking_at__lte=begun_by)

    def due(order: Order) -> Candidate | None:
        begun = order.picking_at
        step = last_due_step(rule.steps, begun, now, calendar) if begun else None
        if begun is None or step is None:
            return None
        return Candidate(f"picking:{order.pk}:{int(begun.timestamp())}:{step.minutes}", step, order.pk)

    yield from _due_rows(rule, _unfinished(rule, orders, "picking_at").only("pk", "picking_at"), due)


def _debts(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Wall-clock time since the day; what is paid, or no longer owed, is left out."""
    first, last = timedelta(minutes=min(rule.steps)), timedelta(minutes=max(rule.steps))
    oldest, newest = (timezone.localdate(now - wait) for wait in (last + FORGOTTEN + DAY, first))
    owed = open_debts(on_account=True, due_on__gte=oldest, due_on__lte=newest)
    zone = timezone.get_current_timezone()

    def due(order: Order) -> Candidate | None:
        if order.due_on is None:
            return None
        step = last_due_step(rule.steps, debt_counted_from(rule.trigger, order.due_on, zone), now, None)
        # Another day, after the terms were changed, is another debt.
        cause = f"{rule.trigger}:{order.pk}:{order.due_on:%Y%m%d}"
        return Candidate(f"{cause}:{step.minutes}", step, order.pk) if step else None

    yield from _due_rows(rule, owed.only("pk", "due_on"), due)


def _unanswered(rule: NotificationRule, now: datetime) -> Iterator[Candidate]:
    """Working time since the first message of the customer's that nobody has answered."""
    calendar = working_calendar()
    waiting = Conversation.objects.filter(
        is_unanswered(), last_message_at__gt=remembered_since(now, calendar)
    )

    def due(talk: Conversation) -> Candidate | None:
        asked = _first_unanswered(talk)
        step = last_due_step(rule.steps, asked.created_at, now, calendar) if asked else None
        if asked is None or step is None:
            return None
        cause = f"unanswered:{talk.pk}:{asked.seq}:{step.minutes}"
        return Candidate(cause, step, talk.order_id, talk.pk, asked.body[:100])

    yield from _due_rows(rule, waiting.only("id", "order_id", "last_shop_seq", "closed_seq"), due)


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
    return messages_wanting_answer(talk.pk, talk.answered_seq).first()


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
                facts=facts_of_order(order, [rule]) if order else facts_of_conversation(talk),
                data={"minutes": each.step.minutes, "text": each.text},
            )
        )
    return found


def cancel_unpaid(*, now: datetime | None = None) -> int:
    """Cancel orders that stayed unpaid after the last reminder of a rule that says so. Returns how many."""
    now, cancelled = now or timezone.now(), 0
    for rule in NotificationRule.objects.filter(enabled=True, trigger=Trigger.UNPAID, cancel_after__gt=0):
        with leave_to_next_sweep(f"orders that rule {rule.pk} cancels"):
            cancelled += _cancel_reminded(rule, now)
    return cancelled


def _cancel_reminded(rule: NotificationRule, now: datetime) -> int:
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
    cancelled = 0
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


def remind_of_holidays(*, now: datetime | None = None) -> int:
    """Plan the notices about a year whose make-up days nobody has entered, rule by rule. Returns how many."""
    now = now or timezone.now()
    gap = holiday_gap(today_in_shop(now))
    days = reached_reminder(gap.days_left, REMINDED_DAYS_BEFORE) if gap else None
    if gap is None or days is None:
        return 0
    occasion = Occasion(
        trigger=Trigger.HOLIDAYS_MISSING,
        cause=f"holidays:{gap.year}:{days}",
        happened_at=now,
        data={"year": gap.year},
    )
    planned = 0
    for rule in NotificationRule.objects.filter(trigger=Trigger.HOLIDAYS_MISSING, enabled=True):
        with leave_to_next_sweep(f"holidays by rule {rule.pk}"):
            if not rule.notifications.filter(cause=occasion.cause).exists():
                planned += plan_notices([rule], [occasion], now=now)
    return planned
