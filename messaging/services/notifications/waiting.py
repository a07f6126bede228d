"""What waits is given another moment, or none.

Another moment comes when the shop's hours, somebody's rest, a rule or a limit is another than before: whatever changed the
hours, and wherever, the sweep compares them with those by which the waiting notices were held. Or somebody of the shop says
so, or a notice could not be told.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from messaging.errors import NotFound
from messaging.models import HoursInForce, Notification, NotificationPreference, RecipientKind
from messaging.policies.notifications.merge import HELD, reschedule_held
from messaging.policies.notifications.reasons import BROKEN, BY_HAND
from messaging.policies.notifications.retries import notice_retry_wait
from messaging.policies.notifications.timing import AT_HAND, Reason
from messaging.services.notifications.batch import Batch
from messaging.services.notifications.planning import wake_release
from shopcomm.core.accounts.models import Customer
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import leave_to_next_sweep, retry_on_deadlock

log = logging.getLogger(__name__)
BATCH = 500
State = Notification.State


def reschedule_after_changed_hours(*, now: datetime | None = None) -> int:
    """Give what waits new moments if hours, days off or the budget have changed since. Returns how many moved.

    What others keep locked is left to the next sweep, which then goes through all that waits once more.
    """
    digest = hours_digest()
    if HoursInForce.objects.filter(pk=1, digest=digest).exists():
        return 0
    now, moved, all_looked_at = now or timezone.now(), 0, True
    for ids in _held_batches(Q(), now):
        looked_at = False
        with leave_to_next_sweep(f"{len(ids)} held notices from {ids[0]} on"):
            moved += _move_batch_or_each(ids, now)
            looked_at = True
        all_looked_at = all_looked_at and looked_at
    if all_looked_at:
        HoursInForce.objects.update_or_create(pk=1, defaults={"digest": digest})
    return moved


def reschedule_notices(which: Q, *, now: datetime | None = None) -> int:
    """Give those of the held notices new moments by what is so now. Returns how many have another."""
    now = now or timezone.now()
    return sum(_move_batch_or_each(ids, now) for ids in _held_batches(which, now))


def _held_batches(which: Q, now: datetime) -> Iterator[list[int]]:
    held = Notification.objects.filter(which, state=State.WAITING, reason__in=HELD, send_at__gt=now)
    ids = list(held.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _move_batch_or_each(ids: Sequence[int], now: datetime) -> int:
    """A batch; or, when one notice of it cannot be moved, each alone, so that it holds up none of the others."""
    try:
        return _move(ids, now)
    except OperationalError:
        raise
    except Exception:
        log.exception(
            "held notices %s to %s could not be moved together; going on one by one", ids[0], ids[-1]
        )
    return sum(_move_one(pk, now) for pk in ids)


def _move_one(pk: int, now: datetime) -> int:
    """One notice; one that cannot be moved says why, and is tried again as one that could not be told."""
    try:
        return _move([pk], now)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("held notice %s could not be moved", pk)
        for row in Notification.objects.filter(pk=pk):
            postpone_failed(row, error, now)
        return 0


@retry_on_deadlock
@transaction.atomic
def _move(ids: Sequence[int], now: datetime) -> int:
    waiting = Notification.objects.filter(pk__in=ids, state=State.WAITING).order_by("pk")
    batch = Batch(list(waiting.select_for_update(skip_locked=True, no_key=True)), now, tells=False)
    for person in batch.people:
        moments = reschedule_held(
            batch.pending_of(person), batch.context_of(person), batch.told_by_rule(person)
        )
        for pk, (moment, reason) in moments.items():
            if batch.rows[pk].send_at != moment:
                batch.mark(pk, send_at=moment, reason=reason)
    batch.write_outcomes()
    if any(row.send_at <= now for row in batch.touched):
        call_after_commit(wake_release)
    return len(batch.touched)


def hours_digest() -> str:
    """The shop's hours, days off and daily budget, and where those live who rest, in one short text: another one for others."""
    calendar, shop = working_calendar(), shop_settings()
    resting = NotificationPreference.objects.filter(owner_kind=RecipientKind.CUSTOMER).exclude(
        quiet_from=None
    )
    abroad = Customer.objects.filter(pk__in=resting.values("owner_id")).exclude(time_zone="")
    known = (
        settings.TIME_ZONE,
        calendar.weekly,
        sorted(calendar.exceptions.items()),
        shop.customer_daily_budget,
        list(abroad.order_by("pk").values_list("pk", "time_zone")),
    )
    return hashlib.sha256(repr(known).encode()).hexdigest()


@transaction.atomic
def send_notice_now(*, notice_id: int) -> Notification:
    """Send a waiting notice whatever the hour, unless it is obsolete. Raises NotFound."""
    row = _lock_waiting(notice_id)
    row.send_at, row.reason = timezone.now(), AT_HAND
    row.save(update_fields=["send_at", "reason"])
    call_after_commit(wake_release)
    return row


@transaction.atomic
def cancel_notice(*, notice_id: int) -> Notification:
    """Cancel a waiting notice. Raises NotFound when it has been sent already."""
    row = _lock_waiting(notice_id)
    row.state, row.reason = State.CANCELLED, BY_HAND
    row.save(update_fields=["state", "reason"])
    return row


@transaction.atomic
def requeue_notice(*, notice_id: int) -> Notification:
    """Have a notice that failed time after time tried once more. Raises NotFound for one that has not."""
    row = Notification.objects.select_for_update().filter(pk=notice_id, state=State.FAILED).first()
    if row is None:
        raise NotFound()
    row.state, row.reason, row.failures, row.send_at = State.WAITING, Reason.AT_ONCE, 0, timezone.now()
    row.save(update_fields=["state", "reason", "failures", "send_at"])
    call_after_commit(wake_release)
    return row


def _lock_waiting(notice_id: int) -> Notification:
    row = Notification.objects.select_for_update().filter(pk=notice_id, state=State.WAITING).first()
    if row is None:
        raise NotFound()
    return row


def postpone_failed(row: Notification, error: Exception, now: datetime) -> int:
    """Have a notice tried again later, or leave it to a manager. Returns 1."""
    failures = row.failures + 1
    fields: dict[str, Any] = {"failures": failures, "error": f"{type(error).__name__}: {error}"[:300]}
    wait = notice_retry_wait(failures)
    fields |= {"state": State.FAILED, "reason": BROKEN} if wait is None else {"send_at": now + wait}
    return Notification.objects.filter(pk=row.pk, state=State.WAITING).update(**fields)
