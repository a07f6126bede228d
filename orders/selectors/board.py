"""What the stockroom's board shows: which orders, in which place, and how many there are.

A statement that is written out: every screen of the stockroom asks for it whenever something happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from orders.models import ChangeRequest, Handler, Status
from orders.selectors.visibility import visible_orders_sql
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.cutoff import dispatch_cutoff

COLUMN_PAGE = 40
# More than this nobody reads; what is beyond is counted all the same.
ALERTS_SHOWN = 100
REQUESTS_SHOWN = 50
COLUMNS = ("new", "picking", "packed", "shipped")


class Entry(NamedTuple):
    """A card or a notice: whose, and a mark that is another one as soon as it says something else."""

    key: int
    mark: str


@dataclass(frozen=True)
class Column:
    """One column of the board: a page of its orders, the urgent first, and how many there are in all."""

    key: str
    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    page: int = 1
    # Who packs the orders of this page, by name.
    people: list[str] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // COLUMN_PAGE))


@dataclass(frozen=True)
class Notices:
    """Requests to answer and changes to acknowledge, in their order, and how many there are in all."""

    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    urgent: int = 0

    @property
    def head_mark(self) -> str:
        """Another one as soon as the head says something else."""
        return f"{self.count}-{self.urgent}"


@dataclass(frozen=True)
class Figures:
    """The day so far, and what still has to leave before the courier comes."""

    came_in: int
    left: int
    # Paid before the cut-off and still here; without one all that is paid.
    to_leave: int
    cutoff: datetime | None
    is_over: bool


@dataclass(frozen=True)
class Board:
    """The columns, above them what nobody has acknowledged, the order in hand, and how the day goes."""

    columns: list[Column]
    notices: Notices
    figures: Figures
    hand: Entry | None
    # The column in which the order in hand stands; empty for none.
    column: str

    @property
    def is_empty(self) -> bool:
        return not any(column.count for column in self.columns)


# Whether all of an order that is there lies in the box: of a line that is short, what is held for it.
IS_PACKED = """
NOT EXISTS (SELECT FROM orders_orderline l WHERE l.order_id = o.id AND l.quantity > l.cancelled_quantity
    AND l.picked_quantity < l.quantity - l.cancelled_quantity
    AND (NOT o.shortage OR l.variant_id IS NULL OR l.picked_quantity < l.shipped_quantity + coalesce(
        (SELECT r.quantity FROM orders_stockreservation r WHERE r.line_id = l.id), 0)))
AND EXISTS (SELECT FROM orders_orderline l WHERE l.order_id = o.id AND l.quantity > l.cancelled_quantity
    AND l.picked_quantity > l.shipped_quantity)
"""
COLUMN = f"""CASE status WHEN '{Status.PAID}' THEN 'new' WHEN '{Status.SHIPPED}' THEN 'shipped'
    WHEN '{Status.PICKING}' THEN CASE WHEN {IS_PACKED} THEN 'packed' ELSE 'picking' END ELSE '' END"""
# Pieces that a picker counts are no event of the order.
MARK = f"""s.id || '.' || s.version || CASE WHEN s.status <> '{Status.PICKING}' THEN '' ELSE '.' || (
    SELECT coalesce(sum(l.picked_quantity), 0) FROM orders_orderline l WHERE l.order_id = s.id) END"""
# Of each column the urgent first, then by age; of those that have left today the newest first.
ORDERS = f"""
SELECT id, version, status, picker_id, urgent, id AS tie, {COLUMN} AS part,
       extract(epoch FROM CASE status WHEN '{Status.PAID}' THEN paid_at ELSE placed_at END) AS since
FROM seen o WHERE status IN ('{Status.PAID}', '{Status.PICKING}')
UNION ALL
SELECT id, version, status, picker_id, false, -id, 'shipped', -extract(epoch FROM shipped_at)
FROM seen WHERE status = '{Status.SHIPPED}' AND shipped_at >= %s
"""
# A page that is there no more is the last one.
PAGED = f"""
SELECT n.*, least(w.page, (n.found + {{size}} - 1) / {{size}}) AS page
FROM (SELECT k.*, row_number() OVER (PARTITION BY part ORDER BY urgent DESC, since, tie) AS place,
             count(*) OVER (PARTITION BY part) AS found
      FROM ({ORDERS}) k) n
JOIN unnest(%s::text[], %s::bigint[]) AS w (part, page) ON w.part = n.part
"""
COLUMN_ROWS = f"""
SELECT part, max(found), max(page), array_agg(s.id ORDER BY place), string_agg({MARK}, ' ' ORDER BY place),
       string_agg(coalesce(nullif(u.display_name, ''), u.username), E'\\n' ORDER BY place)
FROM ({PAGED}) s LEFT JOIN accounts_staff u ON u.id = s.picker_id
WHERE place > (page - 1) * {{size}} AND place <= page * {{size}} GROUP BY part
"""
# Of urgent orders the newest first, then requests with their clocks, then what was changed, by age.
PLACE = (
    "ORDER BY urgent DESC, CASE WHEN urgent THEN at END DESC, kind DESC, CASE WHEN kind = 'a' THEN at END, id"
)
NOTICE_ROW = f"""
SELECT 'notices', coalesce(max(found) FILTER (WHERE kind = 'q'), 0) + coalesce(max(found) FILTER (WHERE kind = 'a'), 0),
       count(*) FILTER (WHERE urgent), array_agg(id {PLACE}), string_agg(mark, ' ' {PLACE}), NULL
FROM (
    (SELECT 'q' AS kind, r.id, r.asked_at AS at, urgent, count(*) OVER () AS found, 'q' || r.id || '.' || version || '.'
         || coalesce(floor(extract(epoch FROM r.answer_by - %s) / 60), 0) || CASE WHEN urgent THEN '!' ELSE '' END AS mark
     FROM orders_changerequest r JOIN seen o ON o.id = r.order_id
     WHERE r.state = '{ChangeRequest.State.OPEN}' AND r.handler = '{Handler.WAREHOUSE}'
     ORDER BY r.id LIMIT {REQUESTS_SHOWN})
    UNION ALL
    (SELECT 'a', a.id, a.raised_at, urgent, count(*) OVER (), 'a' || a.id || CASE WHEN urgent THEN '!' ELSE '' END
     FROM orders_warehousealert a JOIN seen o ON o.id = a.order_id
     WHERE a.acknowledged_at IS NULL
     ORDER BY CASE WHEN urgent THEN a.raised_at END DESC NULLS LAST, a.raised_at, a.id LIMIT {ALERTS_SHOWN})
) k
"""
FIGURE_ROW = f"""
SELECT 'figures', (SELECT count(*) FROM seen WHERE paid_at >= %s),
       (SELECT count(*) FROM seen WHERE shipped_at >= %s),
       ARRAY[(SELECT count(*) FROM seen WHERE status IN ('{Status.PAID}', '{Status.PICKING}')
              AND (deliver_on IS NULL OR deliver_on <= %s) AND (%s::timestamptz IS NULL OR paid_at <= %s))],
       NULL, NULL
"""
HAND_ROW = f"""
SELECT 'hand', NULL, NULL, ARRAY[id], {MARK}, part
FROM (SELECT id, version, status, {COLUMN} AS part FROM seen o WHERE number = %s) s
"""
# Of the orders that somebody may see: looked up anew, along the index that serves it, in each place that names them.
STATEMENT = (
    "WITH seen AS NOT MATERIALIZED (SELECT * FROM orders_order WHERE {visible}) "
    + " UNION ALL ".join((COLUMN_ROWS, NOTICE_ROW, FIGURE_ROW))
)
FIRST_PAGES: Mapping[str, int] = MappingProxyType({})


def warehouse_board(actor: Actor, pages: Mapping[str, int] = FIRST_PAGES, number: str = "") -> Board:
    """The board as this actor sees it.

    `pages`: which page of a column, by the column's key; the first otherwise. `number`: the order in hand.
    """
    now, today = timezone.now(), start_of_day()
    cutoff = dispatch_cutoff(now)
    visible, seen = visible_orders_sql(actor)
    asked = [pages.get(key, 1) for key in COLUMNS]
    values = [*seen, today, list(COLUMNS), asked, now, today, today, timezone.localdate(now), cutoff, cutoff]
    statement = STATEMENT
    if number:
        statement, values = f"{STATEMENT} UNION ALL {HAND_ROW}", [*values, number]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(visible=visible, size=COLUMN_PAGE), values)
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    came_in, left, (to_leave,), *_rest = rows["figures"]
    hand = rows.get("hand")
    return Board(
        [_column(key, rows.get(key)) for key in COLUMNS],
        _notices(rows["notices"]),
        Figures(came_in, left, to_leave, cutoff, cutoff is not None and now > cutoff),
        _entries(hand[2], hand[3])[0] if hand else None,
        hand[4] if hand else "",
    )


def _column(key: str, row: tuple[Any, ...] | None) -> Column:
    if row is None:
        return Column(key)
    count, page, ids, marks, names = row
    return Column(
        key, _entries(ids, marks), count, page, list(dict.fromkeys(names.split("\n") if names else []))
    )


def _notices(row: tuple[Any, ...]) -> Notices:
    count, urgent, ids, marks, _none = row
    return Notices(_entries(ids or [], marks or ""), count, urgent)


def _entries(ids: list[int], marks: str) -> list[Entry]:
    return list(map(Entry, ids, marks.split(" "))) if ids else []


def start_of_day() -> datetime:
    """Midnight in the shop."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
