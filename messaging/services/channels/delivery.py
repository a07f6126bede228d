"""From a notice that was told to somebody outside: which channel comes first, and the sweep that tries it.

The sweep claims, speaks to the outside and writes down what came of it. No transaction is open meanwhile. A worker that
is killed while speaking gives its notices back when the claim runs out; the reference they carry is the same again.
"""

import logging
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation

from messaging.models import (
    Channel,
    Delivery,
    Notification,
    NotificationPreference,
    NotificationRule,
)
from messaging.policies.notifications.channels import usable_channels, wants_channels
from messaging.policies.notifications.merge import LATE
from messaging.policies.notifications.reasons import reason_text
from messaging.policies.notifications.retries import delivery_retry_wait
from messaging.policies.notifications.timing import (
    TOO_OLD,
    DeliveryContext,
    DeliveryRequest,
    OutsideHours,
    Reason,
    decide_send_time,
)
from messaging.services.channels import CHANNELS, ChannelFailed
from messaging.services.channels.calls import (
    Attempt,
    CallOutcomes,
    ChannelSweep,
    is_channel_paused,
    key_of,
    record_channel_failure,
    record_channel_success,
)
from messaging.services.notifications.matters import notices_carried_by, skip_reason
from messaging.services.notifications.recipients import (
    Recipient,
    preferences_of,
    quiet_windows,
    recipient_of,
)
from messaging.services.notifications.render import outgoing_text
from messaging.services.subscriptions import browsers_to_wake
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.events.wake import wake_task

log = logging.getLogger(__name__)
BATCH = 50
# Longer than the slowest channel takes for one notice.
CLAIM = timedelta(minutes=2)
PATIENCE_SECONDS = 3.0
State = Delivery.State
# The channels that this process is serving.
_serving: dict[str, Thread] = {}


def route_notices(
    told: Iterable[Notification],
    rules: Mapping[int, NotificationRule],
    wishes: Mapping[Recipient, NotificationPreference],
    now: datetime,
) -> None:
    """Give each notice that was told to the first channel of its rule that reaches the person, at `now`, an aware moment.

    The other channels are for when that one fails. `rules` are by id; `wishes` say who turned off what. Returns nothing.
    """
    deliveries = _new_deliveries([(row, rules[row.rule_id].channels) for row in told], wishes, now)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    if deliveries:
        call_after_commit(wake_deliveries)


def route_trial_notice(row: Notification) -> None:
    """Give a notice by which somebody tries a rule to the first channel that reaches them, whatever they turned off."""
    for delivery in _new_deliveries([(row, row.rule.channels)], {}, row.send_at):
        delivery.save()
        call_after_commit(wake_deliveries)


def try_next_channel(delivery: Delivery, now: datetime) -> None:
    """Give a notice to the next channel; what a group was to be told goes to each of its people."""
    rows = [(row, delivery.fallback) for row in notices_carried_by(delivery)] if delivery.fallback else []
    wishes = preferences_of(recipient_of(row) for row, _channels in rows)
    Delivery.objects.bulk_create(_new_deliveries(rows, wishes, now), ignore_conflicts=True)


def _new_deliveries(
    rows: Sequence[tuple[Notification, list[str]]],
    wishes: Mapping[Recipient, NotificationPreference],
    now: datetime,
) -> list[Delivery]:
    """The ways of these notices, each with its channels in order, not stored yet: of those that reach somebody who wants it."""
    people = {recipient_of(row) for row, _channels in rows}
    asked = {channel for _row, channels in rows for channel in channels if channel in CHANNELS}
    reached = {channel: set(CHANNELS[channel].addresses_of(people)) for channel in asked}
    found = []
    for row, channels in rows:
        wish = wishes.get(recipient_of(row))
        ways = usable_channels(recipient_of(row), channels, reached)
        if ways and wants_channels(row.trigger, wish.muted if wish else ()):
            once = f"bot:{row.rule_id}:{row.cause}" if ways[0] == Channel.BOT else None
            found.append(
                Delivery(notification=row, channel=ways[0], fallback=ways[1:], due_at=now, once=once)
            )
    return found


def wake_deliveries() -> None:
    """Have a worker try the channels now. If that is lost, the next sweep does it."""
    wake_task("notifications.deliver")


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
    """Send the due deliveries of one channel, one batch. Returns how many went out."""
    moment = now or timezone.now()
    if is_channel_paused(channel, moment):
        return 0
    sweep = ChannelSweep(channel, CHANNELS[channel], moment)
    sent, claimed = 0, deque(claim_due_deliveries(channel, moment))
    while claimed or not sweep.is_idle:
        while claimed and sweep.has_room:
            if attempt := prepare_attempt(claimed.popleft(), moment):
                sweep.hold(attempt)
            _begin_calls(sweep, moment)
        if not sweep.is_calling:
            continue
        sent += _record_or_fail(sweep.wait(), moment)
        if is_channel_paused(channel, moment):
            # The others were not tried, so nothing is counted against them.
            claimed.extend(attempt.delivery.pk for attempt in sweep.drop_held())
            _claimed_by_us(claimed, moment).update(due_at=moment)
            claimed.clear()
        _begin_calls(sweep, moment)
    return sent


def _begin_calls(sweep: ChannelSweep, moment: datetime) -> None:
    """Begin what can be begun, unless somebody else has it by now."""
    while attempt := sweep.take_free():
        if _still_mine(attempt.delivery, moment) and (made := sweep.call(attempt)):
            _record_or_fail(made, moment)


@transaction.atomic
def claim_due_deliveries(channel: str, now: datetime) -> list[int]:
    """Claim due deliveries, so that no other worker takes them until the claim expires."""
    due = Delivery.objects.filter(channel=channel, state=State.WAITING, due_at__lte=now).order_by("due_at")
    with translation.override(settings.LANGUAGE_CODE):
        due.filter(due_at__lte=now - TOO_OLD).update(state=State.SKIPPED, error=reason_text(Reason.TOO_OLD))
    ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
    Delivery.objects.filter(pk__in=ids).update(due_at=now + CLAIM)
    return ids


def _claimed_by_us(ids: Iterable[int], moment: datetime) -> QuerySet[Delivery]:
    """Those of a sweep's claim that nobody else has taken since."""
    return Delivery.objects.filter(pk__in=list(ids), state=State.WAITING, due_at=moment + CLAIM)


def _still_mine(delivery: Delivery, moment: datetime) -> bool:
    """Begin one attempt, unless those before it took so long that somebody else has it by now."""
    mine = _claimed_by_us([delivery.pk], moment)
    delivery.attempts += 1
    return bool(mine.update(due_at=timezone.now() + CLAIM, attempts=F("attempts") + 1))


def prepare_attempt(pk: int, now: datetime) -> Attempt | None:
    """Look at a claimed notice once more; None when it is not to be told now, or not this way.

    One that cannot be looked at counts as tried, and holds up no other.
    """
    wanted = Delivery.objects.select_related("notification__rule", "notification__order__customer")
    delivery = wanted.filter(pk=pk).first()
    if delivery is None:
        return None
    try:
        with transaction.atomic():
            return _prepared(delivery, now)
    except ChannelFailed as error:
        failure = error
    except OperationalError:
        raise
    except Exception as error:
        log.exception("delivery %s through %s could not be prepared", pk, delivery.channel)
        failure = ChannelFailed(repr(error))
    if _still_mine(delivery, now):
        _failed(delivery, failure, now)
    return None


def _prepared(delivery: Delivery, now: datetime) -> Attempt | None:
    """What is to be called, or None. Raises ChannelFailed when there is nobody to call."""
    if needless := skip_reason(delivery, now):
        _claimed_by_us([delivery.pk], now).update(state=State.SKIPPED, error=needless[:300])
        return None
    if later := next_allowed_time(delivery, now):
        # It is late, and they sleep: the claim is given back until then.
        _claimed_by_us([delivery.pk], now).update(due_at=later)
        return None
    if addresses := _addresses(delivery):
        return Attempt(delivery, outgoing_text(delivery), addresses)
    raise ChannelFailed("nobody to be reached this way", final=True)


def _addresses(delivery: Delivery) -> list[Any]:
    """Where the person of a notice can be reached, but for what has taken it already."""
    notice = delivery.notification
    person = recipient_of(notice)
    addresses = CHANNELS[delivery.channel].addresses_of([person]).get(person) or []
    if delivery.channel == Channel.PUSH:
        addresses = browsers_to_wake(notice, addresses)
    return [address for address in addresses if key_of(address) not in delivery.taken]


def _record_or_fail(made: CallOutcomes, now: datetime) -> bool:
    """Write down what came of an attempt; where that cannot be done, count it as failed, and go on with the others."""
    try:
        return _record_outcome(made, now)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("what came of delivery %s cannot be written down", made.attempt.delivery.pk)
        # Its text may be just what cannot be written.
        _failed(made.attempt.delivery, ChannelFailed(type(error).__name__), now)
        return False


def _record_outcome(made: CallOutcomes, now: datetime) -> bool:
    """Write down what came of an attempt. Returns whether the notice went out."""
    delivery = made.attempt.delivery
    for _address, problem in made.outcomes:
        if problem is not None and problem.of_channel:
            record_channel_failure(delivery.channel, str(problem), now)
    taken = [key_of(address) for address, problem in made.outcomes if problem is None]
    if taken:
        record_channel_success(delivery.channel)
    failure = made.failure(every=CHANNELS[delivery.channel].needs_every)
    if failure is None:
        Delivery.objects.filter(pk=delivery.pk).update(state=State.SENT, sent_at=now, error="")
        return True
    if taken:
        Delivery.objects.filter(pk=delivery.pk).update(taken=[*delivery.taken, *taken])
    _failed(delivery, failure, now)
    return False


def next_allowed_time(delivery: Delivery, now: datetime) -> datetime | None:
    """When a notice that is late, since a channel or the whole product was down, may disturb; None for now."""
    notice = delivery.notification
    if notice.sent_at is None or now - notice.sent_at <= LATE:
        return None
    person = recipient_of(notice)
    quiet = None if delivery.once else quiet_windows([person]).get(person)
    asked = DeliveryRequest(
        notice.sent_at, outside=OutsideHours(notice.rule.outside), urgent=notice.urgent, always=True
    )
    moment = decide_send_time(asked, DeliveryContext(now, working_calendar(), quiet)).send_at
    return moment if moment and moment > now else None


def _finish(delivery: Delivery, state: str, text: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, error=text[:300])


def _failed(delivery: Delivery, failure: ChannelFailed, now: datetime) -> None:
    """Try again later, or give the notice to the next channel; if there is none to be found, that is its end."""
    try:
        _try_later_or_elsewhere(delivery, failure, now)
    except OperationalError:
        raise
    except Exception:
        log.exception("delivery %s has no other way", delivery.pk)
        _finish(delivery, State.FAILED, str(failure))


@transaction.atomic
def _try_later_or_elsewhere(delivery: Delivery, failure: ChannelFailed, now: datetime) -> None:
    wait = delivery_retry_wait(delivery.attempts, final=failure.final, jitter=random.uniform(0.75, 1.25))
    if wait is not None:
        Delivery.objects.filter(pk=delivery.pk).update(due_at=now + wait, error=str(failure)[:300])
        return
    _finish(delivery, State.FAILED, str(failure))
    try_next_channel(delivery, now)


def requeue_delivery(delivery: Delivery) -> None:
    """Give a notice that had failed for good to its channel once more."""
    Delivery.objects.filter(pk=delivery.pk, state=State.FAILED).update(
        state=State.WAITING, attempts=0, due_at=timezone.now(), error=""
    )
