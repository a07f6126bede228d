"""The sweep of the channels: claim, speak to the outside, write down what came of it. No transaction is open meanwhile.

A worker that is killed while speaking gives its notices back when the claim runs out; the reference they carry is
the same again.
"""

import logging
import random
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from messaging.models import ChannelHealth, Delivery, Notification, ReadMarker
from messaging.models.rules import TIMERS, Trigger
from messaging.services.channels import CHANNELS, ChannelFailed
from messaging.services.channels.handing_over import wants_channels, way_out, ways_to
from messaging.services.channels.wording import outgoing_of
from messaging.services.notifications.decide import TOO_OLD, Ask, Policy, Reason, World, decide
from messaging.services.notifications.reasons import reason_text
from messaging.services.notifications.recipients import Person
from messaging.services.notifications.resting import preferences, quiet_windows
from messaging.services.notifications.settling import LATE
from orders.models import Status
from shopcomm.core.configuration.calendar import working_calendar

log = logging.getLogger(__name__)
BATCH = 50
# Longer than the slowest channel takes for one notice.
CLAIM = timedelta(minutes=2)
PATIENCE_SECONDS = 3.0
MOST_ATTEMPTS = 6
FIRST_WAIT_SECONDS = 20
# After this many failures in a row a channel is left alone for a while.
TRIPS_AFTER = 5
PAUSE = timedelta(minutes=2)
State = Delivery.State
# The channels that this process is serving.
_serving: dict[str, Thread] = {}


def deliver_all(*, patience: float = PATIENCE_SECONDS) -> int:
    """Serve every channel at once, each in a thread of its own, and wait a moment for them. Returns how many went out.

    A channel that hangs is left to its thread: it holds up no other, and no worker.
    """
    due = Delivery.objects.filter(state=State.WAITING, due_at__lte=timezone.now())
    sent: list[int] = []
    for channel in due.order_by().values_list("channel", flat=True).distinct():
        if channel in CHANNELS and not (channel in _serving and _serving[channel].is_alive()):
            _serving[channel] = Thread(target=_serve, args=(channel, sent), name=channel, daemon=True)
            _serving[channel].start()
    until = monotonic() + patience
    for thread in list(_serving.values()):
        thread.join(max(0, until - monotonic()))
    return sum(sent)


def _serve(channel: str, sent: list[int]) -> None:
    try:
        while batch := deliver_channel(channel):
            sent.append(batch)
    except Exception:
        # A thread has nobody to tell; the next sweep begins again.
        log.exception("channel %s stopped", channel)
    finally:
        connection.close()


def deliver_channel(channel: str, *, now: datetime | None = None) -> int:
    """Send what is due through one channel, a batch of it. Returns how many went out."""
    moment = now or timezone.now()
    if _rests(channel, moment):
        return 0
    sent, claimed = 0, claim(channel, moment)
    for place, pk in enumerate(claimed):
        if not _still_mine(pk, moment + CLAIM):
            continue
        delivery = Delivery.objects.select_related("notification__rule", "notification__order__customer").get(
            pk=pk
        )
        sent += deliver(delivery, moment)
        if _rests(channel, moment):
            # The others were not tried, so nothing is counted against them.
            untried = Delivery.objects.filter(pk__in=claimed[place + 1 :], due_at=moment + CLAIM)
            untried.update(due_at=moment)
            break
    return sent


def _rests(channel: str, now: datetime) -> bool:
    return ChannelHealth.objects.filter(channel=channel, paused_until__gt=now).exists()


@transaction.atomic
def claim(channel: str, now: datetime) -> list[int]:
    """Take what is due out of the others' sight for the time of the claim."""
    due = Delivery.objects.filter(channel=channel, state=State.WAITING, due_at__lte=now).order_by("due_at")
    with translation.override(settings.LANGUAGE_CODE):
        due.filter(due_at__lte=now - TOO_OLD).update(state=State.SKIPPED, error=reason_text(Reason.TOO_OLD))
    ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
    Delivery.objects.filter(pk__in=ids).update(due_at=now + CLAIM)
    return ids


def _still_mine(pk: int, claimed_until: datetime) -> bool:
    """Begin one attempt, unless those before it took so long that somebody else has it by now."""
    mine = Delivery.objects.filter(pk=pk, state=State.WAITING, due_at=claimed_until)
    return bool(mine.update(due_at=timezone.now() + CLAIM, attempts=F("attempts") + 1))


def deliver(delivery: Delivery, now: datetime) -> bool:
    """One notice through one channel. Returns whether it went out."""
    notice = delivery.notification
    if needless := why_needless(delivery):
        _finish(delivery, State.SKIPPED, needless)
        return False
    if later := when_welcome(delivery, now):
        # It is late, and they sleep: the claim is given back until then.
        Delivery.objects.filter(pk=delivery.pk).update(due_at=later, attempts=delivery.attempts - 1)
        return False
    person = Person(notice.recipient_kind, notice.recipient_id)
    module = CHANNELS[delivery.channel]
    try:
        addresses = module.reach([person]).get(person)
        if not addresses:
            raise ChannelFailed("nobody to be reached this way", final=True)
        module.send(outgoing_of(delivery), addresses)
    except ChannelFailed as failure:
        _failed(delivery, failure, now)
        return False
    except Exception as error:
        log.exception("channel %s broke at delivery %s", delivery.channel, delivery.pk)
        _failed(delivery, ChannelFailed(repr(error)), now)
        return False
    ChannelHealth.objects.filter(channel=delivery.channel).update(failures=0, paused_until=None)
    Delivery.objects.filter(pk=delivery.pk).update(state=State.SENT, sent_at=now, error="")
    return True


def why_needless(delivery: Delivery) -> str:
    """Why nobody needs to be disturbed any more: read already, or no longer so."""
    notice = delivery.notification
    with translation.override(settings.LANGUAGE_CODE):
        if all(each.seen_at or _read(each) for each in told_by(delivery)):
            return _("已经看到")
        order = notice.order
        if notice.trigger in TIMERS and order and order.status != _waits_in(notice.trigger, order.status):
            return _("情况已经改变")
    return ""


def told_by(delivery: Delivery) -> list[Notification]:
    """The notices that a delivery tells: its own, or in a group those of everybody who is told the same."""
    notice = delivery.notification
    if not delivery.once:
        return [notice]
    same = Notification.objects.filter(rule=notice.rule_id, cause=notice.cause)
    return list(same.filter(recipient_kind=notice.recipient_kind, state=Notification.State.SENT))


def when_welcome(delivery: Delivery, now: datetime) -> datetime | None:
    """When a notice that is late, since a channel or the whole product was down, may disturb; None for now."""
    notice = delivery.notification
    if notice.sent_at is None or now - notice.sent_at <= LATE:
        return None
    person = Person(notice.recipient_kind, notice.recipient_id)
    quiet = None if delivery.once else quiet_windows([person]).get(person)
    asked = Ask(notice.sent_at, policy=Policy(notice.rule.outside), urgent=notice.urgent, always=True)
    moment = decide(asked, World(now, working_calendar(), quiet)).send_at
    return moment if moment and moment > now else None


def _waits_in(trigger: str, status: str) -> str:
    return {Trigger.UNPAID: Status.PENDING_PAYMENT, Trigger.PICKING_LONG: Status.PICKING}.get(trigger, status)  # type: ignore[call-overload,no-any-return]


def _read(notice: Notification) -> bool:
    return bool(
        notice.seq
        and ReadMarker.objects.filter(
            conversation=notice.conversation_id,
            reader_kind=notice.recipient_kind,
            reader_id=notice.recipient_id,
            seq__gte=notice.seq,
        ).exists()
    )


def _finish(delivery: Delivery, state: str, text: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, error=text[:300])


@transaction.atomic
def _failed(delivery: Delivery, failure: ChannelFailed, now: datetime) -> None:
    """Try again later, or give the notice to the next channel."""
    if not failure.final:
        _count_failure(delivery.channel, str(failure), now)
    if not failure.final and delivery.attempts < MOST_ATTEMPTS:
        Delivery.objects.filter(pk=delivery.pk).update(
            due_at=now + wait_before(delivery.attempts), error=str(failure)[:300]
        )
        return
    _finish(delivery, State.FAILED, str(failure))
    fall_back(delivery, now)


def fall_back(delivery: Delivery, now: datetime) -> None:
    """Give a notice to the next channel; what a group was to be told goes to each of its people."""
    channels = [channel for channel in delivery.fallback if channel in CHANNELS]
    if not channels:
        return
    rows = {Person(row.recipient_kind, row.recipient_id): row for row in told_by(delivery)}
    reachable = {channel: set(CHANNELS[channel].reach(rows)) for channel in channels}
    wishes, ways_out = preferences(rows), []
    for person, row in rows.items():
        ways = ways_to(person, channels, reachable)
        if ways and wants_channels(wishes.get(person), row):
            ways_out.append(way_out(row, ways, now))
    Delivery.objects.bulk_create(ways_out, ignore_conflicts=True)


def wait_before(attempt: int) -> timedelta:
    """Twice as long after each attempt, and never at the same moment as everybody else."""
    return timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))


def _count_failure(channel: str, error: str, now: datetime) -> None:
    health, _made = ChannelHealth.objects.select_for_update().get_or_create(channel=channel)
    health.failures += 1
    health.last_error = error[:300]
    if health.failures >= TRIPS_AFTER:
        health.paused_until = now + PAUSE
        # After the pause one attempt decides whether it is well again.
        health.failures = TRIPS_AFTER - 1
    health.save()


def retry(delivery: Delivery) -> None:
    """Give a notice that had failed for good to its channel once more."""
    Delivery.objects.filter(pk=delivery.pk, state=State.FAILED).update(
        state=State.WAITING, attempts=0, due_at=timezone.now(), error=""
    )
