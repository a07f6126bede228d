"""When a service is asked again, and when it is not asked any more. No database, no clock.

A parcel is followed until it has arrived, its order is closed, or it has been under way for longer than any parcel is.
"""

from datetime import timedelta

# After so many refusals of the moment in a row the next one comes this much later; the last holds from there on.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
# A service that does not answer, or whose account is not in order, rests as a whole.
RESTS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
ACCOUNT_RESTS = timedelta(hours=1)
# Without a push for so long a parcel is asked about; the older it is, the less often. Services lock who asks oftener.
_FRESH, _YOUNG = timedelta(days=3), timedelta(days=10)
_INTERVALS = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
SPREAD = 0.2


def subscription_pause(failures: int, chance: float) -> timedelta:
    """How long a parcel waits after so many failures in a row, spread so that not all come back at once. `chance`: 0 to 1."""
    pause = PAUSES[min(failures, len(PAUSES)) - 1]
    return pause * (1 - SPREAD + 2 * SPREAD * chance)


def rest_after(failures: int) -> timedelta:
    """How long a service rests that has not answered so many times in a row."""
    return RESTS[min(failures, len(RESTS)) - 1]


def asked_again_in(age: timedelta) -> timedelta:
    """How long after the last word a parcel of this age is asked about."""
    if age < _FRESH:
        return _INTERVALS[0]
    return _INTERVALS[1] if age < _YOUNG else _INTERVALS[2]
