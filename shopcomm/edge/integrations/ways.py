"""The ways in which another order system can be joined. Each is an app beside this file that registers itself when it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from shopcomm.core.accounts.rights import Label
from shopcomm.edge.integrations.models import Connection


def _nothing(_request: HttpRequest, _connection: Connection) -> dict[str, Any]:
    return {}


def _none(_connection: Connection) -> int:
    return 0


@dataclass(frozen=True)
class Way:
    """One way: how it is called, when to choose it, and its part of the pages of connections.

    `kind` is what a connection's row says; `add_url` names the page where one is made; `template` is the part of a
    connection's page that only this way has, `context` what that part shows; `parked` counts what waits there for a person.
    `takes_commands`: whether a program of its own is at the other end, which can be asked to change an order and answers.
    """

    kind: str
    label: Label
    when: Label
    add_url: str
    template: str
    context: Callable[[HttpRequest, Connection], dict[str, Any]] = _nothing
    parked: Callable[[Connection], int] = _none
    takes_commands: bool = True


_WAYS: dict[str, Way] = {}


def register_way(way: Way) -> None:
    """Offer a way. Raises ValueError for a kind that another one has."""
    if way.kind in _WAYS:
        raise ValueError(f"two ways are called {way.kind}")
    _WAYS[way.kind] = way


def all_ways() -> list[Way]:
    """Every way, as the page offers them: in the order of INSTALLED_APPS."""
    return list(_WAYS.values())


def way_of(connection: Connection) -> Way | None:
    """How a connection is joined; None where the app of its way is not installed any more."""
    return _WAYS.get(connection.kind)
