"""The inbox: every conversation one member of staff may see, unread first, a page at a time."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from messaging.models import Conversation, Message
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.hits import Hits, hits_in
from messaging.selectors.search import conversations_meant
from messaging.selectors.unanswered import CLOSED, first_unanswered, is_unanswered
from messaging.selectors.unread import having_unread, with_unread
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.search.query import Query, parse_query

FOLDERS = ("all", "unread", "waiting", "enquiry", "mine", "closed")
COUNT_CAP = 1000
# The list in the order of its bands, each the newest first: what is unread, what is open, what nobody has said anything in
# yet, what was ended. Each is walked along an index of its own.
UNREAD, OPEN, SILENT, ENDED = range(4)
BAND = Case(
    When(unread__gt=0, then=Value(UNREAD)),
    When(CLOSED, then=Value(ENDED)),
    When(last_message_at=None, then=Value(SILENT)),
    default=Value(OPEN),
    output_field=IntegerField(),
)


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
    """Conversations with `unread`, `waits_since`, `last_message` and `hits` set, and where the next page begins."""

    rows: list[Any] = field(default_factory=list)
    next_cursor: str | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def inbox_page(actor: Actor, filters: InboxFilters) -> InboxPage:
    """One page; as quick on the last page as on the first."""
    query, after = parse_query(filters.q), _decode(filters.cursor)
    found = _in_folder(with_unread(conversations_visible_to(actor), actor), filters.folder, actor)
    wanted = filters.limit + 1
    rows = (
        _rows_found(found, actor, query, after, wanted) if query else _next_rows(found, actor, after, wanted)
    )
    more, rows = len(rows) > filters.limit, rows[: filters.limit]
    _attach_last_words(rows)
    hits = hits_in([row.pk for row in rows], query)
    for row in rows:
        row.hits = hits.get(row.pk, Hits())
    return InboxPage(rows, _encode(rows[-1]) if more else None)


def _next_rows(found: QuerySet[Any], actor: Actor, after: Place | None, wanted: int) -> list[Any]:
    """So many rows of the list behind a place, band by band; the first that fill the page are all that is looked at."""
    spoken = found.filter(last_message_at__isnull=False)
    bands = (
        having_unread(spoken, actor),
        spoken.filter(~CLOSED, unread=0),
        found.filter(~CLOSED, last_message_at=None),
        spoken.filter(CLOSED),
    )
    rows: list[Any] = []
    for band in range(after.band if after else 0, len(bands)):
        rest = bands[band].filter(_behind(after)) if after and after.band == band else bands[band]
        rows += _shaped(rest).order_by("-last_message_at", "-id")[: wanted - len(rows)]
        if len(rows) >= wanted:
            break
    return rows


def _rows_found(
    found: QuerySet[Any], actor: Actor, query: Query, after: Place | None, wanted: int
) -> list[Any]:
    """The same of what a search has found: sorted by their places first, then read."""
    meant = conversations_meant(found, actor, query).annotate(band=BAND)
    if after:
        meant = meant.filter(Q(band__gt=after.band) | Q(band=after.band) & _behind(after))
    places = list(meant.order_by("band", "-last_message_at", "-id").values_list("pk", flat=True)[:wanted])
    rows = {row.pk: row for row in _shaped(found.filter(pk__in=places))}
    return [rows[pk] for pk in places if pk in rows]


def _behind(after: Place) -> Q:
    if after.at is None:
        return Q(pk__lt=after.pk)
    # The first condition alone would do for the index; the second settles equal moments.
    return Q(last_message_at__lte=after.at) & (Q(last_message_at__lt=after.at) | Q(pk__lt=after.pk))


def _shaped(found: QuerySet[Any]) -> QuerySet[Any]:
    """All that a row shows, but for the last words."""
    return found.select_related("customer", "order", "assigned_to").annotate(
        band=BAND,
        waits_since=Case(When(is_unanswered(), then=Subquery(first_unanswered().values("created_at")[:1]))),
        said=Subquery(_said().values("pk")[:1]),
    )


def _encode(row: Any) -> str:
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


def folder_counts(actor: Actor) -> dict[str, int]:
    """How many conversations stand in each folder, counted to a cap, in one query."""
    found, parts, params = with_unread(conversations_visible_to(actor), actor), [], []
    for name in FOLDERS:
        # Counted along an index: without an order the planner reads the table until there are enough.
        along = "pk" if name == "all" else "-last_message_at"
        few = _in_folder(found, name, actor).order_by(along).values("pk")[:COUNT_CAP]
        if few.query.is_empty():
            continue
        sql, values = few.query.sql_with_params()
        parts.append(f"SELECT %s::text, count(*) FROM ({sql}) AS few")
        params += [name, *values]
    counts = dict.fromkeys(FOLDERS, 0)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            counts |= dict(cursor.fetchall())
    return counts


def _in_folder(found: QuerySet[Any], folder: str, actor: Actor) -> QuerySet[Any]:
    if folder == "unread":
        return having_unread(found, actor)
    rules = {
        "waiting": is_unanswered(),
        "enquiry": Q(kind=Conversation.Kind.CUSTOMER),
        "mine": Q(assigned_to=actor.id),
        "closed": CLOSED,
    }
    return found.filter(rules[folder]) if folder in rules else found


def _said() -> QuerySet[Message]:
    """Of a conversation in an outer query: what people said to each other in it, latest first."""
    spoken = Message.objects.filter(conversation=OuterRef("pk"), internal=False)
    return spoken.exclude(kind=Message.Kind.EVENT).order_by("-seq")


def _attach_last_words(rows: list[Any]) -> None:
    """What a person said last in each row; where nobody has yet, its newest line. In one query."""
    wanted = Q(pk__in=[row.said for row in rows if row.said])
    for row in rows:
        if not row.said:
            wanted |= Q(conversation=row.pk, seq=row.last_seq)
    newest = {message.conversation_id: message for message in Message.objects.filter(wanted)} if rows else {}
    for row in rows:
        row.last_message = newest.get(row.pk)
