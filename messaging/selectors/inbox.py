"""The inbox: every conversation one member of staff may see, unread first, a page at a time."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from messaging.selectors.hits import Hits, hits_in
from messaging.selectors.inbox_rows import (
    BAND,
    BANDS,
    ENDED,
    SILENT,
    UNREAD,
    InboxRow,
    Sql,
    folder_sql,
    read_bands,
    read_found,
)
from messaging.selectors.search import Meant, conversations_matching
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.search.query import parse_query

BEHIND = "c.last_message_at <= %s AND (c.last_message_at < %s OR c.id < %s)"


class Place(NamedTuple):
    """Where a row stands in the list: what comes after it is greater."""

    band: int
    at: datetime | None
    pk: int


@dataclass(frozen=True)
class InboxFilters:
    """What the reader asked for."""

    folder: str = "all"
    q: str = ""
    limit: int = 50
    # Behind which row the page begins: `InboxPage.next_cursor` of the page before.
    cursor: str = ""
    # The message that is looked at, of the conversation that is open.
    at: int | None = None


@dataclass(frozen=True)
class InboxPage:
    """Rows, where the next page begins, and by row what a search has found in it."""

    rows: list[InboxRow] = field(default_factory=list)
    next_cursor: str | None = None
    hits: dict[int, Hits] = field(default_factory=dict)

    def __iter__(self) -> Iterator[InboxRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def inbox_page(actor: Actor, filters: InboxFilters) -> InboxPage:
    """One page; as quick on the last page as on the first."""
    query, after = parse_query(filters.q), _decode(filters.cursor)
    within, wanted = folder_sql(filters.folder, actor), filters.limit + 1
    if not query:
        return _page_of(_next_rows(actor, within, after, wanted), filters.limit)
    meant = conversations_matching(actor, query)
    page = _page_of(_rows_found(actor, within, meant, after, wanted), filters.limit)
    return replace(page, hits=hits_in([row.pk for row in page.rows], query)) if meant.was_said else page


def _page_of(rows: list[InboxRow], limit: int) -> InboxPage:
    more, rows = len(rows) > limit, rows[:limit]
    return InboxPage(rows, _encode(rows[-1]) if more else None)


def _next_rows(actor: Actor, within: Sql, after: Place | None, wanted: int) -> list[InboxRow]:
    """So many rows of the list behind a place; the first bands that fill the page are all that is looked at."""
    folder, values = within
    first = after.band if after else UNREAD
    bands = {band: (f"{BANDS[band]} AND {folder}", [*values]) for band in BANDS if band >= first}
    if after:
        behind, place = _behind(after)
        where, given = bands[first]
        bands[first] = (f"{where} AND {behind}", [*given, *place])
    return read_bands(actor, bands, limit=wanted)


def _rows_found(actor: Actor, within: Sql, meant: Meant, after: Place | None, wanted: int) -> list[InboxRow]:
    """The same of what a search has found."""
    folder, values = within
    where, given = f"{folder} AND c.id IN {meant.sql}", [*values, *meant.values]
    if after:
        behind, place = _behind(after)
        where = f"{where} AND ({BAND} > %s OR {BAND} = %s AND {behind})"
        given += [after.band, after.band, *place]
    return read_found(actor, where, given, limit=wanted)


def _behind(after: Place) -> Sql:
    if after.at is None:
        return "c.id < %s", [after.pk]
    # The first condition alone would do for the index; the second settles equal moments.
    return BEHIND, [after.at, after.at, after.pk]


def _encode(row: InboxRow) -> str:
    moment = row.last_message_at.isoformat() if row.last_message_at else ""
    return base64.urlsafe_b64encode(f"{row.band}|{moment}|{row.pk}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> Place | None:
    """From which row on; None, the beginning, for what cannot be read."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    written, _bar, rest = text.partition("|")
    moment, _bar, number = rest.partition("|")
    band, at, pk = (
        reading.whole_number(written, most=ENDED),
        reading.iso_moment(moment),
        reading.whole_number(number, least=1),
    )
    if band is None or pk is None or (band != SILENT and (at is None or at.tzinfo is None)):
        return None
    return Place(band, None if band == SILENT else at, pk)
