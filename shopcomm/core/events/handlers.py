"""The registry of event handlers, which join with `@on(EventClass)`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

Handle = Callable[[DomainEvent], None]
H = TypeVar("H", bound=Handle)


@dataclass(frozen=True)
class Handler:
    """What a reader does with an event.

    Each event has a transaction of its own, in which the reader's place is moved on: what the handler writes is there
    once. What it does outside may happen twice, so that is idempotent, and done on commit.
    """

    name: str
    # None: all of them.
    types: frozenset[str] | None
    handle: Handle
    # Whether an event that fails keeps back the later ones of its order (or conversation). All others go on anyway.
    in_order: bool = True
    # Whether it is given what was loaded from elsewhere and happened long ago.
    history: bool = False

    def wants(self, event: DomainEvent) -> bool:
        """Whether an event of its types is this handler's business."""
        return self.history or not event.is_history


_handlers: dict[str, Handler] = {}


def on(*events: type[Event], in_order: bool = True, history: bool = False) -> Callable[[H], H]:
    """Register a function for some kinds of event. Its dotted name is its reader's name: do not rename lightly.

    It only enqueues, or calls one service for one order: what it locks is held until its transaction ends.
    Without `in_order` an event that fails waits alone. With `history` it is given imported events as well.
    """

    def register(function: H) -> H:
        name = f"{function.__module__}.{function.__qualname__}"
        types = frozenset(event.type for event in events)
        _handlers[name] = Handler(name, types, function, in_order, history)
        return function

    return register


def all_handlers() -> list[Handler]:
    """Every registered handler, in a stable order."""
    return [_handlers[name] for name in sorted(_handlers)]


def handler_named(name: str) -> Handler | None:
    """A registered handler; None for one that this process does not know."""
    return _handlers.get(name)


def forget_handler(name: str) -> None:
    """Forget a handler; its reader stays."""
    _handlers.pop(name, None)
