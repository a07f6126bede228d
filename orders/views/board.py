"""The stockroom's board as it is drawn: whole for a page, or only what a screen does not show yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.selectors.board import COLUMNS, Board, Column, Entry, Figures
from orders.selectors.board_cards import CardRow, card_rows
from shopcomm.core.spans import written_span
from shopcomm.core.ui.drawing import draw_once
from shopcomm.core.ui.templatetags.ui import bag_of, time_tag

PEOPLE_NAMED = 3
# The parts of which a screen says what it shows, in this order.
PARTS = (*COLUMNS, "notices", "hand")


@dataclass(frozen=True)
class CardFacts:
    """All that one card says."""

    mark: str
    column: str
    selected: bool
    number: str
    short: str
    status: str
    version: int
    day: str
    urgent: bool
    is_new: bool
    is_changed: bool
    on_hold: bool
    waits_until: str
    urges: int
    picker: str
    when: str
    pictures: tuple[str, ...]
    styles: int
    pieces: int
    picked: int
    to_come: int
    customer: str
    place: str


class Placed(NamedTuple):
    """Something that a screen does not show yet, and where it belongs among the others of its part."""

    place: int
    entry: Entry


@dataclass(frozen=True)
class Difference:
    """What has left a part of the board, and what has come."""

    gone: list[str] = field(default_factory=list)
    fresh: list[Placed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.gone or self.fresh)

    @property
    def places(self) -> str:
        """Where each belongs that has come, by its mark."""
        return " ".join(f"{each.entry.mark}={each.place}" for each in self.fresh)


@dataclass(frozen=True)
class ColumnView:
    """One column of the page: its head, its cards and the way to its other pages, as they are drawn."""

    key: str
    label: str
    count: int
    # Another one as soon as the head says something else, or as other pages are offered.
    head_mark: str
    pages_mark: str
    head: SafeString
    pages: SafeString
    cards: SafeString
    difference: Difference = Difference()


def difference_of(shown: Sequence[str], wanted: Sequence[Entry]) -> Difference:
    """What makes one list of marks into another. What stays keeps its order, or all is drawn anew."""
    marks = [entry.mark for entry in wanted]
    if not kept_in_order(shown, marks):
        return Difference(list(shown), [Placed(*each) for each in enumerate(wanted)])
    there, here = set(shown), set(marks)
    fresh = [Placed(place, entry) for place, entry in enumerate(wanted) if entry.mark not in there]
    return Difference([mark for mark in shown if mark not in here], fresh)


def kept_in_order(shown: Sequence[str], marks: Sequence[str]) -> bool:
    """Whether what stands in both lists stands in the same order in both."""
    there, here = set(shown), set(marks)
    return [mark for mark in shown if mark in here] == [mark for mark in marks if mark in there]


def shown_parts(text: str) -> dict[str, list[str]] | None:
    """The marks that a screen says it shows, by part; None for what no screen of ours says."""
    parts = text.split(";")
    return dict(zip(PARTS, map(str.split, parts), strict=True)) if len(parts) == len(PARTS) else None


def whole_columns(board: Board, selected: str) -> list[ColumnView]:
    """All columns with all cards of their pages."""
    drawn = drawn_cards(
        ((column.key, entry) for column in board.columns for entry in column.entries), selected
    )
    return [
        _view(column, board.figures, "".join(drawn[entry.mark] for entry in column.entries))
        for column in board.columns
    ]


def changed_columns(board: Board, selected: str, shown: Mapping[str, list[str]]) -> list[ColumnView]:
    """The columns that say something else than a screen shows, with the cards that it lacks."""
    lacking = {column.key: difference_of(shown[column.key][2:], column.entries) for column in board.columns}
    fresh = [(key, each.entry) for key, difference in lacking.items() for each in difference.fresh]
    drawn = drawn_cards(fresh, selected)
    found = []
    for column in board.columns:
        difference, known = lacking[column.key], shown[column.key]
        view = _view(column, board.figures, "".join(drawn[each.entry.mark] for each in difference.fresh))
        if difference or known[:2] != [view.head_mark, view.pages_mark]:
            pages = view.pages if known[1:2] != [view.pages_mark] else SafeString()
            found.append(replace(view, difference=difference, pages=pages))
    return found


def drawn_figures(figures: Figures) -> SafeString:
    """The day so far, in one line."""
    counts = not figures.is_over and figures.cutoff is not None
    left = written_span(figures.cutoff - timezone.now()) if counts and figures.cutoff else ""
    return draw_once("warehouse/_figures.html", figures=figures, time_left=left)


def drawn_cards(entries: Iterable[tuple[str, Entry]], selected: str) -> dict[str, SafeString]:
    """Cards by their marks; the order in hand stands out. One that has just been deleted is empty."""
    wanted = list(entries)
    rows = {row.pk: row for row in card_rows([entry.key for _column, entry in wanted])}
    now = timezone.localtime()
    return {
        entry.mark: draw_once(
            "warehouse/_card.html", card=_facts(rows[entry.key], entry, column, selected, now)
        )
        if entry.key in rows
        else SafeString()
        for column, entry in wanted
    }


def _facts(row: CardRow, entry: Entry, column: str, selected: str, now: datetime) -> CardFacts:
    placed = timezone.localtime(row.placed_at)
    return CardFacts(
        mark=entry.mark,
        column=column,
        selected=row.number == selected,
        number=row.number,
        short=row.number.rsplit("-", 1)[-1],
        status=row.status,
        version=row.version,
        # Order numbers restart each day.
        day="" if placed.date() == now.date() else f"{placed:%m/%d}",
        urgent=row.urgent,
        is_new=row.is_new and column == "new",
        is_changed=row.is_changed,
        on_hold=row.on_hold,
        waits_until=f"{row.waits_until:%m-%d}" if row.waits_until else "",
        urges=0 if column == "shipped" else row.urges,
        picker="" if column == "new" else row.picker,
        when=time_tag(row.moved_at),
        pictures=tuple(bag_of(*each.split("\n")) for each in row.pictures or ()),
        styles=row.styles,
        pieces=row.pieces,
        picked=row.picked,
        to_come=row.to_come,
        customer=row.customer,
        place=row.place,
    )


LABELS = {
    "new": gettext_lazy("待配货"),
    "picking": gettext_lazy("配货中"),
    "packed": gettext_lazy("待发货"),
    "shipped": gettext_lazy("今日已发"),
}


def _view(column: Column, figures: Figures, cards: str) -> ColumnView:
    label, hint = str(LABELS[column.key]), _hint(column, figures)
    head_mark, pages_mark = f"{column.count}-{crc32(hint.encode()):x}", f"{column.page}-{column.pages}"
    facts = {"key": column.key, "label": label}
    return ColumnView(
        column.key,
        label,
        column.count,
        head_mark,
        pages_mark,
        head=draw_once("warehouse/_column_head.html", count=column.count, hint=hint, mark=head_mark, **facts),
        pages=draw_once(
            "warehouse/_column_pages.html", page=column.page, pages=column.pages, mark=pages_mark, **facts
        ),
        cards=mark_safe(cards),
    )


def _hint(column: Column, figures: Figures) -> str:
    if column.key == "new":
        return _("加急在前")
    if column.key == "picking":
        return _("、").join(column.people[:PEOPLE_NAMED])
    if column.key == "packed":
        return _("等扫运单号")
    signed = figures.left - column.count
    return _("另有 %(count)s 单已签收") % {"count": signed} if signed > 0 else ""


def shown_column(board: Board, asked: str) -> str:
    """The column a small screen shows: the one asked for, else the one of the order in hand, else what is new."""
    return asked if asked in COLUMNS else board.column or COLUMNS[0]
