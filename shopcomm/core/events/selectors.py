"""Reading the log by position. Nothing here writes or waits for a lock."""

from functools import cache

from django.db.models import QuerySet

from shopcomm.core.database.prepared import Number, ask_numbers
from shopcomm.core.events.models import BESIDE_CONVERSATIONS, DomainEvent


def events_after(position: int, *, limit: int, event_type: str = "") -> list[DomainEvent]:
    """Up to `limit` events behind a position, oldest first; those that have a position."""
    events = DomainEvent.objects.filter(position__gt=position)
    if event_type:
        events = events.filter(type=event_type)
    return list(events.order_by("position")[:limit])


def events_after_and_new(position: int, *, limit: int) -> list[DomainEvent]:
    """The same but for what concerns a conversation alone, followed by what has committed a moment ago and has no
    position yet, by id.

    For whoever hears of what comes from now on another way: an event that is told between its commit and its position
    is in here. One statement, so that none changes sides meanwhile.
    """
    events = DomainEvent.objects.filter(BESIDE_CONVERSATIONS)
    placed = events.filter(position__gt=position).order_by("position")[:limit]
    new = events.filter(position=None).order_by("id")[:limit]
    rows = sorted(placed.union(new, all=True), key=lambda row: (row.position is None, row.position or row.pk))
    return rows[:limit]


def events_of_order(order_id: int) -> QuerySet[DomainEvent]:
    """Everything that happened to an order, oldest first."""
    return DomainEvent.objects.filter(order_id=order_id).order_by("id")


def last_position() -> int:
    """The position of the newest event that has one, 0 for an empty log."""
    return ask_numbers(last_position_number())[0]


@cache
def last_position_number() -> Number:
    """The same, to be asked for together with other numbers."""
    newest = DomainEvent.objects.exclude(position=None).order_by("-position").values("position")[:1]
    sql, values = newest.query.sql_with_params()
    return Number(f"coalesce(({sql}), 0)", list(values))
