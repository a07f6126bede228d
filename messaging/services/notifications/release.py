"""The sweep: what is due is looked at once more, put into conversations and the notification centre, and handed on.

All of a batch happens in one transaction, so a worker killed in the middle has told nobody anything. One sweep
has a person at a time (an advisory lock): budgets and merging need to see everything that waits for them.
"""

import logging
from collections.abc import Sequence
from copy import copy
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from messaging.models import Notification, RecipientKind
from messaging.policies.notifications.merge import DeliveryPlan, plan_delivery
from messaging.policies.notifications.timing import Reason
from messaging.services.channels.delivery import route_notices
from messaging.services.notifications.back_in_stock import requeue_unserved_watches
from messaging.services.notifications.batch import Batch
from messaging.services.notifications.planning import store_notices
from messaging.services.notifications.recipients import Recipient, find_recipients, people_filter
from messaging.services.notifications.render import send_in_product
from messaging.services.notifications.waiting import postpone_failed
from shopcomm.core.deadlocks import DatabaseBusy, leave_to_next_sweep, retry_on_deadlock

log = logging.getLogger(__name__)
State = Notification.State
PEOPLE = 400
SWEEPS = 16
# Marks the locks of this module among all advisory locks.
LOCK_SPACE = 7_302

# The people for whom something is due and whom no other sweep has in hand: the LIMIT ends the taking of locks. It
# looks past those that other sweeps hold, as many sweeps as there may be.
DUE_PEOPLE = """
WITH due AS MATERIALIZED (
    SELECT DISTINCT recipient_kind, recipient_id FROM (
        SELECT recipient_kind, recipient_id FROM messaging_notification
        WHERE state = 'waiting' AND send_at <= %s ORDER BY send_at LIMIT %s
    ) oldest
)
SELECT recipient_kind, recipient_id FROM due
WHERE pg_try_advisory_xact_lock(%s, hashtext(recipient_kind || recipient_id::text))
LIMIT %s
"""


def release_due(*, now: datetime | None = None, people: int = PEOPLE) -> int:
    """Send everything that is due, batch by batch. Returns how many notices were settled."""
    settled = 0
    with leave_to_next_sweep("notices"):
        while batch := _batch_or_each(now or timezone.now(), people):
            settled += batch
    return settled


def _batch_or_each(now: datetime, people: int) -> int:
    """A batch; or, when one notice of it cannot be told, its people one by one, so that it holds up nobody else."""
    busy: DatabaseBusy | None = None
    try:
        return release_batch(now=now, people=people)
    except DatabaseBusy as error:
        busy = error
        log.warning("a batch of notices met rows that others keep; going on person by person")
    except OperationalError:
        raise
    except Exception:
        log.exception("a batch of notices could not be released; going on person by person")
    with transaction.atomic():
        each = due_people(now, people)
    if busy and len(each) < 2:
        # Nobody else waits behind whoever is kept.
        raise busy
    released = 0
    for person in each:
        with leave_to_next_sweep(f"notices of {person.kind} {person.id}"):
            released += _release_one(person, now)
    return released


def _release_one(person: Recipient, now: datetime) -> int:
    """One person's notices; when one of them cannot be told, the others all the same."""
    for _attempt in range(2):
        try:
            return _release_person(person, now)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("the notices of %s %s could not be released", person.kind, person.id)
            if not _put_off_broken(person, now):
                # None of them fails alone.
                return sum(postpone_failed(row, error, now) for row in _due_of(person, now))
    return 0


def _due_of(person: Recipient, now: datetime) -> list[Notification]:
    waiting = Notification.objects.filter(people_filter([person], "recipient"), state=State.WAITING)
    return list(waiting.filter(send_at__lte=now).order_by("pk"))


def _put_off_broken(person: Recipient, now: datetime) -> int:
    """Try each of a person's notices alone, without telling it, and put off what fails. Returns how many did."""
    broken = 0
    for row in _due_of(person, now):
        try:
            with transaction.atomic():
                _decide_and_tell(list(_locked(Q(pk=row.pk))), now)
                transaction.set_rollback(True)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("notice %s could not be told", row.pk)
            broken += postpone_failed(row, error, now)
    return broken


@retry_on_deadlock
@transaction.atomic
def _release_person(person: Recipient, now: datetime) -> int:
    return _release([person] if _is_free(person) else [], now)


@retry_on_deadlock
@transaction.atomic
def release_batch(*, now: datetime, people: int = PEOPLE) -> int:
    """Send the due notices of some people. Returns how many are settled; 0 when nothing can be done now."""
    return _release(due_people(now, people), now)


def _release(people: Sequence[Recipient], now: datetime) -> int:
    return _decide_and_tell(lock_due_notices(people, now), now)


def _decide_and_tell(rows: Sequence[Notification], now: datetime) -> int:
    batch = Batch(rows, now)
    outcomes = {
        person: plan_delivery(batch.pending_of(person), batch.context_of(person), batch.told_by_rule(person))
        for person in batch.people
    }
    batch.refresh_stock_counts()
    told = send_in_product(batch, [message for result in outcomes.values() for message in result.messages])
    _hand_on(
        batch, [pk for result in outcomes.values() for pk, why in result.dropped.items() if why == "nobody"]
    )
    for result in outcomes.values():
        _note(batch, result)
    requeue_unserved_watches(batch.rows[pk] for result in outcomes.values() for pk in result.dropped)
    batch.write_outcomes()
    route_notices(told, batch.rules, batch.preferences, batch.now)
    return len(batch.touched)


def _is_free(person: Recipient) -> bool:
    """Take one person for this transaction, unless another sweep has them in hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, f"{person.kind}{person.id}"]
        )
        return bool(cursor.fetchone()[0])


def due_people(now: datetime, limit: int) -> list[Recipient]:
    """People with something due, now locked by this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_PEOPLE, [now, limit * SWEEPS, LOCK_SPACE, limit])
        return [Recipient(kind, pk) for kind, pk in cursor.fetchall()]


def lock_due_notices(people: Sequence[Recipient], now: datetime) -> list[Notification]:
    """Everything that is due for these people, and what waits for room to ride along. Locked."""
    if not people:
        return []
    ready = Q(send_at__lte=now) | Q(reason__in=[Reason.OVER_CAP, Reason.OVER_BUDGET])
    return list(_locked(people_filter(people, "recipient") & ready))


def _locked(wanted: Q) -> QuerySet[Notification]:
    rows = Notification.objects.filter(wanted, state=State.WAITING).order_by("pk")
    return rows.select_for_update(skip_locked=True, no_key=True)


def _hand_on(batch: Batch, ids: Sequence[int]) -> None:
    """What waited for a member of staff who has left goes to those whom its rule would tell now."""
    rows = []
    for row in (batch.rows[pk] for pk in ids if batch.rows[pk].recipient_kind == RecipientKind.STAFF):
        talk = batch.conversations.get(row.conversation_id or 0)
        heirs = find_recipients(batch.rules[row.rule_id], row.order, talk)
        # A rule that tells the customer by now has nobody in the shop who could have it.
        for person in (heir for heir in heirs if heir.kind == RecipientKind.STAFF):
            heir = copy(row)
            heir.pk, heir.recipient_id, heir.send_at = None, person.id, batch.now
            rows.append(heir)
    if rows:
        store_notices(rows, batch.now)


def _note(batch: Batch, result: DeliveryPlan) -> None:
    """Write down what was not told, and why."""
    for pk, reason in result.dropped.items():
        batch.mark(pk, state=State.DROPPED, reason=reason)
    for pk, (moment, reason) in result.postponed.items():
        batch.mark(pk, send_at=moment, reason=reason)
