"""A row of the log read back as the fact that it was written from.

The log is never rewritten, so a row may be older than its class is today. The rule: a field that the row does not name
(or names as null) has the class's default, and without one the empty value of its type; what the class does not know
any more is left out. Whoever reads has one type in hand and no keys.
"""

from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar, get_type_hints

from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

E = TypeVar("E", bound=Event)
EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False}


def fact_of(row: DomainEvent, *kinds: type[E]) -> E | None:
    """The fact of a row that is of one of these kinds; None for a row of another."""
    # A class is hashable; the type checker takes that of a dataclass for none.
    kind: Any = next((each for each in kinds if each.type == row.type), None)
    if kind is None:
        return None
    own = {"order_id": row.order_id, "conversation_id": row.conversation_id}
    told = {name: row.data[name] for name in _names(kind) if row.data.get(name) is not None}
    fact: E = kind(**_empty(kind) | told | own)
    return fact


def is_history(row: DomainEvent) -> bool:
    """Whether a row was loaded from elsewhere, long over: readers that tell people the news leave it alone."""
    return bool(row.data.get("history"))


@cache
def _names(kind: type[Event]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _empty(kind: type[Event]) -> dict[str, Any]:
    """What a row says that does not name a field without a default."""
    types = get_type_hints(kind)
    return {
        field.name: EMPTY.get(types[field.name])
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }
