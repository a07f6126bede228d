"""A row of the log read back as the fact that it was written from, by kind. The rule is in `kinds.py`."""

from typing import TypeVar

from shopcomm.core.events.kinds import Event
from shopcomm.core.events.models import DomainEvent

E = TypeVar("E", bound=Event)


def fact_of(row: DomainEvent, *kinds: type[E]) -> E | None:
    """The fact of a row that is of one of these kinds; None for a row of another."""
    fact = row.fact
    return fact if isinstance(fact, kinds) else None
