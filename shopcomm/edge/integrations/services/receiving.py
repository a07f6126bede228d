"""What comes in is stored as it is and answered; a worker applies it."""

from collections.abc import Mapping
from typing import Any

from django.db import connection as database
from django.db import transaction
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
VALUES (%s, %s, %s, %s::jsonb, 'received', '', '', 0, %s)
ON CONFLICT (connection_id, message_id) DO NOTHING RETURNING id
"""


def store_record(
    *, connection: Connection, message_id: str, body: Mapping[str, Any]
) -> tuple[InboundRecord, bool]:
    """Keep what another system has said. The same `message_id` again is the record it made; the second value says if it is new.

    `body` is a JSON object. One statement, committed with it unless the caller has a transaction; a worker applies it then.
    """
    record = InboundRecord(
        connection=connection, message_id=message_id[:255], external_id=external_id_in(body), body=dict(body)
    )
    with database.cursor() as cursor:
        cursor.execute(
            STORE,
            [
                connection.pk,
                record.message_id,
                record.external_id,
                json_text(record.body),
                record.received_at,
            ],
        )
        stored = cursor.fetchone()
    _note_heard(connection)
    if stored is None:
        known = InboundRecord.objects.select_related("order")
        return known.get(connection=connection, message_id=record.message_id), False
    record.pk = stored[0]
    call_after_commit(wake_applying)
    return record, True


def _note_heard(connection: Connection) -> None:
    now = timezone.now()
    if connection.heard_at is None or (now - connection.heard_at).total_seconds() >= HEARD_EVERY_SECONDS:
        Connection.objects.filter(pk=connection.pk).update(heard_at=now)


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
