"""What a search has found in a row of the inbox, made ready so that the template only puts it in place."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from messaging.selectors.hits import Hit, Hits
from shopcomm.core.search.highlight import excerpt_around, marked_html
from shopcomm.core.search.query import Query
from shopcomm.core.ui.templatetags.ui import distance_of, written_distance


class HitLine(NamedTuple):
    """One message that was found, in words."""

    url: str
    current: bool
    sender: str
    iso: str
    when: str
    text: SafeString


def drawn_hits(hits: Hits, query: Query, *, address: str, at: int | None, now: datetime) -> SafeString:
    """The messages that were found in one conversation.

    `address` leads to it; `at` is the message that is looked at, None in all others.
    """
    said_at = tuple(timezone.localtime(hit.created_at) for hit in hits.shown)
    distances = tuple(distance_of(each, now) for each in said_at)
    return _drawn(hits, query, address, at, get_language() or "", said_at, distances)


@lru_cache(maxsize=512)
def _drawn(
    hits: Hits,
    query: Query,
    address: str,
    at: int | None,
    _language: str,
    said_at: tuple[datetime, ...],
    distances: tuple[int | str, ...],
) -> SafeString:
    """The same search is asked for again and again while its finds are gone through, so the newest are kept."""
    told = zip(hits.shown, said_at, distances, strict=True)
    lines = [_line(hit, query, address, hit.seq == at, when, distance) for hit, when, distance in told]
    return render_to_string("messaging/_hits.html", {"hits": lines, "more": hits.more})


def _line(
    hit: Hit, query: Query, address: str, current: bool, said_at: datetime, distance: int | str
) -> HitLine:
    joined = "&" if "?" in address else "?"
    return HitLine(
        url=f"{address}{joined}at={hit.seq}",
        current=current,
        sender=hit.sender_name,
        iso=said_at.isoformat(timespec="seconds"),
        when=written_distance(said_at, distance),
        text=marked_html(excerpt_around(hit.body, query)),
    )
