"""A reader of the event log that takes its time, so that its worker can be killed in the middle."""

import threading
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection

from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

# No unique key on purpose: an event handled twice must show.
SEEN_TABLE = """
CREATE TABLE faults_seen (n bigserial PRIMARY KEY, position bigint NOT NULL);
CREATE TABLE faults_dropped (
    n bigserial PRIMARY KEY, order_id bigint NOT NULL, at timestamptz DEFAULT clock_timestamp()
)
"""
# The order of which no event can be handled.
POISONED = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class BagScanned(Event):
    """Something a test can publish by the hundred."""

    type: ClassVar[str] = "test.bag_scanned"
    writer: int
    number: int


@on(BagScanned)
def note_scan(event: DomainEvent) -> None:
    """Write down the position, slowly."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO faults_seen (position) VALUES (%s)", [event.position])
    threading.Event().wait(0.004)


@dataclass(frozen=True, kw_only=True)
class BagDropped(Event):
    """Something that happens to an order."""

    type: ClassVar[str] = "test.bag_dropped"


@on(BagDropped)
def note_drop(event: DomainEvent) -> None:
    """Write down the order, and when; fail for one order for ever."""
    if event.order_id == POISONED:
        raise ValueError("nothing can be made of this order")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO faults_dropped (order_id) VALUES (%s)", [event.order_id])
