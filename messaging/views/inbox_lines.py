"""Rows of the inbox, made ready so that the template only puts them in place."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from messaging.presenters import preview_line
from messaging.selectors.hits import Hits
from messaging.selectors.inbox import InboxFilters, InboxPage
from messaging.selectors.inbox_rows import InboxRow
from messaging.views.inbox_hits import drawn_hits
from orders.labels import status_colour, status_label
from shopcomm.core.search.query import parse_query
from shopcomm.core.spans import MINUTE, shown_part, written_span
from shopcomm.core.ui.templatetags.ui import (
    avatar_color,
    capped_count,
    distance_of,
    name_initial,
    written_distance,
)


@dataclass(frozen=True)
class InboxLine:
    """What one row says, in words."""

    pk: int
    url: str
    current: bool
    initial: str
    colour: str
    name: str
    waits: str
    closed: bool
    iso: str
    when: str
    number: str
    status: str
    tone: str
    subject: str
    staff: str
    staff_initial: str
    staff_colour: str
    words: str
    unread: int
    unread_shown: str


class ListedRow(NamedTuple):
    """A row, what a search has found in it, and the markup of both."""

    row: InboxRow
    markup: SafeString
    hits: Hits | None


def drawn_rows(
    page: InboxPage, filters: InboxFilters, *, current: int | None, address: str
) -> list[ListedRow]:
    """The rows of a page. `current` is the conversation that is open; `address` leads to one, `{}` being its key."""
    now, language, listed = timezone.localtime(), get_language() or "", []
    query = parse_query(filters.q)
    for row in page.rows:
        said_at = row.last_message_at and timezone.localtime(row.last_message_at)
        markup = _drawn(
            row,
            row.pk == current,
            address,
            language,
            distance_of(said_at, now) if said_at else "",
            shown_part(max(now - row.waits_since, MINUTE)) if row.waits_since else None,
        )
        hits = page.hits.get(row.pk)
        if hits is not None:
            at = filters.at if row.pk == current else None
            markup += drawn_hits(hits, query, address=address.replace("{}", str(row.pk)), at=at, now=now)
        listed.append(ListedRow(row, markup, hits))
    return listed


def as_items(rows: list[ListedRow]) -> SafeString:
    """The items of the list; a loop of the template takes a quarter of the page's time."""
    return mark_safe("".join(f"<li>{row.markup}</li>" for row in rows))


@lru_cache(maxsize=4096)
def _drawn(
    row: InboxRow, current: bool, address: str, language: str, distance: int | str, waited: timedelta | None
) -> SafeString:
    """One row. The same row is asked for again and again, so the newest thousands are kept."""
    line = _line(row, current, address, distance, waited)
    return render_to_string("messaging/_inbox_row.html", {"row": line})


def _line(
    row: InboxRow, current: bool, address: str, distance: int | str, waited: timedelta | None
) -> InboxLine:
    """What it says. `distance` is how far back its last message lies, `waited` how long its customer has waited for an
    answer; None of whom nobody lets wait."""
    said_at = timezone.localtime(row.last_message_at) if row.last_message_at else None
    customer = row.customer_name or row.subject
    return InboxLine(
        pk=row.pk,
        url=address.replace("{}", str(row.pk)),
        current=current,
        initial=name_initial(customer),
        colour=avatar_color(row.customer_id),
        name=f"{row.company} {customer}" if row.company else customer,
        waits=_("等 %(span)s") % {"span": written_span(waited)} if waited else "",
        closed=row.is_closed,
        iso=said_at.isoformat(timespec="seconds") if said_at else "",
        when=written_distance(said_at, distance) if said_at else "",
        number=row.order_number or "",
        status=status_label(row.order_status) if row.order_status else "",
        tone=status_colour(row.order_status) if row.order_status else "",
        subject=row.subject,
        staff=row.staff_name or "",
        staff_initial=name_initial(row.staff_name) if row.staff_name else "",
        staff_colour=avatar_color(row.staff_id) if row.staff_id else "",
        words=_words(row),
        unread=row.unread,
        unread_shown=capped_count(row.unread, 99),
    )


def _words(row: InboxRow) -> str:
    if row.message_kind is None:
        return _("还没有消息")
    told = (row.message_kind, row.body or "", row.sender_kind or "", row.sender_name or "")
    return preview_line(*told, internal=bool(row.is_internal), recalled=bool(row.is_recalled))
