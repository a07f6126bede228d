"""What people do with notices: look at them, let one that waits go now, or hold it back for good."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from messaging.errors import NotFound
from messaging.models import Notification, RecipientKind, StockWatch
from messaging.policies.notifications.reasons import AT_HAND, BY_HAND
from messaging.policies.notifications.timing import Reason
from messaging.services.notifications.planning import wake_release
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.realtime import push_on_commit, staff_group

State = Notification.State


@transaction.atomic
def send_notice_now(*, notice_id: int) -> Notification:
    """Let a waiting notice go whatever the hour; rules about what is out of date still hold. Raises NotFound."""
    row = _waiting(notice_id)
    row.send_at, row.reason = timezone.now(), AT_HAND
    row.save(update_fields=["send_at", "reason"])
    call_after_commit(wake_release)
    return row


@transaction.atomic
def cancel_notice(*, notice_id: int) -> Notification:
    """Hold a waiting notice back for good. Raises NotFound when it is told already."""
    row = _waiting(notice_id)
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


def _waiting(notice_id: int) -> Notification:
    row = Notification.objects.select_for_update().filter(pk=notice_id, state=State.WAITING).first()
    if row is None:
        raise NotFound()
    return row


@transaction.atomic
def unwatch_stock(*, conversation_id: int, watch_id: int) -> None:
    """Take a customer off the list for goods. Raises NotFound when they were told already."""
    watches = StockWatch.objects.filter(
        pk=watch_id, conversation=conversation_id, told_at=None, cancelled_at=None
    )
    if not watches.update(cancelled_at=timezone.now()):
        raise NotFound()


@transaction.atomic
def mark_notices_seen(*, actor: Actor, notice_id: int | None, now: datetime) -> int:
    """Mark one notice of this person's as seen, or all of them. Returns how many were new."""
    mine = Notification.objects.filter(
        recipient_kind=RecipientKind.STAFF,
        recipient_id=actor.id or 0,
        state=Notification.State.SENT,
        seen_at=None,
    )
    seen = (mine.filter(pk=notice_id) if notice_id else mine).update(seen_at=now)
    # The other tabs of the same person.
    push_on_commit(staff_group(actor.id or 0), for_all_audiences({"type": "notice.seen"}))
    return seen
