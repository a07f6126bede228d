"""Facts of no shop, and a handler that notes them: what the tests of the log write and read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event, publish


@dataclass(frozen=True, kw_only=True)
class BagCounted(Event):
    type: ClassVar[str] = "test.bag_counted"
    number: int


@dataclass(frozen=True, kw_only=True)
class BagLost(Event):
    type: ClassVar[str] = "test.bag_lost"


def count_bag(number: int, order_id: int | None = 1) -> DomainEvent:
    with transaction.atomic():
        return publish(BagCounted(number=number, order_id=order_id), actor=Actor.system())


def number_of(event: DomainEvent) -> int:
    """Which bag was counted."""
    fact = event.fact
    assert isinstance(fact, BagCounted)
    return fact.number


def numbers(events: list[DomainEvent]) -> list[int]:
    return [number_of(event) for event in events]


class Recorder:
    """A handler that notes what it was given, and fails as often as it is told."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.fails: Callable[[int], BaseException | None] = lambda number: None

    def __call__(self, event: DomainEvent) -> None:
        number = number_of(event)
        self.seen.append(number)
        if error := self.fails(number):
            raise error
