"""Rows and numbers of the inbox, in statements that are written out.

Building them from models costs several times what it costs to run them, and every page of the inbox asks for them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import get_language

from messaging.selectors.conversations import visible_sql
from messaging.selectors.unanswered import FIRST_UNANSWERED, IS_UNANSWERED
from messaging.selectors.unread import SHOP_UNREAD
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.prepared import Number

Sql = tuple[str, list[Any]]
COUNT_CAP = 1000
# So much of a message stands in a row.
SHOWN = 60
# The list in the order of its bands, each the newest first: what is unread, what is open, what nobody has said anything in
# yet, what was ended. Each is walked along an index of its own.
UNREAD, OPEN, SILENT, ENDED = range(4)

# The first condition is an index's: who has read something never has more before them than who has read nothing.
HAS_UNREAD = f"c.shop_unread > 0 AND {SHOP_UNREAD} > 0"
BANDS = {
    UNREAD: f"c.last_message_at IS NOT NULL AND {HAS_UNREAD}",
    OPEN: f"c.last_message_at IS NOT NULL AND c.state <> 'closed' AND {SHOP_UNREAD} = 0",
    SILENT: "c.last_message_at IS NULL AND c.state <> 'closed'",
    ENDED: f"c.last_message_at IS NOT NULL AND c.state = 'closed' AND {SHOP_UNREAD} = 0",
}
BAND = f"""CASE WHEN {SHOP_UNREAD} > 0 THEN {UNREAD} WHEN c.state = 'closed' THEN {ENDED}
    WHEN c.last_message_at IS NULL THEN {SILENT} ELSE {OPEN} END"""
FOLDERS = {
    "all": "TRUE",
    "unread": HAS_UNREAD,
    "waiting": IS_UNANSWERED,
    "enquiry": "c.kind = 'customer'",
    "mine": "c.assigned_to_id = %s",
    "closed": "c.state = 'closed'",
}

FROM = """
FROM messaging_conversation c LEFT JOIN messaging_membership own
ON own.conversation_id = c.id AND own.member_kind = %s AND own.member_id = %s
"""
NEWEST = "c.last_message_at DESC, c.id DESC"
# What people said to each other last; where nobody has yet, the newest line.
ROWS = f"""
SELECT c.id, c.band, c.unread, c.state = 'closed', c.last_message_at, c.customer_id, u.name, u.company, o.number, o.status,
       c.subject, s.id, coalesce(nullif(s.display_name, ''), s.username),
       CASE WHEN {IS_UNANSWERED} THEN ({FIRST_UNANSWERED.format(column="created_at")}) END,
       m.kind, left(coalesce(m.data->'said'->>%s::text, m.body), {SHOWN}), m.sender_kind, m.sender_name, m.internal,
       m.recalled_at IS NOT NULL
FROM ({{found}}) c
LEFT JOIN accounts_customer u ON u.id = c.customer_id
LEFT JOIN orders_order o ON o.id = c.order_id
LEFT JOIN accounts_staff s ON s.id = c.assigned_to_id
LEFT JOIN LATERAL (
    (SELECT * FROM messaging_message t WHERE t.conversation_id = c.id AND NOT t.internal AND t.kind <> 'event'
     ORDER BY t.seq DESC LIMIT 1)
    UNION ALL (SELECT * FROM messaging_message t WHERE t.conversation_id = c.id AND t.seq = c.last_seq)
    LIMIT 1) m ON true
ORDER BY c.band, {NEWEST}
"""
FOUND = (
    f"SELECT c.*, {BAND} AS band, {SHOP_UNREAD} AS unread {FROM} WHERE {{where}} ORDER BY {{order}} LIMIT %s"
)
# A band is looked at only when those before it have left room. Each names the most it may give in itself, too: by that
# alone the planner knows to walk its index.
NEXT_BAND = f"band_{{band}} AS MATERIALIZED (SELECT * FROM ({FOUND}) k LIMIT %s{{less}})"
LESS = " - (SELECT count(*) FROM band_{band})"
COUNT = f"(SELECT count(*) FROM (SELECT 1 {FROM} WHERE {{where}} ORDER BY {{order}} LIMIT {COUNT_CAP}) few)"


class InboxRow(NamedTuple):
    """One conversation as a list shows it; `waits_since` is when its customer asked what nobody has answered."""

    pk: int
    band: int
    unread: int
    is_closed: bool
    last_message_at: datetime | None
    # None of all three: a talk among colleagues.
    customer_id: int | None
    customer_name: str | None
    company: str | None
    # None for an enquiry.
    order_number: str | None
    order_status: str | None
    subject: str
    staff_id: int | None
    staff_name: str | None
    waits_since: datetime | None
    # The message that is shown of it; None where there is no line at all.
    message_kind: str | None
    body: str | None
    sender_kind: str | None
    sender_name: str | None
    is_internal: bool | None
    is_recalled: bool | None


def folder_sql(folder: str, actor: Actor) -> Sql:
    """Which conversations an actor sees in a folder; one of no such name is that of all."""
    condition = FOLDERS.get(folder, "TRUE")
    visible, values = visible_sql(actor)
    return f"{condition} AND {visible}", [*([actor.id_or_zero] if "%s" in condition else []), *values]


def read_bands(actor: Actor, bands: dict[int, Sql], *, limit: int) -> list[InboxRow]:
    """So many rows of the list from bands in their order, each narrowed to the conversations `c` for which its condition
    holds; in one query."""
    parts, values = [], []
    for band, (where, given) in bands.items():
        less = "".join(LESS.format(band=each) for each in bands if each < band)
        parts.append(NEXT_BAND.format(band=band, where=where, order=NEWEST, less=less))
        values += [*_own(actor), *given, limit, limit]
    union = " UNION ALL ".join(f"SELECT * FROM band_{band}" for band in bands)
    return _read(f"WITH {', '.join(parts)} {ROWS.format(found=union)}", [*values, get_language()])


def read_found(actor: Actor, where: str, values: Sequence[Any], *, limit: int) -> list[InboxRow]:
    """So many rows of the list of those conversations `c` for which `where` holds, whatever their band."""
    found = FOUND.format(where=where, order=f"band, {NEWEST}")
    return _read(ROWS.format(found=found), [get_language(), *_own(actor), *values, limit])


def _read(sql: str, values: list[Any]) -> list[InboxRow]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(map(InboxRow._make, cursor.fetchall()))


def folder_number(folder: str, actor: Actor) -> Number:
    """How many conversations stand in a folder, counted to a cap."""
    where, given = folder_sql(folder, actor)
    # Counted along an index: without an order the planner reads the table until there are enough.
    return Number(
        COUNT.format(where=where, order="c.id" if folder == "all" else NEWEST), [*_own(actor), *given]
    )


def _own(actor: Actor) -> list[Any]:
    return [actor.sender_kind, actor.id_or_zero]
