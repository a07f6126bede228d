"""Masking events for readers outside: events carry ids; who may see an object reads it where it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shopcomm.core.events.models import DomainEvent

Mask = Callable[[Mapping[str, Any]], dict[str, Any]]
# Each floor adds how its own facts are masked.
masks: list[Mask] = []
# What of some events a reader is told whole who may do more than read events: by the event's id, the fields of its data.
# The function says whether the reader has a right. Each floor adds its own.
Reveal = Callable[[Sequence[DomainEvent], Callable[[str], bool]], dict[int, dict[str, Any]]]
reveals: list[Reveal] = []


def masked_data(row: DomainEvent) -> dict[str, Any]:
    """The data of an event, as it was written, for a reader who may see events and nothing else."""
    shown = dict(row.data)
    for mask in masks:
        shown = mask(shown)
    return shown


def revealed_data(rows: Sequence[DomainEvent], may: Callable[[str], bool]) -> dict[int, dict[str, Any]]:
    """What of these events is whole for a reader with rights, by the event's id: to be laid over `masked_data`."""
    found: dict[int, dict[str, Any]] = {}
    for reveal in reveals:
        for pk, fields in reveal(rows, may).items():
            found[pk] = found.get(pk, {}) | fields
    return found
