"""Rows of the inbox, made ready so that the template only puts them in place."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from messaging.presenters import preview_line
from messaging.selectors.inbox_rows import InboxRow
from messaging.templatetags.chat import waiting_for
from orders.labels import status_colour, status_label
from shopcomm.core.ui.templatetags.ui import avatar_color, capped_count, name_initial, relative_time


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
    exact: str
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


def drawn_rows(
    rows: list[InboxRow], *, current: int | None, address: str
) -> list[tuple[InboxRow, SafeString]]:
    """The rows of a page, each with its markup. `current` is the conversation that is open; `address` leads to one, `{}`
    being its key."""
    now, language = timezone.localtime(), get_language() or ""
    return [(row, mark_safe(_drawn(_line(row, now, address, current), language))) for row in rows]


@lru_cache(maxsize=4096)
def _drawn(line: InboxLine, language: str) -> str:
    """One row. The same row is asked for again and again, so the newest thousands are kept."""
    return render_to_string("messaging/_inbox_row.html", {"row": line})


def _line(row: InboxRow, now: datetime, address: str, current: int | None) -> InboxLine:
    said_at = timezone.localtime(row.last_message_at) if row.last_message_at else None
    customer = row.customer_name or row.subject
    return InboxLine(
        pk=row.pk,
        url=address.replace("{}", str(row.pk)),
        current=row.pk == current,
        initial=name_initial(customer),
        colour=avatar_color(row.customer_id),
        name=f"{row.company} {customer}" if row.company else customer,
        waits=waiting_for(row.waits_since) if row.waits_since else "",
        closed=row.is_closed,
        iso=said_at.isoformat(timespec="seconds") if said_at else "",
        exact=said_at.strftime("%Y-%m-%d %H:%M:%S") if said_at else "",
        when=relative_time(said_at, now) if said_at else "",
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
