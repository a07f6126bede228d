"""What the log's readers outside are not shown: events carry ids; who may see a thing reads it where it is."""

from collections.abc import Callable, Mapping
from typing import Any

Mask = Callable[[Mapping[str, Any]], dict[str, Any]]
# Each floor adds how its own facts are masked.
masks: list[Mask] = []


def masked(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of an event as a reader gets it who may see events and nothing else."""
    shown = dict(data)
    for mask in masks:
        shown = mask(shown)
    return shown
