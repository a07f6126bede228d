"""A parcel's way: which scan says where it is, whatever order the scans come in. No database, no clock.

What counts is when something was scanned, and at the same moment how far it is. So any order of arrival ends the same:
scans that are older than what is known are part of the way and move nothing, and a signature ends it even where it is
reported late. The code of a scan says its state; its text is never read for one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from orders.models import ParcelTask, Shipment

State, Kind = Shipment.State, ParcelTask.Kind

# How far a state is: of two scans of one moment the further one holds. A scan that says nothing known comes first.
FURTHER = {
    "": -1,
    State.HANDED_OVER: 0,
    State.COLLECTED: 1,
    State.IN_TRANSIT: 2,
    State.OUT_FOR_DELIVERY: 3,
    State.PROBLEM: 4,
    State.REFUSED: 5,
    State.RETURNING: 6,
    State.SIGNED: 7,
    State.RETURNED: 8,
}
# The parcel has come to its end. What is scanned afterwards belongs to the way and is nobody's news.
ENDED = frozenset({State.SIGNED, State.RETURNED})
# What a courier's code, or a person, may say. That the goods are back the stockroom finds out itself.
REPORTED = tuple(state for state in State if state != State.RETURNED)
EXCEPTIONS = {State.PROBLEM: Kind.PROBLEM, State.REFUSED: Kind.REFUSED, State.RETURNING: Kind.RETURNING}
# 揽收, 派件, 签收 and exceptions: what is worth a message. Transport in between is seen by whoever looks.
TOLD = frozenset({State.COLLECTED, State.OUT_FOR_DELIVERY, State.SIGNED, State.RETURNED, *EXCEPTIONS})
# What a state makes of the open tasks of its parcel: a parcel that comes back is no longer merely hard to deliver.
_GOES_ON: frozenset[str] = frozenset({Kind.PROBLEM, Kind.SILENT})
SETTLED_BY: dict[str, frozenset[str]] = {
    State.COLLECTED: _GOES_ON,
    State.IN_TRANSIT: _GOES_ON,
    State.OUT_FOR_DELIVERY: _GOES_ON | {Kind.REFUSED, Kind.RETURNING},
    State.PROBLEM: frozenset({Kind.SILENT}),
    State.REFUSED: _GOES_ON,
    State.RETURNING: _GOES_ON | {Kind.REFUSED},
    State.SIGNED: frozenset(Kind),
    State.RETURNED: frozenset(Kind),
}
# Without a scan for so long, somebody asks the courier.
SILENCE = timedelta(hours=48)
# A clock that is wrong by more is not believed: such a scan would keep every later one from counting.
AHEAD = timedelta(hours=12)


@dataclass(frozen=True)
class Scan:
    """One scan of a parcel: an aware moment, a state (empty where the code is not known), the courier's words, a place."""

    at: datetime
    state: str
    text: str = ""
    place: str = ""


class Placed(Protocol):
    """A scan that is stored."""

    scanned_at: datetime
    state: str


def place_in_time(at: datetime, state: str) -> tuple[datetime, int]:
    """Where a scan stands among others."""
    return at, FURTHER.get(state, -1)


def in_true_order(scans: Iterable[Scan]) -> list[Scan]:
    """The earliest first; what the courier listed first of one moment stays first."""
    return sorted(scans, key=lambda scan: place_in_time(scan.at, scan.state))


def as_believed(scan: Scan, now: datetime) -> Scan:
    """A scan as it is kept: one from the future says nothing about where the parcel is."""
    return replace(scan, state="") if scan.at > now + AHEAD else scan


def moves_of(known: Iterable[Placed], fresh: Sequence[Scan], state: str) -> list[Scan]:
    """Those of the new scans that move a parcel on, the earliest first.

    `known` are the scans that were there before, `state` is where the parcel is taken to be.
    """
    if state in ENDED:
        return []
    newest = max((place_in_time(each.scanned_at, each.state) for each in known if each.state), default=None)
    steps: list[Scan] = []
    for scan in in_true_order(scan for scan in fresh if scan.state):
        if scan.state in ENDED:
            return [*steps, scan]
        if newest is None or place_in_time(scan.at, scan.state) > newest:
            steps.append(scan)
    return steps


def with_whole_state(scans: Iterable[Scan], whole: str) -> list[Scan]:
    """All scans that a courier lists of a parcel, in true order, with what it says of the parcel as a whole.

    A parcel of several legs is signed for at the end of each. It has arrived only when the whole is said to have: then the
    last signature is the one. What the whole is said to be beyond its newest scan (疑难 without a scan) is that scan's state.
    """
    ordered = in_true_order(scans)
    signed = [place for place, scan in enumerate(ordered) if scan.state == State.SIGNED]
    newest = len(ordered) - 1
    if whole == State.SIGNED:
        last = signed[-1] if signed else newest
    else:
        # Nothing known was said of the whole: a signature with nothing after it holds.
        last = newest if not whole and newest in signed else -1
    for place in signed:
        if place != last:
            ordered[place] = replace(ordered[place], state=State.IN_TRANSIT.value)
    if ordered and whole == State.SIGNED:
        ordered[last] = replace(ordered[last], state=whole)
    elif ordered and whole and (whole != State.IN_TRANSIT or not ordered[newest].state):
        ordered[newest] = replace(ordered[newest], state=whole)
    return ordered


def way_in_words(places: Iterable[str]) -> list[str]:
    """The places that a parcel came through, the first one first, each named once in a row and as shortly as it is clear."""
    way: list[str] = []
    for place in places:
        name = _short_name(place)
        if name and (not way or way[-1] != name):
            way.append(name)
    return way


def _short_name(place: str) -> str:
    """A city, of a place that is written as 河北,唐山市,曹妃甸区."""
    parts = [part.strip() for part in place.replace("，", ",").split(",") if part.strip()]
    return (parts[1] if len(parts) > 1 else parts[0] if parts else "")[:20]
