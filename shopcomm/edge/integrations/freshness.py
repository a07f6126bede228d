"""Which of two things that another system said of the same part of an order is the newer one, in whatever order they came.

Both have versions: the higher one. Otherwise the moment decides, and at the same moment a mark of what was said, so that
any two orders of arrival end the same: of two statuses the one further on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from orders.models import Status
from shopcomm.core.json_text import json_text

# How far a status is; what ends an order comes last.
_FURTHER = {status: place for place, status in enumerate(Status.values)}


@dataclass(frozen=True)
class Said:
    """When something was said (an aware moment), its version where the sender counts them, and a mark of what it was."""

    at: datetime
    version: int | None
    mark: str

    @classmethod
    def of(cls, part: str, value: Any, at: datetime, version: int | None) -> "Said":
        """What was said of a part of an order. `value` is plain JSON, of the part `status` its code."""
        return cls(at, version, _mark(part, value))

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Said":
        return cls(datetime.fromisoformat(kept["at"]), kept["version"], kept["mark"])

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the order's row."""
        return {"at": self.at.isoformat(), "version": self.version, "mark": self.mark}

    def is_newer_than(self, other: "Said | None") -> bool:
        """Whether this one holds and the other one is the past. The same again is not newer."""
        if other is None:
            return True
        if self.version is not None and other.version is not None and self.version != other.version:
            return self.version > other.version
        if self.at != other.at:
            return self.at > other.at
        return self.mark > other.mark


def _mark(part: str, value: Any) -> str:
    if part == "status":
        return f"{_FURTHER[value]:02}"
    return sha256(json_text(value).encode()).hexdigest()
