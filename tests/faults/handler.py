"""A reader of the event log that takes its time, so that its worker can be killed in the middle."""

import threading
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection

from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

# No unique key on purpose: an event handled twice must show.
SEEN_TABLE = "CREATE TABLE faults_seen (n bigserial PRIMARY KEY, position bigint NOT NULL)"


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
