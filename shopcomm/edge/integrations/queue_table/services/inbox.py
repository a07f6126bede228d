"""What another system has put into its inbox becomes records of what came in: the row goes and the record is there, in one transaction.

Whoever is killed between leaves the row; a record of the same message is there once however often it is put.
"""

import logging

from django.db import DatabaseError, OperationalError, transaction
from django.db import connection as database

from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.database.named_locks import try_named_lock
from shopcomm.core.events.wake import wake_task
from shopcomm.core.reading import json_object, unreadable_in
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.services.roles import KIND
from shopcomm.edge.integrations.services.receiving import store_record

log = logging.getLogger(__name__)
# So many rows in a transaction.
BATCH = 200
# Of a row that no rule refuses and that cannot be stored all the same.
MOST_FAILURES = 5
WAITING = """
SELECT id, message_id, body FROM sync.sync_inbox
WHERE connection_id = %s AND parked_at IS NULL ORDER BY id LIMIT %s FOR UPDATE
"""
Row = tuple[int, str, str]


def take_inboxes() -> int:
    """Take over what waits in every inbox of a connection that is taken from. Returns how many rows."""
    taking = Connection.objects.filter(kind=KIND, state=Connection.State.ACTIVE)
    return sum(take_inbox(connection) for connection in taking.order_by("pk"))


def take_inbox(connection: Connection) -> int:
    """Take over what waits in one inbox, in its order; one process at a time. Returns how many rows.

    A row that cannot be stored holds up no other. Raises OperationalError when the database fails.
    """
    taken = 0
    while True:
        try:
            some = _move(connection, BATCH)
        except OperationalError:
            raise
        except Exception:
            log.exception("an inbox could not be taken over at once; its rows are taken one by one")
            some = _move_alone(connection)
        taken += some
        if some < BATCH:
            return taken


@transaction.atomic
def _move(connection: Connection, most: int) -> int:
    if not try_named_lock(f"queue inbox {connection.pk}"):
        return 0
    rows = _waiting(connection, most)
    for row in rows:
        _store(connection, row)
    return len(rows)


def _move_alone(connection: Connection) -> int:
    """The same rows, each in a transaction of its own. Returns how many are no longer waiting."""
    with transaction.atomic():
        rows = _waiting(connection, BATCH)
    return sum(_move_one(connection, row) for row in rows)


def _move_one(connection: Connection, row: Row) -> bool:
    try:
        with transaction.atomic():
            _store(connection, row)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("row %s of an inbox could not be stored", row[0])
        _note_failure(row[0], error)
        return False
    return True


def _waiting(connection: Connection, most: int) -> list[Row]:
    with database.cursor() as cursor:
        cursor.execute(WAITING, [connection.pk, most])
        return list(cursor.fetchall())


def _store(connection: Connection, row: Row) -> None:
    """Make a record of a row, and delete it. Of one that is no JSON object, too: it is parked for a person as any other."""
    row_id, message_id, text = row
    body = json_object(text)
    if body is None or unreadable_in(body) is not None:
        body = {"unreadable": text}
    store_record(connection=connection, message_id=message_id, body=body)
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM sync.sync_inbox WHERE id = %s", [row_id])


def _note_failure(row_id: int, error: Exception) -> None:
    """A later sweep tries again, so often at most."""
    failed = """
    UPDATE sync.sync_inbox SET failures = failures + 1, reason = %s,
        parked_at = CASE WHEN failures + 1 >= %s THEN clock_timestamp() END WHERE id = %s
    """
    told = "database" if isinstance(error, DatabaseError) else type(error).__name__
    with database.cursor() as cursor:
        cursor.execute(failed, [told, MOST_FAILURES, row_id])


def wake_inboxes() -> None:
    """Have a worker take over what waits."""
    wake_task("queue_table.take_in")


@transaction.atomic
def take_again(*, connection_id: int, row_id: int) -> None:
    """Try a parked row again."""
    with database.cursor() as cursor:
        again = """
        UPDATE sync.sync_inbox SET parked_at = NULL, failures = 0, reason = ''
        WHERE id = %s AND connection_id = %s AND parked_at IS NOT NULL
        """
        cursor.execute(again, [row_id, connection_id])
    call_after_commit(wake_inboxes)
