"""Reading the queue tables: how much waits, since when, and what is parked."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from shopcomm.edge.integrations.models import Connection

# Counted so far: more than these nobody counts on a page.
COUNTED = 10_000
SHOWN = 100
BOXES = ("inbox", "outbox")
WAITING = """
SELECT count(*), min(put_at) FROM (
    SELECT put_at FROM sync.sync_{box} WHERE connection_id = %s AND parked_at IS NULL ORDER BY id LIMIT %s
) AS first
"""
PARKED = """
SELECT id, message_id, reason, parked_at, body FROM sync.sync_{box}
WHERE connection_id = %s AND parked_at IS NOT NULL {one} ORDER BY parked_at DESC, id DESC LIMIT %s
"""


@dataclass(frozen=True)
class Box:
    """One direction. `oldest`: since when the row that has waited longest is there."""

    waiting: int
    oldest: datetime | None

    @property
    def has_more(self) -> bool:
        """Whether more wait than were counted."""
        return self.waiting > COUNTED


@dataclass(frozen=True)
class ParkedRow:
    """A row that was given up, and why."""

    box: str
    id: int
    message_id: str
    reason: str
    parked_at: datetime
    body: str


@dataclass(frozen=True)
class Queue:
    """A connection's queue as its page shows it. `seen_at`: when the other system was last there."""

    role: str
    has_role: bool
    seen_at: datetime | None
    inbox: Box
    outbox: Box
    parked: list[ParkedRow]


def queue_of(connection: Connection) -> Queue:
    """Everything that a connection's page says of its queue."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT role, seen_at, EXISTS (SELECT FROM pg_roles WHERE rolname = role) "
            "FROM sync.sync_role WHERE connection_id = %s",
            [connection.pk],
        )
        role, seen_at, has_role = cursor.fetchone() or ("", None, False)
    parked = [row for box in BOXES for row in _parked(connection.pk, box)]
    return Queue(role, has_role, seen_at, _box(connection.pk, "inbox"), _box(connection.pk, "outbox"), parked)


def parked_count(connection: Connection) -> int:
    """How many rows of a queue were given up, either way."""
    count = " + ".join(
        f"(SELECT count(*) FROM sync.sync_{box} WHERE connection_id = %s AND parked_at IS NOT NULL)"
        for box in BOXES
    )
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {count}", [connection.pk] * len(BOXES))
        return int(cursor.fetchone()[0])


def parked_row(connection_id: int, box: str, row_id: int) -> ParkedRow | None:
    """One parked row; None where it is none any more."""
    return next(iter(_parked(connection_id, box, row_id)), None)


def _box(connection_id: int, box: str) -> Box:
    with database.cursor() as cursor:
        cursor.execute(WAITING.format(box=box), [connection_id, COUNTED + 1])
        waiting, oldest = cursor.fetchone()
    return Box(waiting, oldest)


def _parked(connection_id: int, box: str, row_id: int | None = None) -> list[ParkedRow]:
    one, values = ("", []) if row_id is None else ("AND id = %s", [row_id])
    with database.cursor() as cursor:
        cursor.execute(PARKED.format(box=box, one=one), [connection_id, *values, SHOWN])
        return [ParkedRow(box, *row) for row in cursor.fetchall()]
