"""Rows of the desk's list, made ready so that the template only puts them in place."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from orders.labels import status_colour, status_label
from orders.selectors.rows import Goods, OrderRow
from shopcomm.core.ui.addresses import page_address
from shopcomm.core.ui.templatetags.ui import bag_of, money_text, relative_time


@dataclass(frozen=True)
class Line:
    """What one row says, in words."""

    number: str
    url: str
    current: bool
    picture: str
    customer: str
    urgent: bool
    iso: str
    when: str
    total: str
    # What the picture shows, where the row does not say it anyway.
    alt: str
    words: str
    unread: int
    pill: str
    pill_tone: str
    money: str
    money_tone: str
    status: str
    tone: str


def row_html(line: Line) -> str:
    """One row. The same row is asked for again and again, so the newest thousands are kept."""
    return _drawn(line, get_language() or "")


@lru_cache(maxsize=4096)
def _drawn(line: Line, language: str) -> str:
    return render_to_string("orders/_row.html", {"row": line})


def list_lines(rows: list[OrderRow], *, current: str = "", query: str = "") -> list[Line]:
    """The rows of a page. `current` is the number of the open order, `query` what links keep."""
    now = timezone.localtime()
    detail = page_address("orders:detail", "_").replace("/_/", "/{}/") + query.replace("{", "%7B")
    return [_line(row, now, detail, current) for row in rows]


def _line(row: OrderRow, now: datetime, detail: str, current: str) -> Line:
    placed = timezone.localtime(row.placed_at)
    pill, tone = (
        (_("缺货"), "danger") if row.shortage else (_("暂停"), "warn") if row.hold_reason else ("", "")
    )
    goods, money_open = _goods(row.goods), row.open_sum
    return Line(
        number=row.number,
        url=detail.replace("{}", row.number),
        current=row.number == current,
        picture=bag_of(row.goods.picture, row.goods.static_picture, row.goods.product),
        customer=row.customer,
        urgent=row.urgent,
        iso=placed.isoformat(timespec="seconds"),
        when=relative_time(placed, now),
        total=money_text(row.total, row.currency),
        alt=goods if row.talk.text else "",
        words=row.talk.text or goods,
        unread=row.talk.unread,
        pill=pill,
        pill_tone=tone,
        money=money_open.pill if money_open.is_pressing else "",
        money_tone=money_open.tone,
        status=status_label(row.status),
        tone=status_colour(row.status),
    )


def _goods(goods: Goods) -> str:
    if goods.styles < 2:
        return goods.name
    more = ngettext("等 %(count)d 款", "等 %(count)d 款", goods.styles) % {"count": goods.styles}
    return f"{goods.name} {more}"
