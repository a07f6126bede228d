"""What the stockroom's templates show, worked out from orders and their lines."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.contacts import masked_phones
from orders.labels import field_label, field_text
from orders.models import MissingReport, Order, OrderLine, Status, WarehouseAlert
from orders.selectors.change_requests import AskedChange, asked_change
from orders.selectors.goods import goods_names
from orders.selectors.shortages import missing_pieces, standing_reports
from orders.selectors.warehouse import Board
from orders.services.days import wanted_later
from orders.views.presenting import name_carriers

PICTURES = 4


@dataclass(frozen=True)
class Card:
    """One order on the board."""

    order: Order
    short: str
    lines: list[OrderLine]
    pieces: int
    picked: int
    alerts: list[WarehouseAlert]
    is_new: bool
    when: datetime | None

    @property
    def day(self) -> date | None:
        """The day of an order that is not of today: counts begin anew each day."""
        day = timezone.localdate(self.order.placed_at)
        return None if day == timezone.localdate() else day

    @property
    def waits_until(self) -> date | None:
        """The day before which the customer does not want it, while it has not left."""
        return wanted_later(self.order)

    @property
    def to_come(self) -> int:
        """Pieces that are still to be packed of an order that has gone out in part; 0 otherwise."""
        shipped = any(line.shipped_quantity for line in self.lines)
        return sum(line.open_quantity for line in self.lines) if shipped else 0

    @property
    def is_picked(self) -> bool:
        return self.picked >= len(self.lines)


@dataclass(frozen=True)
class CardColumn:
    """One column: what waits for the same thing."""

    key: str
    label: str | Promise
    hint: str | Promise
    cards: list[Card] = field(default_factory=list)
    more: bool = False


@dataclass(frozen=True)
class Picking:
    """The pick panel: an order's lines in the order of the shelves."""

    card: Card
    rows: list[OrderLine]
    pieces_picked: int
    shipments: list
    # Requests that keep the parcel here, with their clocks.
    frozen: list[AskedChange] = field(default_factory=list)
    # What was written off while picking it, and may turn up.
    reports: list[MissingReport] = field(default_factory=list)

    @property
    def order(self) -> Order:
        return self.card.order

    @property
    def may_ship(self) -> bool:
        return self.order.status == Status.PICKING and all(row.is_ticked for row in self.rows)  # type: ignore[attr-defined]


def card_of(order: Order) -> Card:
    """An order as a card."""
    lines = [line for line in order.lines.all() if line.quantity > line.cancelled_quantity]
    return Card(
        order=order,
        short=order.number.rsplit("-", 1)[-1],
        lines=lines,
        pieces=sum(line.quantity - line.cancelled_quantity for line in lines),
        picked=sum(is_ticked(line) for line in lines),
        alerts=order.open_alerts,  # type: ignore[attr-defined]
        is_new=order.acknowledged_version == 0,
        when=order.shipped_at or order.picking_at or order.paid_at,
    )


def is_ticked(line: OrderLine, missing: int = 0) -> bool:
    """Whether all of a line lies in the box, as far as it is there."""
    return line.picked_quantity >= line.quantity - line.cancelled_quantity - missing


def cards_of(board: Board) -> list[CardColumn]:
    """The columns of the page: what is picked and waits for its waybill has one of its own."""
    found = {column.key: column for column in board.columns}
    picking = [card_of(order) for order in found["picking"].orders]
    return [
        CardColumn(
            "new", _("待配货"), _("加急在前"), [card_of(o) for o in found["new"].orders], found["new"].more
        ),
        CardColumn("picking", _("配货中"), _people(picking), [c for c in picking if not c.is_picked]),
        CardColumn("packed", _("待发货"), _("等扫运单号"), [c for c in picking if c.is_picked]),
        CardColumn(
            "shipped", _("今日已发"), "", [card_of(o) for o in found["shipped"].orders], found["shipped"].more
        ),
    ]


def shown_column(columns: list[CardColumn], asked: str, number: str) -> str:
    """The column a small screen shows: the one asked for, else the selected order's, else what is new."""
    keys = [column.key for column in columns]
    if asked in keys:
        return asked
    for column in columns:
        if number and any(card.order.number == number for card in column.cards):
            return column.key
    return keys[0]


def with_changes(alerts: list[WarehouseAlert]) -> list[WarehouseAlert]:
    """Alerts with their changed fields in words."""
    names = goods_names(fields for alert in alerts for fields in (alert.before, alert.after))
    for alert in alerts:
        alert.changes = [  # type: ignore[attr-defined]
            {
                "label": field_label(name),
                "before": field_text(name, masked_phones(alert.before).get(name), names=names),
                "after": field_text(name, after, names=names),
            }
            for name, after in masked_phones(alert.after).items()
        ]
    return alerts


def _people(cards: list[Card]) -> str:
    names = dict.fromkeys(str(card.order.picker) for card in cards if card.order.picker)
    return "、".join(list(names)[:3])


def picking_of(order: Order, rows: list[OrderLine]) -> Picking:
    """The panel for one order."""
    open_rows = [line for line in rows if line.quantity > line.cancelled_quantity]
    missing = missing_pieces(order) if order.shortage else {}
    for line in open_rows:
        line.missing = missing.get(line.pk, 0)  # type: ignore[attr-defined]
        line.ready = line.open_quantity - line.missing  # type: ignore[attr-defined]
        line.is_ticked = is_ticked(line, line.missing)  # type: ignore[attr-defined]
    return Picking(
        card=card_of(order),
        rows=open_rows,
        pieces_picked=sum(min(line.picked_quantity, line.quantity) for line in open_rows),
        shipments=name_carriers(list(order.shipments.all())),
        frozen=[asked_change(asked) for asked in order.open_freezing],  # type: ignore[attr-defined]
        reports=standing_reports(order),
    )
