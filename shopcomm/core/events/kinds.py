"""The kinds of fact: each is declared once, as a frozen dataclass that also says what every reader needs to know of it.

To declare a kind is to write its class: the class names its `type` and is in the registry from then on. Timeline, feeds,
conversations, notices, API and pages ask the class, or the fact that `row.fact` gives back, and know no kind by name.

The log is never rewritten, so a row may be older than its class is today. It is read by this rule:

* a field that the row does not name, or names as null, has the class's default; without one, the empty value of its type;
* a field that the class does not know is refused with UnknownField: either the row was written by a newer release, or a
  field was removed and its name is to be added to the class's `retired` fields, which are passed over;
* a row whose kind is declared nowhere is read as an UnknownFact, which only the shop is shown.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, get_type_hints

from django.utils.functional import Promise

Audience = Literal["shop", "everybody"]
SHOP: Audience = "shop"
EVERYBODY: Audience = "everybody"

# What the log itself writes into a row beside the fields of its fact.
HISTORY = "history"
MARKS = frozenset({HISTORY})
EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False}


class UndeclaredKind(TypeError):
    """A fact was to be published whose class is no declared kind."""


class UnknownField(ValueError):
    """A row of the log names a field that its kind does not know."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact that has happened. Subclasses are named in the past tense and carry ids, not bodies."""

    # The public name, such as "order.paid": never changed once it is out.
    type: ClassVar[str] = ""
    # What the kind is called where one of it stands in a list of what has changed.
    label: ClassVar[str | Promise] = ""
    # Who may read it in a timeline and a conversation.
    audience: ClassVar[Audience] = EVERYBODY
    # A symbol of the sprite.
    icon: ClassVar[str] = "info"
    # Whether it may have changed what somebody relied on who began to edit before it.
    conflicts: ClassVar[bool] = True
    # Whether the stockroom hears a sound.
    alarm: ClassVar[bool] = False
    # Every notice that it may trigger, by name; `triggered` says which of them it does.
    notices: ClassVar[tuple[str, ...]] = ()
    # Fields that older rows may still name.
    retired: ClassVar[frozenset[str]] = frozenset()

    order_id: int | None = None
    conversation_id: int | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type" in cls.__dict__:
            _declare(cls)

    def timeline_text(self) -> str:
        """The fact as one line in the active language; empty if it has no line."""
        return str(self.label) or self.type

    def shop_text(self) -> str:
        """The same with parts that only the shop reads."""
        return self.timeline_text()

    def does_not_conflict(self) -> bool:
        """Whether nobody who began to edit before it could have relied on anything that it changed."""
        return not self.conflicts

    def has_line(self) -> bool:
        """Whether it is told in the conversation of its order."""
        return True

    def triggered(self, actor_kind: str) -> tuple[str, ...]:
        """The notices that this fact triggers. `actor_kind` is who brought it about: "customer", "staff", "system", …"""
        return self.notices


@dataclass(frozen=True, kw_only=True)
class UnknownFact(Event):
    """A row whose kind is declared nowhere: its name is all that is known of it."""

    audience = SHOP
    name: str

    def timeline_text(self) -> str:
        """The name of its kind."""
        return self.name


_kinds: dict[str, type[Event]] = {}


def _declare(kind: type[Event]) -> None:
    known = _kinds.get(kind.type)
    if known and (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
        raise TypeError(f"{kind.type} is declared twice: by {known.__qualname__} and {kind.__qualname__}")
    _kinds[kind.type] = kind


def forget_kind(kind: type[Event]) -> None:
    """Take a kind out of the registry; its rows stay and are read as UnknownFact."""
    _kinds.pop(kind.type, None)


def kind_of(type_: str) -> type[Event] | None:
    """The class of a kind by its public name; None for one that is not declared."""
    return _kinds.get(type_)


def all_kinds() -> list[type[Event]]:
    """Every declared kind, by name."""
    return [_kinds[type_] for type_ in sorted(_kinds)]


def check_declared(event: Event) -> None:
    """Refuse a fact whose class is not the one declared for its type. Raises UndeclaredKind."""
    if _kinds.get(event.type) is not type(event):
        raise UndeclaredKind(f"{type(event).__qualname__} is no declared kind of fact")


def read_fact(
    type_: str, data: Mapping[str, Any], *, order_id: int | None, conversation_id: int | None
) -> Event:
    """The fact that a row of the log was written from, by the rule above. Raises UnknownField."""
    about = {"order_id": order_id, "conversation_id": conversation_id}
    kind = _kinds.get(type_)
    if kind is None:
        return UnknownFact(name=type_, **about)
    # The type checker takes the class for one of its instances here.
    names = _names(kind)  # type: ignore[arg-type]
    if unknown := data.keys() - names - kind.retired - MARKS:
        raise UnknownField(f"{type_} has no field {', '.join(sorted(unknown))}")
    said = {name: value for name, value in data.items() if value is not None and name in names}
    return kind(**_empty(kind) | said | about)  # type: ignore[arg-type]


@cache
def _names(kind: type[Event]) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))


@cache
def _empty(kind: type[Event]) -> dict[str, Any]:
    """What a row says that does not name a field without a default."""
    types = get_type_hints(kind)
    return {
        field.name: EMPTY.get(types[field.name])
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }
