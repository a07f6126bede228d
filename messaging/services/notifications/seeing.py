"""A member of staff looks at their notices, or holds one back."""

from datetime import datetime

from django.db import transaction

from messaging.models import Notification, RecipientKind
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.realtime import push_on_commit, staff_group


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
    push_on_commit(staff_group(actor.id or 0), {"type": "notice.seen"})
    return seen
