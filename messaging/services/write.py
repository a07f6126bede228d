"""One statement that numbers and stores messages, and tells the log of each: gapless, idempotent, any number at once.

It locks the conversations in the order of their keys, so two writers never wait for each other in a circle, and
numbers what is new behind `last_seq` under that lock: the order of commits is the order of numbers.

Every table is looked into by key, one draft at a time (`LATERAL`): the planner cannot know how few drafts there are, and
would rather read the whole of a table that is not yet large.

The log's rows (`messaging/events.py`) get their positions from the next relay: nobody who writes waits for that.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from messaging.events import MessageWritten
from messaging.models import Message
from messaging.services.drafts import Draft
from shopcomm.core.events.kinds import HISTORY
from shopcomm.core.realtime import pushes_are_off

COLUMNS = (
    "id, conversation_id, seq, public_prev, kind, body, sender_kind, sender_id, sender_name, client_id, "
    "reply_to, internal, acknowledges, data, created_at, recalled_at"
)
# What opens a conversation again: either side has spoken to the other.
SPOKEN = "sender_kind = 'customer' OR sender_kind IN ('staff', 'assistant') AND NOT internal"

WRITE = f"""
WITH draft AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS d(
        ord int, conversation_id bigint, client_id uuid, kind text, body text, sender_kind text,
        sender_id bigint, sender_name text, reply_to bigint, internal boolean, acknowledges boolean, data jsonb)
), locked AS MATERIALIZED (
    SELECT one.* FROM (SELECT DISTINCT conversation_id FROM draft ORDER BY 1) d CROSS JOIN LATERAL (
        SELECT c.id, c.last_seq, c.last_public_seq, c.customer_id, c.order_id, c.assigned_to_id, o.number AS order_number
        FROM messaging_conversation c LEFT JOIN orders_order o ON o.id = c.order_id
        WHERE c.id = d.conversation_id FOR NO KEY UPDATE OF c
    ) one
), known AS MATERIALIZED (
    SELECT one.* FROM draft d CROSS JOIN LATERAL (
        SELECT m.* FROM messaging_message m WHERE m.conversation_id = d.conversation_id
        AND m.sender_kind = d.sender_kind AND m.sender_id = d.sender_id AND m.client_id = d.client_id LIMIT 1
    ) one
), fresh AS (
    SELECT DISTINCT ON (conversation_id, sender_kind, sender_id, client_id) d.* FROM draft d
    WHERE NOT EXISTS (
        SELECT FROM known k WHERE k.conversation_id = d.conversation_id AND k.sender_kind = d.sender_kind
        AND k.sender_id = d.sender_id AND k.client_id = d.client_id)
    ORDER BY conversation_id, sender_kind, sender_id, client_id, ord
), numbered AS (
    SELECT f.*, l.last_seq, l.last_public_seq,
           l.last_seq + row_number() OVER (PARTITION BY l.id ORDER BY f.ord) AS seq
    FROM fresh f JOIN locked l ON l.id = f.conversation_id
), chained AS (
    SELECT n.*, coalesce(max(CASE WHEN NOT internal THEN seq END) OVER (
        PARTITION BY conversation_id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), last_public_seq) AS public_prev
    FROM numbered n
), bumped AS (
    UPDATE messaging_conversation c SET
        (last_seq, last_public_seq, last_customer_seq, last_shop_seq, last_message_at, state, snoozed_until) = (
            SELECT max(seq),
                   greatest(c.last_public_seq, max(seq) FILTER (WHERE NOT internal)),
                   greatest(c.last_customer_seq, max(seq) FILTER (WHERE sender_kind = 'customer')),
                   greatest(c.last_shop_seq, max(seq) FILTER (
                       WHERE sender_kind IN ('staff', 'assistant') AND NOT internal)),
                   %s::timestamptz,
                   CASE WHEN bool_or({SPOKEN}) THEN 'open' ELSE c.state END,
                   CASE WHEN NOT bool_or({SPOKEN}) THEN c.snoozed_until END
            FROM chained t WHERE t.conversation_id = c.id)
    WHERE c.id = ANY (ARRAY(SELECT DISTINCT conversation_id FROM chained))
), inserted AS (
    INSERT INTO messaging_message (conversation_id, seq, public_prev, kind, body, sender_kind, sender_id,
                                   sender_name, client_id, reply_to, internal, acknowledges, data, created_at)
    SELECT conversation_id, seq, public_prev, kind, body, sender_kind, sender_id, sender_name, client_id,
           CASE WHEN reply_to <= last_seq THEN reply_to END, internal, acknowledges, data, %s
    FROM chained ORDER BY conversation_id, seq
    RETURNING {COLUMNS}
), logged AS (
    INSERT INTO events_domainevent (type, conversation_id, data, actor_kind, actor_id, actor_name, occurred_at)
    SELECT '{MessageWritten.type}', i.conversation_id,
           jsonb_build_object('message', i.id, 'seq', i.seq, 'kind', i.kind, 'internal', i.internal,
                              'number', coalesce(l.order_number, '')) || %s::jsonb,
           i.sender_kind, nullif(i.sender_id, 0), i.sender_name, i.created_at
    FROM inserted i JOIN locked l ON l.id = i.conversation_id ORDER BY i.conversation_id, i.seq
)
SELECT w.*, l.order_number, l.assigned_to_id, l.customer_id, l.order_id FROM (
    SELECT {COLUMNS}, true AS created FROM inserted
    UNION ALL
    SELECT {COLUMNS}, false FROM known
) w JOIN locked l ON l.id = w.conversation_id
"""


@dataclass(frozen=True)
class Sent:
    """A message as it is stored, whether this send stored it or an earlier one had, and whose business it is."""

    message: Message
    created: bool
    # Of the conversation: its order's number, the member of staff it belongs to, its customer and its order.
    order_number: str | None = None
    assigned_to: int | None = None
    customer_id: int = 0
    order_id: int | None = None


def draft_parameters(drafts: Sequence[Draft]) -> list[Any]:
    """What the statement takes for these drafts."""
    now = timezone.now()
    rows = [
        {
            "ord": place,
            "conversation_id": each.conversation_id,
            "client_id": str(each.client_id),
            "kind": each.kind,
            "body": each.body,
            "sender_kind": each.sender_kind,
            "sender_id": each.sender_id,
            "sender_name": each.sender_name,
            "reply_to": each.reply_to,
            "internal": each.internal,
            "acknowledges": each.acknowledges,
            "data": each.data,
        }
        for place, each in enumerate(drafts)
    ]
    marks = {HISTORY: True} if pushes_are_off() else {}
    return [json.dumps(rows, ensure_ascii=False), now, now, json.dumps(marks)]


def sent_by_draft(rows: Iterable[Sequence[Any]]) -> dict[tuple[int, str, int, UUID], Sent]:
    """What the statement returned, by the drafts' keys."""
    names = [name.strip() for name in COLUMNS.split(",")]
    found = {}
    for *values, created, order_number, assigned_to, customer_id, order_id in rows:
        fields = dict(zip(names, values, strict=True))
        if isinstance(fields["data"], str):
            fields["data"] = json.loads(fields["data"])
        message = Message(**fields)
        message._state.adding = False
        # What is new has no files yet; saves a query for each message.
        if created:
            message._prefetched_objects_cache = {"attachments": []}  # type: ignore[attr-defined]
        found[message.conversation_id, message.sender_kind, message.sender_id, message.client_id] = Sent(
            message, created, order_number, assigned_to, customer_id or 0, order_id
        )
    return found
