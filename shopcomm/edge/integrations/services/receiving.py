"""What comes in is stored as it is and answered; a worker applies it."""

from collections.abc import Mapping
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.wake import SoonWoken
from shopcomm.core.json_text import json_text
from shopcomm.edge.integrations.inbound_order import external_id_in
from shopcomm.edge.integrations.models import Connection, InboundRecord

wake_applying = SoonWoken("integrations.apply_inbound").wake
# `heard_at` is for people: so often is enough.
HEARD_EVERY_SECONDS = 60
# Other systems push hundreds in a second: a look first, and a savepoint for the case that two come at once, cost twice as much.
STORE = """
INSERT INTO integrations_inboundrecord
    (connection_id, message_id, external_id, body, state, reason, detail, failures, received_at)
SELECT c.id, %s, %s, %s::jsonb, 'received', '', '', 0, %s FROM integrations_connection c WHERE c.id = %s{unchanged}
ON CONFLICT (connection_id, message_id) DO NOTHING RETURNING id
"""
STORE_ALWAYS = STORE.format(unchanged="")
STORE_UNCHANGED = STORE.format(unchanged=" AND c.state = 'active' AND c.sealed_credentials = %s")


def store_record(
    *, connection: Connection, message_id: str, body: Mapping[str, Any]
) -> tuple[InboundRecord, bool]:
    """Keep what another system has said. The same `message_id` again is the record it made; the second value says if it is new.

    `body` is a JSON object. One statement, committed with it unless the caller has a transaction; a worker applies it then.
    """
    record = _record(connection, message_id, body)
    if _insert(record, STORE_ALWAYS):
        return record, True
    return _known(record).get(), False


def store_if_unchanged(
    *, connection: Connection, message_id: str, body: Mapping[str, Any]
) -> tuple[InboundRecord, bool] | None:
    """The same for a connection that was read some time ago; None where it is paused, gone or has other credentials by now."""
    record = _record(connection, message_id, body)
    if _insert(record, STORE_UNCHANGED, connection.sealed_credentials):
        return record, True
    known = _known(record).filter(
        connection__state=Connection.State.ACTIVE,
        connection__sealed_credentials=connection.sealed_credentials,
    )
    return (found, False) if (found := known.first()) else None


def _record(connection: Connection, message_id: str, body: Mapping[str, Any]) -> InboundRecord:
    return InboundRecord(
        connection=connection, message_id=message_id[:255], external_id=external_id_in(body), body=dict(body)
    )


def _insert(record: InboundRecord, statement: str, *more: str) -> bool:
    """Whether it was new; what it says is worked on after the commit."""
    body = json_text(record.body)
    given: tuple[Any, ...] = (
        record.message_id, record.external_id, body, record.received_at, record.connection_id, *more
    )  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(statement, given)
        stored = cursor.fetchone()
    _note_heard(record.connection)
    if stored is None:
        return False
    record.pk = stored[0]
    call_after_commit(wake_applying)
    return True


def _known(record: InboundRecord) -> QuerySet[InboundRecord]:
    """The record of the same message that was stored before."""
    same = InboundRecord.objects.filter(connection=record.connection_id, message_id=record.message_id)
    return same.select_related("order")


def _note_heard(connection: Connection) -> None:
    now = timezone.now()
    if connection.heard_at is None or (now - connection.heard_at).total_seconds() >= HEARD_EVERY_SECONDS:
        Connection.objects.filter(pk=connection.pk).update(heard_at=now)
        connection.heard_at = now


@transaction.atomic
def edit_record(*, record_id: int, body: Mapping[str, Any]) -> InboundRecord:
    """Have a parked or conflicting record tried again with what a person made of it; another one stays as it is."""
    record = InboundRecord.objects.select_for_update().get(pk=record_id)
    if record.state in (InboundRecord.State.PARKED, InboundRecord.State.CONFLICT):
        record.body, record.external_id = dict(body), external_id_in(body)
        _try_again(record)
    return record


@transaction.atomic
def retry_record(*, record_id: int) -> InboundRecord:
    """Try a parked or conflicting record again as it is."""
    record = InboundRecord.objects.select_for_update().get(pk=record_id)
    if record.state in (InboundRecord.State.PARKED, InboundRecord.State.CONFLICT):
        _try_again(record)
    return record


@transaction.atomic
def dismiss_record(*, record_id: int) -> InboundRecord:
    """A person has looked at it and settled it themselves."""
    record = InboundRecord.objects.select_for_update().get(pk=record_id)
    if record.state in (InboundRecord.State.PARKED, InboundRecord.State.CONFLICT):
        record.state, record.settled_at = InboundRecord.State.DISMISSED, timezone.now()
        record.save(update_fields=["state", "settled_at"])
    return record


def release_parked(*, connection: Connection, external_id: str, reason: str) -> None:
    """What was parked for one reason, of an order that is there now, is tried again after the commit."""
    stuck = InboundRecord.objects.filter(
        connection=connection, external_id=external_id, state=InboundRecord.State.PARKED, reason=reason
    )
    if stuck.update(state=InboundRecord.State.RECEIVED, settled_at=None, reason="", detail=""):
        call_after_commit(wake_applying)


def _try_again(record: InboundRecord) -> None:
    record.state, record.settled_at = InboundRecord.State.RECEIVED, None
    record.failures, record.retry_at = 0, None
    record.save()
    call_after_commit(wake_applying)
