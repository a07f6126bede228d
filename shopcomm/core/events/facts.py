"""Reading a row of the log back as the event dataclass it was written from. The rule is in `kinds.py`."""

import logging
from typing import TypeVar

from shopcomm.core.events.kinds import Event, UnknownFact, UnknownField
from shopcomm.core.events.models import DomainEvent

log = logging.getLogger(__name__)
E = TypeVar("E", bound=Event)


def fact_of(row: DomainEvent, *kinds: type[E]) -> E | None:
    """The fact of a row that is of one of these kinds; None for a row of another."""
    fact = row.fact
    return fact if isinstance(fact, kinds) else None


def has_readable_fact(row: DomainEvent) -> bool:
    """Whether every field of a row is known; a newer release may have written it."""
    try:
        _ = row.fact
    except UnknownField:
        log.exception("event %s cannot be read", row.pk)
        return False
    return True


def readable_fact(row: DomainEvent) -> Event:
    """The fact of a row for a page: one that cannot be read is an UnknownFact, and hides none of the others.

    A reader of the log lets UnknownField be raised instead: its row is tried again.
    """
    if has_readable_fact(row):
        return row.fact
    return UnknownFact(name=row.type, order_id=row.order_id, conversation_id=row.conversation_id)
