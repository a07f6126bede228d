"""The whole of what an event of the log says masked, for who may see it."""

from collections.abc import Iterable
from typing import Any

from orders.events import ChangeRequested, OrderChanged
from orders.models import ContactChange
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent


def whole_data(event: DomainEvent) -> dict[str, Any]:
    """An event's data with phones and streets as they were."""
    return whole_of([event])[event.pk]


def whole_of(happened: Iterable[DomainEvent]) -> dict[int, dict[str, Any]]:
    """The same of many events at once, by their ids."""
    happened = list(happened)
    named = {event.pk: _contact_of(event) for event in happened}
    kept = ContactChange.objects.in_bulk([pk for pk in named.values() if pk]) if any(named.values()) else {}
    return {event.pk: _with(event.data, kept.get(named[event.pk])) for event in happened}


def _contact_of(event: DomainEvent) -> int:
    """The row that holds what an event has masked; 0 for none."""
    fact = fact_of(event, OrderChanged) or fact_of(event, ChangeRequested)
    return (fact.contact_id if fact else None) or 0


def _with(data: dict[str, Any], row: ContactChange | None) -> dict[str, Any]:
    if row is None:
        return data
    return data | {
        "before": (data.get("before") or {}) | row.before,
        "after": (data.get("after") or {}) | row.after,
    }
