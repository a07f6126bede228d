"""Following parcels: subscribed when they leave, asked about when nothing is pushed, left alone when they have arrived.

Each call is made outside of any transaction. What it found is written down afterwards, for as long as the parcel was claimed.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeGuard

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Shipment, Status
from orders.policies.parcel_way import ENDED
from orders.services.tracking import expect_scans
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.wake import wake_task
from shopcomm.core.outbound.calls import AddressRefused, NoAnswer
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.couriers.adapters.base import (
    Access,
    Adapter,
    Answers,
    Asked,
    Outcome,
    Subscribes,
    Told,
)
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackedParcel
from shopcomm.edge.integrations.couriers.policies import (
    ACCOUNT_RESTS,
    asked_again_in,
    rest_after,
    subscription_pause,
)
from shopcomm.edge.integrations.couriers.services.accounts import access_of, adapter_for
from shopcomm.edge.integrations.couriers.services.applying import apply_track
from shopcomm.edge.integrations.couriers.services.receiving import release_unmatched

log = logging.getLogger(__name__)
State = TrackedParcel.State
# So many parcels of an account a worker takes at once, and for how long nobody else does.
AT_ONCE, CLAIM = 20, timedelta(minutes=5)
# A worker speaks with a service for about so long at a time.
RUN_SECONDS = 30.0
# More failures in a row than this, and a parcel is asked about instead of being subscribed.
MOST_SUBSCRIPTIONS = 6
CLOSED = (Status.COMPLETED, Status.CANCELLED, Status.REFUNDED)
TAIL = 4
Work = Callable[[Asked, Access], Outcome]


def follow_parcel(shipment_id: int) -> TrackedParcel | None:
    """Have a parcel that leaves followed by the first active account that can; twice is once. None where there is none.

    What was pushed of it before it was written down here is applied now. A shop without an account pays one statement.
    """
    accounts = list(_in_turn())
    if not accounts:
        return None
    parcel = Shipment.objects.filter(pk=shipment_id).exclude(state__in=ENDED).first()
    if parcel:
        release_unmatched(parcel.tracking_number)
    account = next((each for each in accounts if each.is_active and can_follow(each)), None)
    if parcel is None or account is None:
        return None
    tracked, made = TrackedParcel.objects.get_or_create(shipment=parcel, defaults={"account": account})
    if made:
        call_after_commit(wake_following)
    return tracked


def wake_following() -> None:
    """Have a worker speak with the services now."""
    wake_task("couriers.follow")


def follow_open_parcels(account: CourierAccount) -> int:
    """Have an account follow what is under way and is followed by nobody. Returns how many."""
    if not can_follow(account):
        return 0
    since = timezone.now() - timedelta(days=settings.TRACKING_DAYS)
    open_ = Shipment.objects.exclude(state__in=ENDED).exclude(order__status__in=CLOSED)
    known = TrackedParcel.objects.values("shipment")
    rows = [
        TrackedParcel(account=account, shipment_id=pk)
        for pk in open_.filter(shipped_at__gt=since).exclude(pk__in=known).values_list("pk", flat=True)
    ]
    TrackedParcel.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def active_accounts() -> QuerySet[CourierAccount]:
    """Those that work, the real ones before the demo's, in the order they were set up."""
    return _in_turn().filter(state=CourierAccount.State.ACTIVE)


def _in_turn() -> QuerySet[CourierAccount]:
    return CourierAccount.objects.annotate(is_show=Q(adapter="demo")).order_by("is_show", "pk")


def can_follow(account: CourierAccount) -> bool:
    """Whether an account can be asked to follow a parcel; one that only pushes needs no asking."""
    service = adapter_for(account)
    return isinstance(service, Subscribes | Answers) or service.is_demo


def retire_parcels(now: datetime) -> int:
    """Follow no longer what has arrived, belongs to a closed order, or is older than any parcel. Returns how many."""
    open_ = TrackedParcel.objects.exclude(state=State.OVER)
    arrived = open_.filter(shipment__state__in=ENDED).update(state=State.OVER, ended="arrived")
    closed = open_.filter(shipment__order__status__in=CLOSED).update(state=State.OVER, ended="order closed")
    oldest = now - timedelta(days=settings.TRACKING_DAYS)
    aged = open_.filter(shipment__shipped_at__lt=oldest).update(state=State.OVER, ended="too old")
    return arrived + closed + aged


def serve_account(account: CourierAccount, now: datetime) -> int:
    """Subscribe and ask about what is due of an account. Returns about how many it was spoken with.

    A service that does not answer is left alone for a while at once, so that it holds up nobody for long.
    """
    service = adapter_for(account)
    try:
        access = access_of(account)
    except CannotUnseal:
        _rest(account, now, "the credentials were sealed under another SECRET_KEY", ACCOUNT_RESTS)
        return 0
    spoken, until = 0, time.monotonic() + RUN_SECONDS
    claimed = _claim(account, now)
    for place, tracked in enumerate(claimed):
        if time.monotonic() > until:
            _give_back(claimed[place:])
            break
        work = _work_for(tracked, service, access, now)
        if work is None:
            _write(
                tracked, state=tracked.state, due_at=now + asked_again_in(now - tracked.shipment.shipped_at)
            )
            continue
        spoken += 1
        if not _speak_of(tracked, work, account, access, now):
            _give_back(claimed[place:])
            return spoken
    if spoken and account.failures:
        CourierAccount.objects.filter(pk=account.pk).update(failures=0, rests_until=None, error="")
    return spoken


def _speak_of(
    tracked: TrackedParcel, work: Work, account: CourierAccount, access: Access, now: datetime
) -> bool:
    """Speak with the service of one parcel. What breaks at it is its own trouble, and holds up no other.

    False where the service is to be left alone as a whole.
    """
    try:
        outcome = _call(work, tracked, access)
        if outcome is None or outcome.told == Told.ACCOUNT:
            _rest_after(account, now, outcome, access)
            return False
        _record(account, tracked, outcome, access, now)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("tracked parcel %s could not be served", tracked.pk)
        failures = tracked.failures + 1
        due = now + subscription_pause(failures, random.random())
        _write(tracked, due_at=due, failures=failures, error=type(error).__name__)
    return True


def _claim(account: CourierAccount, now: datetime) -> list[TrackedParcel]:
    """What is due, for this worker alone; a claim of one that was killed runs out."""
    due = TrackedParcel.objects.filter(account=account, due_at__lte=now).exclude(state=State.OVER)
    due = due.filter(Q(claimed_until=None) | Q(claimed_until__lte=now)).order_by("due_at", "pk")
    with transaction.atomic():
        ids = list(
            due.select_for_update(skip_locked=True, of=["self"]).values_list("pk", flat=True)[:AT_ONCE]
        )
        TrackedParcel.objects.filter(pk__in=ids).update(claimed_until=now + CLAIM)
    rows = TrackedParcel.objects.filter(pk__in=ids).select_related("shipment__order")
    return list(rows.order_by("due_at", "pk"))


def _give_back(claimed: list[TrackedParcel]) -> None:
    TrackedParcel.objects.filter(pk__in=[each.pk for each in claimed]).update(claimed_until=None)


def _work_for(tracked: TrackedParcel, service: Adapter, access: Access, now: datetime) -> Work | None:
    """What is asked of the service about a parcel; nothing where a word came lately, or it answers no questions."""
    if tracked.state == State.WAITING and isinstance(service, Subscribes):
        return service.subscribe
    if not _may_ask(service, access):
        return None
    interval = asked_again_in(now - tracked.shipment.shipped_at)
    is_heard = tracked.heard_at is not None and now - tracked.heard_at < interval
    return None if is_heard else service.query


def _may_ask(service: Adapter, access: Access) -> TypeGuard[Answers]:
    return isinstance(service, Answers) and service.may_query(access)


def _call(work: Work, tracked: TrackedParcel, access: Access) -> Outcome | None:
    """What the service says; None where it does not answer. Nothing that is logged or kept names a key."""
    parcel = tracked.shipment
    tail = "".join(each for each in parcel.order.receiver_phone if each in "0123456789")[-TAIL:]
    try:
        return work(Asked(parcel.carrier, parcel.tracking_number, tail), access)
    except (NoAnswer, AddressRefused) as error:
        log.warning("%s does not answer: %s", tracked.account_id, type(error).__name__)
        return None


def _record(
    account: CourierAccount, tracked: TrackedParcel, outcome: Outcome, access: Access, now: datetime
) -> None:
    """Write down what a service said of a parcel, and when it is asked next."""
    again = now + asked_again_in(now - tracked.shipment.shipped_at)
    if outcome.track is not None:
        apply_track(account, outcome.track)
        TrackedParcel.objects.filter(pk=tracked.pk).update(claimed_until=None)
        return
    if outcome.told == Told.TAKEN:
        expect_scans(shipment_id=tracked.shipment_id)
        _write(tracked, state=State.SUBSCRIBED, due_at=again, failures=0, error="")
        return
    failures, error = tracked.failures + 1, hide_secrets(outcome.detail, access)
    is_refused = outcome.told == Told.REFUSED or failures >= MOST_SUBSCRIPTIONS
    if tracked.state != State.WAITING:
        _write(tracked, state=tracked.state, due_at=again, failures=failures, error=error)
    elif not is_refused:
        due = now + subscription_pause(failures, random.random())
        _write(tracked, state=State.WAITING, due_at=due, failures=failures, error=error)
    elif _may_ask(adapter_for(account), access):
        _write(tracked, state=State.POLLED, due_at=now, failures=0, error=error)
    else:
        _write(tracked, state=State.OVER, due_at=again, failures=failures, error=error, ended="refused")


def _write(tracked: TrackedParcel, **fields: object) -> None:
    TrackedParcel.objects.filter(pk=tracked.pk).update(claimed_until=None, **fields)


def hide_secrets(text: str, access: Access) -> str:
    """A service may say our key back to us: it is kept nowhere in plain sight."""
    for secret in sorted({*access.credentials.values(), *access.secrets}, key=len, reverse=True):
        if len(secret) >= TAIL:
            text = text.replace(secret, "•••")
    return text[:300]


def _rest_after(account: CourierAccount, now: datetime, outcome: Outcome | None, access: Access) -> None:
    if outcome is None:
        _rest(account, now, "no answer", rest_after(account.failures + 1))
    else:
        _rest(account, now, hide_secrets(outcome.detail, access), ACCOUNT_RESTS)


def _rest(account: CourierAccount, now: datetime, error: str, pause: timedelta) -> None:
    CourierAccount.objects.filter(pk=account.pk).update(
        rests_until=now + pause, failures=account.failures + 1, error=error[:300]
    )


def accounts_to_serve(now: datetime) -> list[CourierAccount]:
    """The active accounts that do not rest and have something to be asked."""
    rested = active_accounts().filter(Q(rests_until=None) | Q(rests_until__lte=now))
    return [each for each in rested if not adapter_for(each).is_demo and can_follow(each)]
