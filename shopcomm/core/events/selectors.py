"""Reading the log by position."""

from django.db.models import QuerySet

from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import position_new_events


def events_after(position: int, *, limit: int, event_type: str = "") -> list[DomainEvent]:
    """Up to `limit` events behind a position, oldest first; fresh even while no worker runs."""
    position_new_events()
    events = DomainEvent.objects.filter(position__gt=position)
    if event_type:
        events = events.filter(type=event_type)
    return list(events.order_by("position")[:limit])


def events_of_order(order_id: int) -> QuerySet[DomainEvent]:
    """Everything that happened to an order, oldest first."""
    return DomainEvent.objects.filter(order_id=order_id).order_by("id")


def last_position() -> int:
    """The position of the newest event that has one, 0 for an empty log."""
    newest = (
        DomainEvent.objects.exclude(position=None).order_by("-position").values_list("position", flat=True)
    )
    return newest.first() or 0
