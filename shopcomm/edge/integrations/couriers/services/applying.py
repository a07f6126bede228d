"""Applying what a service pushed: its scans go to the parcel, through the orders' own service. Twice is once."""

import logging
from datetime import datetime, timedelta

from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Shipment
from orders.services.tracking import record_scans
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.edge.integrations.couriers.adapters.base import Track, Unreadable
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackedParcel, TrackingPush
from shopcomm.edge.integrations.couriers.policies import asked_again_in
from shopcomm.edge.integrations.couriers.services.accounts import tracks_in

log = logging.getLogger(__name__)
State = TrackingPush.State
# After so many failures that no rule foresees, a person looks at it.
MOST_FAILURES = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=30)
LONGEST_REASON, LONGEST_NUMBER = 300, 60


def waiting_push_ids(now: datetime, most: int) -> list[int]:
    """The pushes to be applied now, the oldest first."""
    waiting = TrackingPush.objects.filter(state=State.RECEIVED).exclude(retry_at__gt=now)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:most])


def apply_push(push_id: int) -> bool:
    """Apply one push. False where it is settled already, or another process is at work on it.

    A fault of the program leaves it to a later time, with growing pauses. Raises OperationalError when the database fails.
    """
    with held_across_transactions(f"tracking:{push_id}") as is_mine:
        push = TrackingPush.objects.select_related("account").get(pk=push_id)
        if not is_mine or push.state != State.RECEIVED:
            return False
        try:
            push.state, push.reason = _apply(push)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("tracking push %s could not be applied", push.pk)
            _put_off(push, error)
            return True
        push.reason, push.settled_at, push.retry_at = push.reason[:LONGEST_REASON], timezone.now(), None
        push.save()
    return True


def _apply(push: TrackingPush) -> tuple[str, str]:
    """What becomes of a push, and why."""
    account = push.account
    try:
        tracks = tracks_in(account, push.body)
    except Unreadable:
        return State.PARKED, _("内容看不懂")
    push.number = tracks[0].number.upper()[:LONGEST_NUMBER]
    missing = [track.number for track in tracks if not apply_track(account, track)]
    unknown = list(dict.fromkeys(code for track in tracks for code in track.unknown))
    if unknown:
        # What is known of it has been applied; the rest is, once somebody has said what it means.
        return State.PARKED, _("不认识的状态码：%(codes)s") % {"codes": _("、").join(unknown)}
    if missing:
        return State.UNMATCHED, _("没有运单号 %(number)s 的包裹") % {"number": _("、").join(missing)}
    return State.APPLIED, ""


def apply_track(account: CourierAccount, track: Track) -> bool:
    """Give a parcel the scans that a service tells of it. False where there is no such parcel."""
    parcel = _parcel_of(track)
    if parcel is None:
        return False
    if track.scans:
        record_scans(actor=Actor.system(), shipment_id=parcel.pk, scans=track.scans)
    now = timezone.now()
    heard = TrackedParcel.objects.filter(account=account, shipment=parcel)
    heard.update(heard_at=now, due_at=now + asked_again_in(now - parcel.shipped_at), failures=0, error="")
    if track.suggested:
        heard.update(suggested_carrier=track.suggested[:40])
    if track.ended:
        heard.update(state=TrackedParcel.State.OVER, ended=track.ended[:60])
    return True


def _parcel_of(track: Track) -> Shipment | None:
    """The parcel with the number. Of several couriers' with the same one, that of the courier it goes by."""
    number = track.number.strip().upper()
    found = list(Shipment.objects.filter(tracking_number__in={number, track.number.strip()}).order_by("-pk"))
    by_carrier = {parcel.carrier: parcel for parcel in reversed(found)}
    named = next((by_carrier[carrier] for carrier in track.carriers if carrier in by_carrier), None)
    return named or (found[0] if found else None)


def _put_off(push: TrackingPush, error: Exception) -> None:
    push.failures += 1
    push.reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
    if push.failures >= MOST_FAILURES:
        push.state, push.settled_at = State.PARKED, timezone.now()
    else:
        pause = min(FIRST_PAUSE * 2 ** (push.failures - 1), LONGEST_PAUSE)
        push.retry_at = timezone.now() + pause
    push.save()
