"""The sweep: what is due is looked at once more, put into conversations and the notification centre, and handed on.

All of a batch happens in one transaction, so a worker killed in the middle has told nobody anything. One sweep
has a person at a time (an advisory lock): budgets and merging need to see everything that waits for them.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from messaging.models import Notification
from messaging.services.channels.handing_over import hand_over
from messaging.services.notifications.batch import Batch
from messaging.services.notifications.decide import Reason
from messaging.services.notifications.recipients import Person
from messaging.services.notifications.settling import Settled, settle
from messaging.services.notifications.telling import tell

State = Notification.State
PEOPLE = 400
# Marks the locks of this module among all advisory locks.
LOCK_SPACE = 7_302

# The people for whom something is due and whom no other sweep has in hand.
DUE_PEOPLE = """
SELECT recipient_kind, recipient_id FROM (
    SELECT DISTINCT recipient_kind, recipient_id FROM (
        SELECT recipient_kind, recipient_id FROM messaging_notification
        WHERE state = 'waiting' AND send_at <= %s ORDER BY send_at LIMIT %s
    ) oldest
) due
WHERE pg_try_advisory_xact_lock(%s, hashtext(recipient_kind || recipient_id::text))
"""


def release_due(*, now: datetime | None = None, people: int = PEOPLE) -> int:
    """Send everything that is due, batch by batch. Returns how many notices were settled."""
    settled = 0
    while batch := release_batch(now=now or timezone.now(), people=people):
        settled += batch
    return settled


@transaction.atomic
def release_batch(*, now: datetime, people: int = PEOPLE) -> int:
    """Send what is due to some people. Returns how many notices are settled; 0 when nothing can be done now."""
    batch = Batch(take(due_people(now, people), now), now)
    outcomes = {
        person: settle(batch.waiting_of(person), batch.world_of(person), batch.told_by_rule(person))
        for person in batch.people
    }
    told = tell(batch, [message for result in outcomes.values() for message in result.messages])
    for result in outcomes.values():
        _note(batch, result)
    changed = ["state", "send_at", "reason", "sent_at", "body", "seq", "merged_into", "conversation"]
    Notification.objects.bulk_update(batch.touched, changed, batch_size=1000)
    hand_over(batch, told)
    return len(batch.touched)


def due_people(now: datetime, limit: int) -> list[Person]:
    """People with something due, now locked by this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_PEOPLE, [now, limit, LOCK_SPACE])
        return [Person(kind, pk) for kind, pk in cursor.fetchall()]


def take(people: Sequence[Person], now: datetime) -> list[Notification]:
    """Everything that is due for these people, and what waits for room to ride along. Locked."""
    by_kind: dict[str, list[int]] = {}
    for person in people:
        by_kind.setdefault(person.kind, []).append(person.id)
    theirs = Q()
    for kind, ids in by_kind.items():
        theirs |= Q(recipient_kind=kind, recipient_id__in=ids)
    if not by_kind:
        return []
    ready = Q(send_at__lte=now) | Q(reason__in=[Reason.OVER_CAP, Reason.OVER_BUDGET])
    rows = Notification.objects.filter(theirs, ready, state=State.WAITING).order_by("pk")
    return list(rows.select_for_update(skip_locked=True, no_key=True))


def _note(batch: Batch, result: Settled) -> None:
    """Write down what was not told, and why."""
    for pk, reason in result.dropped.items():
        batch.mark(pk, state=State.DROPPED, reason=reason)
    for pk, (moment, reason) in result.postponed.items():
        batch.mark(pk, send_at=moment, reason=reason)
