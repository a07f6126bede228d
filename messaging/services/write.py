"""One statement that numbers and stores messages, and tells the log of each: gapless, idempotent, any number at once.

It locks the conversations in the order of their keys, so two writers never wait for each other in a circle, and
numbers what is new behind `last_seq` under that lock: the order of commits is the order of numbers.

The door for all that is said, with files or without. Two entrances call it, over two connections, and both get the same
answer from the same statement (`outcome_of()`):
- `consumers/batch_writer.py`, for the socket: a connection of its own that commits by itself, so that one commit is
  shared by whoever spoke meanwhile, and an acknowledgement means committed;
- `services/messages.py`, over Django's connection: a page's or a program's message, and the lines that a change writes
  in its own transaction, which stand or fall with the change. Over another connection they could not.

Files are claimed by the statement too: a message is stored with all its files or not at all.

Every table is looked into by key, one draft at a time (`LATERAL`): the planner cannot know how few drafts there are, and
would rather read the whole of a table that is not yet large. Where a row is changed, `id = ANY (ARRAY(…))` stands beside the
join for the same reason.

The log's rows (`messaging/events.py`) get their positions from the next relay: nobody who writes waits for that.

What is new is counted once for each side, in the conversation's row; a member's row says how much of it they have read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from messaging.errors import AttachmentUnknown, NotFound
from messaging.events import MessageWritten
from messaging.models import Attachment, Message
from messaging.selectors.unread import COUNTS_FOR_CUSTOMER, COUNTS_FOR_SHOP
from messaging.services.drafts import Draft
from shopcomm.core.events.kinds import HISTORY
from shopcomm.core.json_text import json_text
from shopcomm.core.realtime import pushes_are_off

DraftKey = tuple[int, str, int, UUID]

COLUMNS = (
    "id, conversation_id, seq, public_prev, kind, body, sender_kind, sender_id, sender_name, client_id, "
    "reply_to, internal, acknowledges, data, created_at, recalled_at"
)
NAMES = [name.strip() for name in COLUMNS.split(",")]
DATA = NAMES.index("data")
# What opens a conversation again: either side has spoken to the other.
SPOKEN = "sender_kind = 'customer' OR sender_kind IN ('staff', 'assistant') AND NOT internal"

# The parts that claim files: none is taken that is not the sender's or that another message has.
FREE = """\
), free AS MATERIALIZED (
    SELECT asked.ord, one.id FROM (
        SELECT DISTINCT ON (file) f.ord, f.sender_kind, f.sender_id, file
        FROM fresh f JOIN locked l ON l.id = f.conversation_id, unnest(f.attachments) AS file
        ORDER BY file, f.ord
    ) asked CROSS JOIN LATERAL (
        SELECT a.id FROM messaging_attachment a WHERE a.id = asked.file AND a.message_id IS NULL
        AND a.uploader_kind = asked.sender_kind AND a.uploader_id = asked.sender_id FOR UPDATE
    ) one
), ready AS (
    SELECT f.* FROM fresh f
    WHERE coalesce(cardinality(f.attachments), 0) = (SELECT count(*) FROM free WHERE free.ord = f.ord)
"""
CLAIMED = """\
), claimed AS (
    UPDATE messaging_attachment a SET message_id = (
        SELECT i.id FROM free JOIN chained t ON t.ord = free.ord
        JOIN inserted i ON i.conversation_id = t.conversation_id AND i.seq = t.seq WHERE free.id = a.id)
    WHERE a.id = ANY (ARRAY(SELECT free.id FROM free JOIN ready r ON r.ord = free.ord))
    RETURNING a.*
"""
FILES = "(SELECT json_agg(c ORDER BY c.created_at) FROM claimed c WHERE c.message_id = w.id)"


TEMPLATE = """
WITH draft AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS d(
        ord int, conversation_id bigint, client_id uuid, kind text, body text, sender_kind text,
        {attachments}sender_id bigint, sender_name text, reply_to bigint, internal boolean, acknowledges boolean, data jsonb)
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
{free}), numbered AS (
    SELECT f.*, l.last_seq, l.last_public_seq,
           l.last_seq + row_number() OVER (PARTITION BY l.id ORDER BY f.ord) AS seq
    FROM {ready} f JOIN locked l ON l.id = f.conversation_id
), chained AS (
    SELECT n.*, coalesce(max(CASE WHEN NOT internal THEN seq END) OVER (
        PARTITION BY conversation_id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), last_public_seq) AS public_prev
    FROM numbered n
), bumped AS (
    UPDATE messaging_conversation c SET
        last_seq = t.seq,
        last_public_seq = greatest(c.last_public_seq, t.public_seq),
        last_customer_seq = greatest(c.last_customer_seq, t.customer_seq),
        last_shop_seq = greatest(c.last_shop_seq, t.shop_seq),
        shop_unread = c.shop_unread + t.for_shop,
        customer_unread = c.customer_unread + t.for_customer,
        last_message_at = %s::timestamptz,
        state = CASE WHEN t.spoken THEN 'open' ELSE c.state END,
        snoozed_until = CASE WHEN NOT t.spoken THEN c.snoozed_until END
    FROM (
        SELECT conversation_id, max(seq) AS seq,
               max(seq) FILTER (WHERE NOT internal) AS public_seq,
               max(seq) FILTER (WHERE sender_kind = 'customer') AS customer_seq,
               max(seq) FILTER (WHERE sender_kind IN ('staff', 'assistant') AND NOT internal) AS shop_seq,
               count(*) FILTER (WHERE {COUNTS_FOR_SHOP}) AS for_shop,
               count(*) FILTER (WHERE {COUNTS_FOR_CUSTOMER}) AS for_customer,
               bool_or({SPOKEN}) AS spoken
        FROM chained GROUP BY conversation_id
    ) t
    WHERE c.id = t.conversation_id AND c.id = ANY (ARRAY(SELECT DISTINCT conversation_id FROM chained))
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
{claimed})
SELECT w.*, l.order_number, l.assigned_to_id, l.customer_id, l.order_id,
       {files} AS files
FROM (
    SELECT {COLUMNS}, true AS created FROM inserted
    UNION ALL
    SELECT {COLUMNS}, false FROM known
) w JOIN locked l ON l.id = w.conversation_id
"""


def _fill(**files: str) -> str:
    counts = {"COUNTS_FOR_SHOP": COUNTS_FOR_SHOP, "COUNTS_FOR_CUSTOMER": COUNTS_FOR_CUSTOMER}
    return TEMPLATE.format(COLUMNS=COLUMNS, SPOKEN=SPOKEN, MessageWritten=MessageWritten, **counts, **files)


# Drafts without files are spared the parts about them: they would cost each batch some time.
WRITE = _fill(attachments="", free="", ready="fresh", claimed="", files="NULL")
WRITE_WITH_FILES = _fill(
    attachments="attachments uuid[], ", free=FREE, ready="ready", claimed=CLAIMED, files=FILES
)


def statement_for(drafts: Sequence[Draft]) -> str:
    """The statement that stores these drafts."""
    return WRITE_WITH_FILES if any(each.attachments for each in drafts) else WRITE


@dataclass(frozen=True)
class Sent:
    """A message as it is stored, whether this send stored it or an earlier one had, and whose business it is."""

    message: Message
    created: bool
    # Of the conversation: its order's number, the member of staff it belongs to, its customer and its order.
    order_number: str | None = None
    assigned_to: int | None = None
    customer_id: int | None = None
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
        | ({"attachments": [str(file) for file in each.attachments]} if each.attachments else {})
        for place, each in enumerate(drafts)
    ]
    marks = {HISTORY: True} if pushes_are_off() else {}
    return [json_text(rows), now, now, json_text(marks)]


def sent_by_draft(rows: Iterable[Sequence[Any]]) -> dict[DraftKey, Sent]:
    """What the statement returned, by the drafts' keys."""
    found = {}
    for *values, created, order_number, assigned_to, customer_id, order_id, files in rows:
        if isinstance(values[DATA], str):
            values[DATA] = json.loads(values[DATA])
        message = Message.from_db(None, NAMES, values)
        # What is new has just these files; saves a query for each message.
        if created:
            claimed = [_attachment_of(row) for row in files or ()]
            message._prefetched_objects_cache = {"attachments": claimed}  # type: ignore[attr-defined]
        found[message.conversation_id, message.sender_kind, message.sender_id, message.client_id] = Sent(
            message, created, order_number, assigned_to, customer_id, order_id
        )
    return found


def _attachment_of(row: dict[str, Any]) -> Attachment:
    """A row of the table as the statement returns it, in JSON."""
    fields = Attachment._meta.concrete_fields
    values = [field.to_python(row[field.attname]) for field in fields]
    return Attachment.from_db(None, [field.attname for field in fields], values)


def drafts_to_repeat(drafts: Sequence[Draft], found: Mapping[DraftKey, Sent]) -> list[Draft]:
    """Drafts whose files were not to be had; each is to be written once more, alone.

    The same message may have been stored with them while the statement waited for the files, later than what it saw of
    the messages. Or another draft of the batch asked for the same file and was refused for want of its others.
    """
    return [each for each in drafts if each.attachments and each.key not in found]


def outcome_of(draft: Draft, found: Mapping[DraftKey, Sent]) -> Sent:
    """What became of a draft. Raises AttachmentUnknown when a file is not its sender's or sent already, NotFound."""
    if draft.key in found:
        return found[draft.key]
    raise AttachmentUnknown() if draft.attachments else NotFound()
