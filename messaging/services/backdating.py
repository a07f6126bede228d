"""Moving fresh messages and the events they tell into the past: for demo shops only, never for a real one."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, models, transaction

from messaging.models import Conversation, Message
from shopcomm.core.events.models import DomainEvent

MOVE = """
UPDATE {table} SET {column} = moved.moment FROM unnest(%s::bigint[], %s::timestamptz[]) AS moved (id, moment)
WHERE {table}.id = moved.id
"""


@transaction.atomic
def backdate_messages(messages: Mapping[int, datetime]) -> None:
    """Let messages have been said then, by their keys."""
    _move(Message, "created_at", messages)


@transaction.atomic
def backdate_events(events: Mapping[int, datetime]) -> None:
    """Let events have happened then, by their keys."""
    _move(DomainEvent, "occurred_at", events)


@transaction.atomic
def backdate_conversations(conversations: Mapping[int, datetime]) -> None:
    """Let the last word in conversations have been then, by their keys."""
    _move(Conversation, "last_message_at", conversations)


def _move(model: type[models.Model], column: str, moments: Mapping[int, datetime]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE.format(table=model._meta.db_table, column=column), [list(moments), list(moments.values())]
        )
