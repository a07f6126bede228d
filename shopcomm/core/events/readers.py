"""Who follows the log: rows. What a row stands for is said by its kind, which whoever has one registers here.

@reader_kind("endpoint")
def endpoint(reader: Reader) -> Handler | None: ...

add_reader(name="endpoint:3", kind="endpoint", configuration={"endpoint": 3})
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.handlers import Handler, all_handlers, handler_named
from shopcomm.core.events.models import Reader
from shopcomm.core.events.selectors import last_position

Kind = Callable[[Reader], Handler | None]
HANDLER = "handler"


_kinds: dict[str, Kind] = {}
_labels: dict[str, Any] = {}


def reader_kind(name: str, label: Any = "") -> Callable[[Kind], Kind]:
    """Register what readers of a kind do: a function from the row to its handler, None where nothing is to be done now.

    `label` is how a person reads the kind; its name where there is none.
    """

    def register(kind: Kind) -> Kind:
        _kinds[name], _labels[name] = kind, label or name
        return kind

    return register


def forget_reader_kind(name: str) -> None:
    """Take a kind out again; its rows stay and are left alone."""
    _kinds.pop(name, None)


def kind_label(reader: Reader) -> str:
    """What a reader is, as people read it."""
    return str(_labels.get(reader.kind, reader.kind))


@reader_kind(HANDLER, _("系统自己的处理"))
def registered_handler(reader: Reader) -> Handler | None:
    """A function of the code that joined with `@on`; a row of one that is no more is left alone."""
    return handler_named(reader.name)


def handler_of(reader: Reader) -> Handler | None:
    """What a reader does with its events; None for one that this process does not know."""
    kind = _kinds.get(reader.kind)
    return kind(reader) if kind else None


def add_reader(
    *, name: str, kind: str, configuration: dict[str, Any] | None = None, from_the_start: bool = False
) -> Reader:
    """Have somebody read the log from now on, or all of it. Adding one that is there changes nothing."""
    made: dict[str, Any] = {"kind": kind, "configuration": configuration or {}}
    made["position"] = 0 if from_the_start else last_position()
    return Reader.objects.get_or_create(name=name, defaults=made)[0]


def add_handlers() -> None:
    """Have a row for every registered handler. A new one begins with the first event that there is."""
    known = set(Reader.objects.filter(kind=HANDLER).values_list("name", flat=True))
    for handler in all_handlers():
        if handler.name not in known:
            add_reader(name=handler.name, kind=HANDLER, from_the_start=True)
