"""Who keeps failing is left alone for a while: an endpoint for its own failures, a channel for its own only."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from messaging.models import ChannelHealth
from messaging.models.channels import Endpoint

# After this many failures of its own in a row a channel rests.
TRIPS_AFTER = 5
PAUSE = timedelta(minutes=2)
# An endpoint rests after each failure, twice as long every time.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=20), timedelta(hours=1)


def channel_rests(channel: str, now: datetime) -> bool:
    """Whether a channel is left alone at this moment."""
    return ChannelHealth.objects.filter(channel=channel, paused_until__gt=now).exists()


@transaction.atomic
def channel_failed(channel: str, error: str, now: datetime) -> None:
    """Its provider or the shop's credentials for it failed: nobody can be told this way now."""
    health, _made = ChannelHealth.objects.select_for_update().get_or_create(channel=channel)
    health.failures += 1
    health.last_error = error[:300]
    if health.failures >= TRIPS_AFTER:
        health.paused_until = now + PAUSE
        # After the pause one attempt decides whether it is well again.
        health.failures = TRIPS_AFTER - 1
    health.save()


def channel_works(channel: str) -> None:
    """Somebody was told this way."""
    ChannelHealth.objects.filter(channel=channel).exclude(failures=0, paused_until=None).update(
        failures=0, paused_until=None
    )


def endpoint_rests(endpoint: Endpoint, now: datetime) -> bool:
    """Whether an endpoint is left alone at this moment."""
    return endpoint.paused_until is not None and endpoint.paused_until > now


def endpoint_failed(endpoint: Endpoint, error: str, now: datetime) -> None:
    """It did not take a notice; nobody else's endpoint is meant."""
    pause = min(FIRST_PAUSE * 2 ** min(endpoint.failures, 10), LONGEST_PAUSE)
    endpoint.failures, endpoint.paused_until = endpoint.failures + 1, now + pause
    type(endpoint)._default_manager.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1, paused_until=now + pause, last_error=error[:300]
    )


def endpoint_works(endpoint: Endpoint) -> None:
    """It took a notice."""
    if endpoint.failures or endpoint.paused_until:
        type(endpoint)._default_manager.filter(pk=endpoint.pk).update(
            failures=0, paused_until=None, last_error=""
        )
