"""What a service pushes is stored as it came and answered; a worker applies it."""

import hashlib

from django.db import transaction
from django.utils import timezone

from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.wake import SoonWoken
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackingPush

wake_applying = SoonWoken("couriers.apply_pushes").wake
# `heard_at` is for people: so often is enough.
HEARD_EVERY_SECONDS = 60
State = TrackingPush.State


def store_push(account: CourierAccount, text: str) -> bool:
    """Keep what a service has pushed. The same text again is the push it made. Returns whether it is new."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = TrackingPush.objects.filter(account=account, digest=digest).exists()
    if not known:
        row = TrackingPush(account=account, digest=digest, body=text)
        TrackingPush.objects.bulk_create([row], ignore_conflicts=True)
        call_after_commit(wake_applying)
    _note_heard(account)
    return not known


def _note_heard(account: CourierAccount) -> None:
    now = timezone.now()
    if account.heard_at is None or (now - account.heard_at).total_seconds() >= HEARD_EVERY_SECONDS:
        CourierAccount.objects.filter(pk=account.pk).update(heard_at=now)


@transaction.atomic
def retry_push(*, push_id: int) -> TrackingPush:
    """Apply one again that could not be read or had no parcel. Raises DoesNotExist."""
    push = TrackingPush.objects.select_for_update().get(pk=push_id)
    if push.state in (State.PARKED, State.UNMATCHED):
        push.state, push.reason, push.settled_at = State.RECEIVED, "", None
        push.failures, push.retry_at = 0, None
        push.save()
        call_after_commit(wake_applying)
    return push


@transaction.atomic
def dismiss_push(*, push_id: int) -> TrackingPush:
    """A person has looked at it. Raises DoesNotExist."""
    push = TrackingPush.objects.select_for_update().get(pk=push_id)
    if push.state in (State.PARKED, State.UNMATCHED):
        push.state, push.settled_at = State.DISMISSED, timezone.now()
        push.save(update_fields=["state", "settled_at"])
    return push


def release_unmatched(number: str) -> None:
    """What came of a parcel before it was there is applied after the commit."""
    waiting = TrackingPush.objects.filter(number=number.upper(), state=State.UNMATCHED)
    if waiting.update(state=State.RECEIVED, reason="", settled_at=None):
        call_after_commit(wake_applying)
