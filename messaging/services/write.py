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

Every table is looked into by key: the messages one draft at a time (`LATERAL`), conversations by `id = ANY (ARRAY(…))`. The
planner cannot know how few drafts there are, and would join by reading the whole of a table that is not yet large.

What is new does not come back: the caller has the draft, and is told only what the database decided.

The log's rows (`messaging/events.py`) get their positions from the next relay: nobody who writes waits for that.

What is new is counted once for each side, in the conversation's row; a member's row says how much of it they have read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils import timezone

from messaging.errors import AttachmentUnknown, NotFound
from messaging.events import MessageWritten
from messaging.models import Attachment, Message
from messaging.new_message import NewMessage
from messaging.selectors.unread import COUNTS_FOR_CUSTOMER, COUNTS_FOR_SHOP
from messaging.services.drafts import Draft
from shopcomm.core.events.kinds import HISTORY
from shopcomm.core.json_text import json_text
from shopcomm.core.realtime import pushes_are_off

DraftKey = tuple[int, str, int, str]

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
# The parts that find what an earlier send has stored.
KNOWN = """\
), known AS MATERIALIZED (
    SELECT d.ord, one.* FROM draft d CROSS JOIN LATERAL (
        SELECT m.* FROM messaging_message m WHERE m.conversation_id = d.conversation_id
        AND m.sender_kind = d.sender_kind AND m.sender_id = d.sender_id AND m.client_id = d.client_id LIMIT 1
    ) one
"""
UNKNOWN = "WHERE NOT EXISTS (SELECT FROM known k WHERE k.ord = d.ord)"
AGAIN = """\
UNION ALL
SELECT k.conversation_id, k.sender_kind, k.sender_id, k.client_id::text, row_to_json(k),
       NULL, NULL, NULL, NULL, NULL,
       l.order_number, l.assigned_to_id, l.customer_id, l.order_id
FROM known k JOIN locked l ON l.id = k.conversation_id
"""
FILES = "(SELECT json_agg(c ORDER BY c.created_at) FROM claimed c WHERE c.message_id = i.id)"


TEMPLATE = """
WITH draft AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS d(
        ord int, conversation_id bigint, client_id uuid, kind text, body text, sender_kind text,
        {attachments}sender_id bigint, sender_name text, reply_to bigint, internal boolean, acknowledges boolean, data jsonb)
), locked AS MATERIALIZED (
    SELECT c.id, c.last_seq, c.last_public_seq, c.customer_id, c.order_id, c.assigned_to_id,
           (SELECT o.number FROM orders_order o WHERE o.id = c.order_id) AS order_number
    FROM messaging_conversation c WHERE c.id = ANY (ARRAY(SELECT DISTINCT conversation_id FROM draft))
    ORDER BY c.id FOR NO KEY UPDATE
{known}), fresh AS (
    SELECT d.* FROM draft d {unknown}
{free}), numbered AS (
    SELECT f.*, l.last_seq, l.last_public_seq,
           l.last_seq + row_number() OVER (PARTITION BY f.conversation_id ORDER BY f.ord) AS seq
    FROM {ready} f JOIN locked l ON l.id = f.conversation_id
), chained AS (
    SELECT n.*, coalesce(max(seq) FILTER (WHERE NOT internal) OVER (
        PARTITION BY conversation_id ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
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
    FROM chained ORDER BY conversation_id, ord
    RETURNING id, conversation_id, sender_kind, sender_id, client_id, seq, public_prev, reply_to,
              kind, internal, sender_name, created_at
), logged AS (
    INSERT INTO events_domainevent (type, conversation_id, data, actor_kind, actor_id, actor_name, occurred_at)
    SELECT '{MessageWritten.type}', i.conversation_id,
           jsonb_build_object('message', i.id, 'seq', i.seq, 'kind', i.kind, 'internal', i.internal,
                              'number', coalesce(l.order_number, '')) || %s::jsonb,
           i.sender_kind, nullif(i.sender_id, 0), i.sender_name, i.created_at
    FROM inserted i JOIN locked l ON l.id = i.conversation_id ORDER BY i.conversation_id, i.seq
{claimed})
SELECT i.conversation_id, i.sender_kind, i.sender_id, i.client_id::text, NULL::json AS known,
       i.id, i.seq, i.public_prev, i.reply_to, {files} AS files,
       l.order_number, l.assigned_to_id, l.customer_id, l.order_id
FROM inserted i JOIN locked l ON l.id = i.conversation_id
{again}"""


def _fill(**parts: str) -> str:
    counts = {"COUNTS_FOR_SHOP": COUNTS_FOR_SHOP, "COUNTS_FOR_CUSTOMER": COUNTS_FOR_CUSTOMER}
    return TEMPLATE.format(SPOKEN=SPOKEN, MessageWritten=MessageWritten, **counts, **parts)


_REPEATED = {"known": KNOWN, "unknown": UNKNOWN, "again": AGAIN}
_ONCE = dict.fromkeys(_REPEATED, "")
_TEXTS = {"attachments": "", "free": "", "ready": "fresh", "claimed": "", "files": "NULL::json"}
_FILES = {
    "attachments": "attachments uuid[], ",
    "free": FREE,
    "ready": "ready",
    "claimed": CLAIMED,
    "files": FILES,
}
# Drafts without files are spared the parts about them: they would cost each batch some time.
WRITE = _fill(**_REPEATED, **_TEXTS)
WRITE_WITH_FILES = _fill(**_REPEATED, **_FILES)
# Looking for what is hardly ever there takes a sixth of the statement's time. A draft that is stored already breaks the key.
WRITE_ONCE = _fill(**_ONCE, **_TEXTS)


# Each is itself only: a message cannot be hashed.
@dataclass(eq=False, slots=True)
class Sent:
    """A message as it is stored, whether this send stored it or an earlier one had, and whose business it is."""

    said: Message | NewMessage
    created: bool
    # Of the conversation: its order's number, the member of staff it belongs to, its customer and its order.
    order_number: str | None = None
    assigned_to: int | None = None
    customer_id: int | None = None
    order_id: int | None = None
    _row: Message | None = None

    @property
    def message(self) -> Message:
        """The message's row, for whoever needs more of it than its frame shows."""
        if self._row is None:
            self._row = self.said.as_row() if isinstance(self.said, NewMessage) else self.said
        return self._row


class Batch:
    """Drafts that one statement stores. The same one twice among them is stored once.

    `all_new`: nothing is looked for that an earlier send has stored; where there is such a thing the statement raises
    UniqueViolation, and nothing of the batch is stored.
    """

    def __init__(self, drafts: Iterable[Draft], *, all_new: bool = False) -> None:
        self._all_new = all_new
        self._drafts: dict[DraftKey, Draft] = {}
        for each in drafts:
            self._drafts.setdefault(each.key, each)
        self._now = timezone.now()

    @property
    def statement(self) -> str:
        """What stores them."""
        if any(each.attachments for each in self._drafts.values()):
            return WRITE_WITH_FILES
        return WRITE_ONCE if self._all_new else WRITE

    @property
    def parameters(self) -> list[Any]:
        """What the statement takes."""
        rows = [_row(place, each) for place, each in enumerate(self._drafts.values())]
        marks = {HISTORY: True} if pushes_are_off() else {}
        return [json_text(rows), self._now, self._now, json_text(marks)]

    def sent(self, rows: Iterable[tuple[Any, ...]]) -> dict[DraftKey, Sent]:
        """What the statement returned, by the drafts' keys."""
        found: dict[DraftKey, Sent] = {}
        for row in rows:
            key: DraftKey = row[:4]  # type: ignore[assignment]
            known = row[4]
            message = (
                self._new(self._drafts[key], *row[5:10]) if known is None else _from_json(Message, known)
            )
            found[key] = Sent(message, known is None, *row[10:])
        return found

    def _new(
        self, draft: Draft, pk: int, seq: int, public_prev: int, reply_to: int | None, files: list[Any] | None
    ) -> NewMessage:
        return NewMessage(
            id=pk,
            conversation_id=draft.conversation_id,
            seq=seq,
            public_prev=public_prev,
            kind=draft.kind,
            body=draft.body,
            sender_kind=draft.sender_kind,
            sender_id=draft.sender_id,
            sender_name=draft.sender_name,
            client_id=draft.client_id,
            reply_to=reply_to,
            internal=draft.internal,
            data=draft.data,
            created_at=self._now,
            files=[_from_json(Attachment, each) for each in files or ()],
        )


def _row(place: int, draft: Draft) -> dict[str, Any]:
    row = {
        "ord": place,
        "conversation_id": draft.conversation_id,
        "client_id": draft.client_id,
        "kind": draft.kind,
        "body": draft.body,
        "sender_kind": draft.sender_kind,
        "sender_id": draft.sender_id,
        "sender_name": draft.sender_name,
        "reply_to": draft.reply_to,
        "internal": draft.internal,
        "acknowledges": draft.acknowledges,
        "data": draft.data,
    }
    if draft.attachments:
        row["attachments"] = [str(file) for file in draft.attachments]
    return row


M = TypeVar("M", Message, Attachment)


def _from_json(model: type[M], row: dict[str, Any]) -> M:
    """A row of a table as the statement returns it."""
    fields = model._meta.concrete_fields
    values = [field.to_python(row[field.attname]) for field in fields]
    return model.from_db(None, [field.attname for field in fields], values)


def drafts_to_repeat(drafts: Sequence[Draft], found: Mapping[DraftKey, Sent]) -> list[Draft]:
    """Drafts whose files were not to be had; each is to be written once more, alone.

    The same message may have been stored with them while the statement waited for the files, later than what it saw of
    the messages. Or another draft of the batch asked for the same file and was refused for want of its others.
    """
    return [each for each in drafts if each.attachments and each.key not in found]


def outcome_of(draft: Draft, found: Mapping[DraftKey, Sent]) -> Sent:
    """What became of a draft. Raises AttachmentUnknown when a file is not its sender's or sent already, NotFound."""
    if (sent := found.get(draft.key)) is not None:
        return sent
    raise AttachmentUnknown() if draft.attachments else NotFound()
