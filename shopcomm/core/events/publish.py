"""The only way to write an event."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.after_commit import call_after_commit, is_called_after_commit
from shopcomm.core.events.kinds import HISTORY, Event, check_declared
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.positions import position_some_events
from shopcomm.core.events.wake import wake_relay
from shopcomm.core.realtime import pushes_are_off

PLAIN = frozenset({str, int, bool, type(None)})


def publish(event: Event, *, actor: Actor) -> DomainEvent:
    """Record a fact in the caller's transaction; give it its place and wake the relay once that commits.

    Raises RuntimeError outside a transaction: a fact without its change, or a change without its fact, is a lie.
    Raises UndeclaredKind for a class that is no kind of its own; a field that a kind does not have, its class refuses.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish() belongs inside the transaction of the change it reports")
    row = event_row(event, actor=actor)
    row.save(force_insert=True)
    if not pushes_are_off():
        read_after_commit()
    return row


def publish_all(events: Iterable[Event], *, actor: Actor) -> list[DomainEvent]:
    """The same of several facts, in their order and with one statement."""
    rows = [event_row(event, actor=actor) for event in events]
    if rows and not connection.in_atomic_block:
        raise RuntimeError("publish_all() belongs inside the transaction of the change it reports")
    DomainEvent.objects.bulk_create(rows)
    if rows and not pushes_are_off():
        read_after_commit()
    return rows


def read_after_commit() -> None:
    """Have the transaction's events read as soon as it commits: once, however many there are.

    Whoever is answered after the commit finds them in the log. What fails here is made up by the relay's sweep.
    """
    if is_called_after_commit(wake_relay):
        return
    call_after_commit(position_some_events)
    call_after_commit(wake_relay)


def event_row(event: Event, *, actor: Actor) -> DomainEvent:
    """A fact as a row of the log that is not stored yet. Raises UndeclaredKind."""
    return DomainEvent(**event_columns(event, actor=actor))


def event_columns(event: Event, *, actor: Actor) -> dict[str, Any]:
    """A fact as the columns of its row, for whoever writes many at once. Raises UndeclaredKind."""
    check_declared(event)
    # Most say words and numbers only, and a history of years says them by the million: JSON keeps those as they are.
    fields = dict(vars(event))
    if not PLAIN.issuperset(map(type, fields.values())):
        fields = json.loads(json.dumps(asdict(event), cls=DjangoJSONEncoder))
    order_id, conversation_id = fields.pop("order_id"), fields.pop("conversation_id")
    if pushes_are_off():
        # Loaded from elsewhere, long over: readers that tell people the news leave it alone.
        fields[HISTORY] = True
    return {
        "type": event.type,
        "order_id": order_id,
        "conversation_id": conversation_id,
        "data": fields,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
    }
