"""What a row would do, and what it did: enough to show it before, and to take it back after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from shopcomm.core.accounts.actors import Actor


class Effect(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """A row taken in: which object it was, and those of its values that are otherwise, before and after."""

    effect: Effect
    object_id: int = 0
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    # What else came of it that somebody has to know.
    note: str = ""


class RowUndoer(Protocol):
    """What takes a row of one kind back. Raises RowRefused with the reason for people."""

    def undo(self, change: Change, actor: Actor) -> None:
        """Take it back, unless something has followed."""


class RowImporter(RowUndoer, Protocol):
    """One kind of list. Each call is about one row; all of them raise RowRefused with the reason for people."""

    def key_of(self, fields: Mapping[str, Any]) -> str:
        """What the row is about, so that a file names nothing twice."""

    def compare(self, fields: Mapping[str, Any]) -> Effect:
        """What the row would do. Writes nothing."""

    def take(self, fields: Mapping[str, Any], actor: Actor) -> Change:
        """Do it, in the caller's transaction."""
