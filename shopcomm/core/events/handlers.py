"""Who wants to know of what: the registry that handlers join with `@on(EventClass)`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

Handle = Callable[[DomainEvent], None]
H = TypeVar("H", bound=Handle)


@dataclass(frozen=True)
class Handler:
    """A function with a cursor of its own. It may be called twice for an event, so it is idempotent."""

    name: str
    types: frozenset[str]
    handle: Handle
    # Each of its events has a transaction of its own.
    alone: bool = False
    # Whether an event that fails holds up those after it.
    in_order: bool = True


_handlers: dict[str, Handler] = {}


def on(*events: type[Event], alone: bool = False, in_order: bool = True) -> Callable[[H], H]:
    """Register a function for some kinds of event. Its dotted name is its cursor's name: do not rename lightly.

    `alone` for one that locks rows in an order: what it locked for one event would stand before what the next needs.
    Without `in_order` an event that fails is set aside and tried again by itself, while the handler goes on.
    """

    def register(function: H) -> H:
        name = f"{function.__module__}.{function.__qualname__}"
        _handlers[name] = Handler(name, frozenset(event.type for event in events), function, alone, in_order)
        return function

    return register


def all_handlers() -> list[Handler]:
    """Every registered handler, in a stable order."""
    return [_handlers[name] for name in sorted(_handlers)]


def unregister(name: str) -> None:
    """Forget a handler; its cursor stays."""
    _handlers.pop(name, None)
