"""How far the readers of the log are behind it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from shopcomm.core.events.handlers import all_handlers
from shopcomm.core.events.models import DeadLetter, DomainEvent, HandlerCursor
from shopcomm.core.events.selectors import last_position


@dataclass(frozen=True)
class ReaderLag:
    """What one reader has before it: how many committed events, and for how many seconds the oldest has waited."""

    reader: str
    events: int
    seconds: float


def reader_lags(now: datetime) -> list[ReaderLag]:
    """Every reader that there is, in the order of their names. Five queries, however many there are."""
    positions = dict(HandlerCursor.objects.values_list("name", "position"))
    readers = {handler.name: positions.get(handler.name, 0) for handler in all_handlers()}
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


def open_dead_letters() -> dict[tuple[str, bool], int]:
    """How many events each reader could not handle, by reader and whether they are still tried again by themselves."""
    found: dict[tuple[str, bool], int] = {}
    unresolved = DeadLetter.objects.filter(resolved_at=None).values_list("handler", "retry_at")
    for reader, retry_at in unresolved:
        key = (reader, retry_at is not None)
        found[key] = found.get(key, 0) + 1
    return found
