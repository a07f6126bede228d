"""What ShopComm tells another system: a row for each event that it wants, written with the step of its reader of the log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.models import DomainEvent, Reader
from shopcomm.core.events.wake import wake_relay
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.services.roles import KIND, RoleRefused, reader_name
from shopcomm.edge.integrations.webhooks_out.event_types import ALL, unknown_types
from shopcomm.edge.integrations.webhooks_out.payloads import LATEST
from shopcomm.edge.integrations.webhooks_out.services.queueing import make_body

# The other system listens on a channel that is called like its role.
PUT = """
WITH made AS (
    INSERT INTO sync.sync_outbox (connection_id, message_id, type, stream, position, body, reason, parked_at)
    SELECT connection_id, %s, %s, %s, %s, %s, %s, CASE WHEN %s THEN clock_timestamp() END
    FROM sync.sync_role WHERE connection_id = %s
    ON CONFLICT (connection_id, message_id) DO NOTHING RETURNING connection_id
)
SELECT pg_notify(role, '') FROM made JOIN sync.sync_role USING (connection_id)
"""
AGAIN = """
WITH again AS (
    UPDATE sync.sync_outbox SET id = DEFAULT, claim = NULL, claimed_at = NULL, free_at = NULL, attempts = 0,
        parked_at = NULL, reason = '', body = %s
    WHERE id = %s AND connection_id = %s AND parked_at IS NOT NULL RETURNING connection_id
)
SELECT pg_notify(role, '') FROM again JOIN sync.sync_role USING (connection_id)
"""


def put_event(connection: Connection, event: DomainEvent) -> None:
    """Write down that the other system is to be told of an event; told again, it is there once.

    A command for this very system is whole. A body that cannot be made is parked, for people to see.
    """
    body, error = _body(connection, event)
    row: list[Any] = [
        f"evt_{event.pk}",
        event.type,
        event.stream,
        event.position or 0,
        body,
        error,
        bool(error),
    ]
    with database.cursor() as cursor:
        cursor.execute(PUT, [*row, connection.pk])


def _body(connection: Connection, event: DomainEvent) -> tuple[str, str]:
    return make_body(event, LATEST, lambda system: system == connection.name)


@transaction.atomic
def choose_event_types(*, connection_id: int, types: Iterable[str]) -> Connection:
    """What the other system is told of from now on. Raises RoleRefused for none, or a type that there is not."""
    chosen = list(dict.fromkeys(types))
    if not chosen or unknown_types(chosen):
        raise RoleRefused(_("至少选一种事件"))
    connection = Connection.objects.select_for_update().get(pk=connection_id, kind=KIND)
    connection.configuration = connection.configuration | {"event_types": chosen}
    connection.save(update_fields=["configuration"])
    return connection


def event_types_of(connection: Connection) -> list[str]:
    """What a connection's other system is told of: everything, unless somebody has chosen."""
    return list(connection.configuration.get("event_types", [ALL]))


@transaction.atomic
def refill_outbox(*, connection_id: int, since: datetime) -> None:
    """Tell the other system once more of all that has happened since a moment, in order, as if it had never taken any.

    What waits of that time goes first, so that nothing old comes behind something newer; its reader then reads it again.
    """
    reader = Reader.objects.select_for_update().get(name=reader_name(connection_id))
    later = DomainEvent.objects.filter(occurred_at__gte=since, position__isnull=False)
    first = later.aggregate(first=Min("position"))["first"]
    if first is None or first > reader.position:
        return
    with database.cursor() as cursor:
        sql = "DELETE FROM sync.sync_outbox WHERE connection_id = %s AND position >= %s"
        cursor.execute(sql, [connection_id, first])
    reader.position = first - 1
    reader.save(update_fields=["position"])
    call_after_commit(wake_relay)


@transaction.atomic
def offer_again(*, connection_id: int, row_id: int) -> None:
    """Put a parked row back, behind all that waits. A body that could not be made is made now, if it can be."""
    with database.cursor() as cursor:
        sql = "SELECT position, body FROM sync.sync_outbox WHERE id = %s AND connection_id = %s FOR UPDATE"
        cursor.execute(sql, [row_id, connection_id])
        found = cursor.fetchone()
        if found is None:
            return
        position, body = found
        if not body:
            connection = Connection.objects.get(pk=connection_id)
            body, error = _body(connection, DomainEvent.objects.get(position=position))
            if error:
                raise RoleRefused(error)
        cursor.execute(AGAIN, [body, row_id, connection_id])
