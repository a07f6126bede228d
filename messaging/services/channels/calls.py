"""What a channel carries, and one sweep of it: so many calls at once as it allows, never two to one endpoint.

The calls are made in threads that touch no database; everything is read before and written down after by the sweep's
own thread. Whoever does not answer holds up nobody else: their further notices wait, or find their endpoint at rest.
"""

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F

from messaging.models import ChannelHealth, Delivery
from messaging.models.channels import Endpoint
from messaging.policies.notifications.channels import counts_as_told, fails_for_good
from messaging.policies.notifications.retries import count_channel_failure, endpoint_pause
from messaging.services.notifications.recipients import Recipient
from shopcomm.core.outbound.calls import Reach

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outgoing:
    """One notice on its way out. `reference` is the same for every attempt, so that a receiver can tell repeats."""

    reference: str
    title: str
    body: str
    url: str
    urgent: bool = False


class ChannelFailed(Exception):
    """A channel did not take a notice.

    `final`: trying again would not help. `of_channel`: it is the channel's own failure (its provider, the shop's
    credentials), which would meet anybody. `gone`: this endpoint is no more and is to be forgotten.
    """

    def __init__(
        self, text: str, *, final: bool = False, of_channel: bool = False, gone: bool = False
    ) -> None:
        # What a stranger's server answered is written down, and a column of text holds no NUL.
        super().__init__(text.replace("\0", ""))
        self.final, self.of_channel, self.gone = final, of_channel, gone


def account_reach() -> Reach:
    """Accounts are written by managers: plain HTTP too, what the operator names, in development this machine."""
    return Reach(named=settings.CHANNEL_ALLOWED_HOSTS, plain=True, loopback=settings.OUTBOUND_LOOPBACK)


Outcomes = list[tuple[Any, ChannelFailed | None]]


class ChannelWay(Protocol):
    """A way to somebody outside the product."""

    # How many calls may be under way at the same time.
    at_once: int
    # Whether each address of a person has to take a notice, or one is enough.
    needs_every: bool

    def addresses_of(self, people: Iterable[Recipient]) -> dict[Recipient, list[Any]]:
        """Where each of these people can be found; who is left out cannot be reached this way."""

    def load_credentials(self) -> Any:
        """What the shop speaks with."""

    def send_notice(self, outgoing: Outgoing, address: Any, credentials: Any) -> None:
        """Speak to the outside, in a thread that must not touch the database. Raises ChannelFailed."""


def is_channel_paused(channel: str, now: datetime) -> bool:
    """Whether a channel is left alone at this moment."""
    return ChannelHealth.objects.filter(channel=channel, paused_until__gt=now).exists()


@transaction.atomic
def record_channel_failure(channel: str, error: str, now: datetime) -> None:
    """Its provider or the shop's credentials for it failed: nobody can be told this way now."""
    health, _made = ChannelHealth.objects.select_for_update().get_or_create(channel=channel)
    health.failures, pause = count_channel_failure(health.failures)
    health.last_error = error[:300]
    if pause:
        health.paused_until = now + pause
    health.save()


def record_channel_success(channel: str) -> None:
    """Somebody was told this way."""
    ChannelHealth.objects.filter(channel=channel).exclude(failures=0, paused_until=None).update(
        failures=0, paused_until=None
    )


def is_endpoint_paused(endpoint: Endpoint, now: datetime) -> bool:
    """Whether an endpoint is left alone at this moment."""
    return endpoint.paused_until is not None and endpoint.paused_until > now


def record_endpoint_failure(endpoint: Endpoint, error: str, now: datetime) -> None:
    """It did not take a notice; nobody else's endpoint is meant."""
    pause = endpoint_pause(endpoint.failures)
    endpoint.failures, endpoint.paused_until = endpoint.failures + 1, now + pause
    type(endpoint)._default_manager.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1, paused_until=now + pause, last_error=error[:300]
    )


def record_endpoint_success(endpoint: Endpoint) -> None:
    """It took a notice."""
    if endpoint.failures or endpoint.paused_until:
        type(endpoint)._default_manager.filter(pk=endpoint.pk).update(
            failures=0, paused_until=None, last_error=""
        )


@dataclass
class Attempt:
    """A delivery that is to be tried: what goes out, and to which addresses."""

    delivery: Delivery
    outgoing: Outgoing
    addresses: list[Any]

    @property
    def keys(self) -> set[str]:
        """What tells the endpoints of this attempt from all others of the channel."""
        return {key_of(address) for address in self.addresses}


@dataclass(frozen=True)
class CallOutcomes:
    """What the calls of an attempt came to; `resting` endpoints were not called."""

    attempt: Attempt
    outcomes: Outcomes
    resting: int = 0

    def failure(self, *, every: bool) -> ChannelFailed | None:
        """What stands in the way of calling it told: one endpoint is enough, or `every` one has to take it."""
        failures = [failure for _address, failure in self.outcomes if failure is not None]
        taken = len(self.outcomes) - len(failures)
        if counts_as_told(taken=taken, refused=len(failures), resting=self.resting, every=every):
            return None
        if not failures:
            return ChannelFailed("its address is left alone after failures")
        final = fails_for_good([failure.final for failure in failures], resting=self.resting)
        return ChannelFailed(str(failures[0]), final=final)


def key_of(address: Any) -> str:
    """A name for an endpoint, unique in its channel."""
    return str(address.pk) if isinstance(address, Endpoint) else str(address)


class ChannelSweep:
    """The calls of one channel that are under way, and those that wait because their endpoint is busy."""

    def __init__(self, channel: str, way: ChannelWay, now: datetime) -> None:
        self._channel, self._way, self._now = channel, way, now
        self._credentials = way.load_credentials()
        self._held: deque[Attempt] = deque()
        self._busy: set[str] = set()
        self._open = 0
        self._done: SimpleQueue[CallOutcomes] = SimpleQueue()
        # What this sweep has learned of endpoints, which attempts that were read before do not know.
        self._known: dict[str, Endpoint] = {}

    @property
    def is_idle(self) -> bool:
        """Nothing is under way, and nothing waits for it."""
        return not self._open and not self._held

    @property
    def is_calling(self) -> bool:
        """Whether an outcome is to be waited for."""
        return self._open > 0

    @property
    def has_room(self) -> bool:
        """Whether one more call could be made."""
        return self._open < self._way.at_once

    def hold(self, attempt: Attempt) -> None:
        """Take an attempt; it is made when its endpoints are free."""
        self._held.append(attempt)

    def take_free(self) -> Attempt | None:
        """The first of those that were held whose endpoints are all free, if there is room."""
        if not self.has_room:
            return None
        for attempt in self._held:
            if not attempt.keys & self._busy:
                self._held.remove(attempt)
                return attempt
        return None

    def drop_held(self) -> list[Attempt]:
        """Give back what was not begun."""
        held = list(self._held)
        self._held.clear()
        return held

    def call(self, attempt: Attempt) -> CallOutcomes | None:
        """Call the endpoints that do not rest. Returns at once; the outcome itself only where there is nobody to call."""
        awake = [each for each in attempt.addresses if not self._rests(each)]
        resting = len(attempt.addresses) - len(awake)
        if not awake:
            return CallOutcomes(attempt, [], resting)
        self._open += 1
        self._busy |= attempt.keys
        Thread(
            target=self._speak, args=(attempt, awake, resting), name=f"{self._channel} call", daemon=True
        ).start()
        return None

    def wait(self) -> CallOutcomes:
        """The next calls that are done, with what their endpoints are to be remembered for."""
        calls = self._done.get()
        self._open -= 1
        self._busy -= calls.attempt.keys
        for address, failure in calls.outcomes:
            if isinstance(address, Endpoint):
                self._remember(address, failure)
        return calls

    def _rests(self, address: Any) -> bool:
        if not isinstance(address, Endpoint):
            return False
        return is_endpoint_paused(self._known.get(key_of(address), address), self._now)

    def _remember(self, address: Endpoint, failure: ChannelFailed | None) -> None:
        if failure is None:
            record_endpoint_success(address)
        elif failure.gone:
            address.delete()
        elif not failure.of_channel:
            record_endpoint_failure(address, str(failure), self._now)
            self._known[key_of(address)] = address

    def _speak(self, attempt: Attempt, addresses: Iterable[Any], resting: int) -> None:
        outcomes = [(each, self._call_one(attempt.outgoing, each)) for each in addresses]
        self._done.put(CallOutcomes(attempt, outcomes, resting))

    def _call_one(self, outgoing: Outgoing, address: Any) -> ChannelFailed | None:
        try:
            self._way.send_notice(outgoing, address, self._credentials)
        except ChannelFailed as failure:
            return failure
        except Exception as error:
            log.exception("channel %s broke at %s", self._channel, outgoing.reference)
            return ChannelFailed(repr(error))
        return None
