"""Masking events for readers outside: events carry ids; who may see an object reads it where it is."""

from collections.abc import Callable, Mapping
from typing import Any

from shopcomm.core.events.models import DomainEvent

Mask = Callable[[Mapping[str, Any]], dict[str, Any]]
# Each floor adds how its own facts are masked.
masks: list[Mask] = []


def masked_data(row: DomainEvent) -> dict[str, Any]:
    """The data of an event, as it was written, for a reader who may see events and nothing else."""
    shown = dict(row.data)
    for mask in masks:
        shown = mask(shown)
    return shown
