"""When something that failed is tried again, and when it is given up. No database, no clock.

Each kind of failure waits twice as long every time: a notice that cannot be told, a delivery that a channel did not take,
an endpoint or a channel that keeps failing.
"""

from datetime import timedelta
from typing import NamedTuple

# A notice that could not be told is tried again after so long; after MOST_FAILURES a manager decides.
PUT_OFF = timedelta(minutes=10)
MOST_FAILURES = 5
# A delivery is tried so often through one channel, then goes the next way.
MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(seconds=20)
# An endpoint rests after each failure.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=20), timedelta(hours=1)
# After this many failures of its own in a row a channel rests.
TRIPS_AFTER = 5
CHANNEL_PAUSE = timedelta(minutes=2)


def notice_retry_wait(failures: int) -> timedelta | None:
    """How long a notice waits that has failed so often, this time included; None when a manager is to decide."""
    return None if failures >= MOST_FAILURES else PUT_OFF * 2 ** (failures - 1)


def delivery_retry_wait(attempts: int, *, final: bool, jitter: float) -> timedelta | None:
    """How long a delivery waits after so many attempts; None when its channel is given up.

    `final` says that trying again would not help. `jitter`, about 1, keeps many from coming back at the same moment.
    """
    if final or attempts >= MOST_ATTEMPTS:
        return None
    return FIRST_WAIT * 2 ** (attempts - 1) * jitter


def endpoint_pause(failures: int) -> timedelta:
    """How long an endpoint rests that had failed so often in a row before it failed again."""
    return min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)


class ChannelCount(NamedTuple):
    """The consecutive failures of a channel, and how long it is paused; None while it is not."""

    failures: int
    pause: timedelta | None


def count_channel_failure(failures: int) -> ChannelCount:
    """Count one failure of a channel's own more. After the pause one attempt decides whether it is well again."""
    if failures + 1 < TRIPS_AFTER:
        return ChannelCount(failures + 1, None)
    return ChannelCount(TRIPS_AFTER - 1, CHANNEL_PAUSE)
