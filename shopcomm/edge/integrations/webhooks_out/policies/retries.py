"""When a delivery is tried again, what is final, and when an endpoint is given up. Plain functions over plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from shopcomm.core.reading import whole_number

HOUR = 3600
# Pauses before the next attempt, in seconds: the first ones heal a hiccup, all of them together last three days.
PAUSES = (
    1, 2, 3, 5, 8, 13, 30, 60, 300, 900, 1800, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, *[12 * HOUR] * 4, 8 * HOUR
)  # fmt: skip
# By so much a pause is shorter or longer, so that what failed together does not come back together.
LEAST_JITTER, MOST_JITTER = 0.8, 1.2
# However long a receiver asks us to wait, it is asked again then.
LONGEST_RETRY_AFTER = timedelta(hours=12)
# Statuses below 500 that say "not now" rather than "never".
NOT_NOW = frozenset({408, 409, 425, 429})
# "I have too much to do": every delivery of the endpoint waits as long as it asks.
BUSY = frozenset({429, 503})
GONE = 410
SUCCESS, REDIRECT, REFUSED, BROKEN = 200, 300, 400, 500
# An endpoint is given up after failing for so long, in at least SPELLS failures that are SPELL apart each.
GIVEN_UP_AFTER = timedelta(days=3)
SPELL = timedelta(hours=12)
SPELLS = 3
# What a receiver may answer by this header, whatever its status.
ANSWER_HEADER = "webhook-delivery"
DISABLE, ABORT = "disable", "abort-message"


@dataclass(frozen=True)
class Verdict:
    """What an answer means: taken or not, and what is to follow.

    `final`: this delivery is not tried again. `disable`: nor is anything else sent there. `aborted`: the receiver is well
    and does not want this one. `wait`: for how long it asked to be left alone; `busy`: with everything.
    """

    taken: bool = False
    final: bool = False
    disable: bool = False
    aborted: bool = False
    busy: bool = False
    wait: timedelta | None = None


def judge_answer(status: int, headers: Mapping[str, str], now: datetime) -> Verdict:
    """What an HTTP answer means. `headers` by their names in lower case."""
    said = headers.get(ANSWER_HEADER, "").strip().lower()
    if status == GONE or said == DISABLE:
        return Verdict(final=True, disable=True)
    if said == ABORT:
        return Verdict(final=True, aborted=True)
    if SUCCESS <= status < REDIRECT:
        return Verdict(taken=True)
    wait = retry_after(headers.get("retry-after", ""), now)
    final = REFUSED <= status < BROKEN and status not in NOT_NOW
    return Verdict(final=final, busy=status in BUSY and wait is not None, wait=None if final else wait)


def retry_after(text: str, now: datetime) -> timedelta | None:
    """How long `Retry-After` asks to wait, within bounds: seconds or a date (RFC 9110). None for what is neither."""
    seconds = whole_number(text)
    if seconds is not None:
        return timedelta(seconds=min(seconds, LONGEST_RETRY_AFTER.total_seconds()))
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError):
        return None
    wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)


def pause_before_retry(attempts: int, *, jitter: float, wait: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many attempts; None when there were enough. At least as long as the receiver asked."""
    if attempts > len(PAUSES):
        return None
    return max(timedelta(seconds=PAUSES[attempts - 1] * jitter), wait or timedelta(0))


def next_spell(spells: int, last: datetime | None, now: datetime) -> int | None:
    """The number of failures that lie apart, with one now; None where it belongs to the last one."""
    return spells + 1 if last is None or now - last >= SPELL else None


def is_given_up(failing_since: datetime, spells: int, now: datetime) -> bool:
    """Whether an endpoint has failed for so long, and so often apart, that nobody seems to be there."""
    return now - failing_since >= GIVEN_UP_AFTER and spells >= SPELLS
