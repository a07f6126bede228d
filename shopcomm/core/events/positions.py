"""Places in the log: given after commit, one process at a time, so that nobody who reads by them ever skips anything.

An id taken early can commit late; a position cannot, since it is given to rows that have committed, under one lock that is
let go only when the positions themselves have. Whoever reads sees all positions up to the last one there is, and takes
no lock for it. `publish()` gives them as soon as its transaction has committed, and the relay what that missed.
"""

from django.db import connection, transaction

# Advisory lock keys of this module: any fixed numbers nobody else uses.
POSITION_LOCK = 7_301_001
BATCH = 500

POSITION_SQL = """
WITH waiting AS (
    SELECT id FROM events_domainevent WHERE position IS NULL ORDER BY id LIMIT %s
), numbered AS (
    SELECT id, row_number() OVER (ORDER BY id)
               + (SELECT coalesce(max(position), 0) FROM events_domainevent) AS position
    FROM waiting
)
UPDATE events_domainevent SET position = numbered.position
FROM numbered WHERE events_domainevent.id = numbered.id
"""


def position_new_events() -> int:
    """Give every committed event without one the next position. Returns how many got one.

    Waits for another process doing the same, so that on return all that was committed before is positioned.
    """
    given = 0
    while (batch := position_some_events()) == BATCH:
        given += batch
    return given + batch


def position_some_events() -> int:
    """The same for BATCH events at most, the oldest: what a request can wait for, whatever an import has left behind."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POSITION_LOCK])
        cursor.execute(POSITION_SQL, [BATCH])
        return cursor.rowcount
