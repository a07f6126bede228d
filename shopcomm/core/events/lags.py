"""How far the readers of the log are behind, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q

from shopcomm.core.events.handlers import all_handlers
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.readers import handler_of
from shopcomm.core.events.selectors import last_position

# A reader whose next event is older has stood still.
BEHIND_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class ReaderLag:
    """What one reader has before it: how many committed events, and for how many seconds the oldest has waited."""

    reader: str
    events: int
    seconds: float


def reader_lags(now: datetime) -> list[ReaderLag]:
    """Every reader that there is, in the order of their names. Five queries, however many there are."""
    # A handler has no row before the first relay.
    readers = {handler.name: 0 for handler in all_handlers()}
    readers |= {row.name: row.position for row in Reader.objects.order_by("name") if handler_of(row)}
    newest = last_position()
    fresh = DomainEvent.objects.filter(position=None).aggregate(count=Count("pk"), since=Min("occurred_at"))
    # Positions have no gaps: the next one is what a reader has to see first.
    nexts = {position + 1 for position in readers.values()}
    since = dict(DomainEvent.objects.filter(position__in=nexts).values_list("position", "occurred_at"))
    return [
        ReaderLag(
            name,
            max(newest - position, 0) + fresh["count"],
            _seconds(since.get(position + 1, fresh["since"]), now),
        )
        for name, position in readers.items()
    ]


def _seconds(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def unhandled_events() -> dict[tuple[str, str], int]:
    """How many events each reader could not handle, by reader and state: `retrying` by themselves, `kept_back` behind one of
    those, or `given_up` and left to a manager."""
    given_up = DeadLetter.objects.filter(resolved_at=None).values_list("reader").annotate(Count("pk"))
    found = {(reader, "given_up"): count for reader, count in given_up}
    for state, waits_behind in (("retrying", False), ("kept_back", True)):
        held = HeldEvent.objects.filter(retry_at__isnull=waits_behind)
        for reader, count in held.values_list("reader_id").annotate(Count("pk")):
            found[reader, state] = count
    return found


@dataclass(frozen=True)
class Trouble:
    """What keeps readers from being up to date."""

    # Names of those whose next event has waited for more than BEHIND_AFTER: something keeps them from reading.
    behind: list[str]
    paused: list[str]
    # How many events have failed and are tried again.
    failing: int


def trouble_of_readers(now: datetime) -> Trouble:
    """Which readers somebody should look after."""
    waits = DomainEvent.objects.filter(position=OuterRef("position") + 1, occurred_at__lt=now - BEHIND_AFTER)
    failing = Count("heldevent", filter=Q(heldevent__retry_at__isnull=False))
    rows = list(Reader.objects.annotate(waits=Exists(waits), failing=failing).order_by("name"))
    running = [row for row in rows if row.state == Reader.State.ACTIVE]
    return Trouble(
        behind=[row.name for row in running if row.waits and handler_of(row)],
        paused=[row.name for row in rows if row.state == Reader.State.PAUSED],
        failing=sum(row.failing for row in rows),
    )
