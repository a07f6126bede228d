"""Display values of the warehouse templates, derived from orders and their lines."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.labels import field_label, field_text
from orders.models import MissingReport, Order, OrderLine, Status, WarehouseAlert
from orders.policies.contact_masks import masked_phones
from orders.selectors.change_requests import AskedChange, asked_change
from orders.selectors.goods import goods_names
from orders.selectors.shortages import missing_pieces, standing_reports
from orders.selectors.warehouse import Board, Column, Figures
from orders.services.days import not_wanted_before
from orders.views.presenting import name_carriers


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
        """The date of an order that is not of today: order numbers restart each day."""
        day = timezone.localdate(self.order.placed_at)
        return None if day == timezone.localdate() else day

    @property
    def waits_until(self) -> date | None:
        """The day before which the customer does not want it, while it has not left."""
        return not_wanted_before(self.order)

    @property
    def to_come(self) -> int:
        """Pieces still to be packed of a part-shipped order; 0 otherwise."""
        shipped = any(line.shipped_quantity for line in self.lines)
        return sum(line.open_quantity for line in self.lines) if shipped else 0

    @property
    def is_picked(self) -> bool:
        return self.picked >= len(self.lines)


@dataclass(frozen=True)
class CardColumn:
    """One column of the board."""

    key: str
    label: str | Promise
    hint: str | Promise
    cards: list[Card] = field(default_factory=list)
    # How many orders there are in all, and which page of them this is.
    count: int = 0
    page: int = 1
    pages: int = 1

    @property
    def earlier(self) -> int:
        """The page before this one; 0 when there is none."""
        return self.page - 1

    @property
    def later(self) -> int:
        """The page behind this one; 0 when there is none."""
        return self.page + 1 if self.page < self.pages else 0


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


def order_card(order: Order) -> Card:
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
    return [
        _card_column(column, [order_card(order) for order in column.orders], figures=board.figures)
        for column in board.columns
    ]


def _card_column(column: Column, cards: list[Card], *, figures: Figures) -> CardColumn:
    names = {"new": _("待配货"), "picking": _("配货中"), "packed": _("待发货"), "shipped": _("今日已发")}
    hints = {"new": _("加急在前"), "picking": _people(cards), "packed": _("等扫运单号")}
    if column.key == "shipped" and figures.left > column.count:
        hints["shipped"] = _("另有 %(count)s 单已签收") % {"count": figures.left - column.count}
    return CardColumn(
        column.key,
        names[column.key],
        hints.get(column.key, ""),
        cards,
        column.count,
        column.page,
        column.pages,
    )


def shown_column(columns: list[CardColumn], asked: str, picking: "Picking | None") -> str:
    """The column a small screen shows: the one asked for, else the one of the order in hand, else what is new."""
    keys = [column.key for column in columns]
    if asked in keys:
        return asked
    if picking is None:
        return keys[0]
    here = {
        Status.PAID: "new",
        Status.PICKING: "packed" if picking.may_ship else "picking",
        Status.SHIPPED: "shipped",
    }
    return here.get(Status(picking.order.status), keys[0])


@dataclass(frozen=True)
class Notice:
    """One entry on top of the board: a request to answer, or a change to acknowledge."""

    urgent: bool
    at: datetime
    asked: AskedChange | None = None
    alert: WarehouseAlert | None = None


def notices_of(asked: list[AskedChange], alerts: list[WarehouseAlert]) -> list[Notice]:
    """All of them: of urgent orders the newest first, then requests with their clocks, then what was changed, by age."""
    wanted = [Notice(each.row.order.urgent, each.row.asked_at, asked=each) for each in asked]
    changed = [Notice(each.order.urgent, each.raised_at, alert=each) for each in with_changes(alerts)]
    pressing = sorted(
        (each for each in wanted + changed if each.urgent), key=lambda each: each.at, reverse=True
    )
    return pressing + [each for each in wanted + changed if not each.urgent]


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
    return _("、").join(list(names)[:3])


def picking_of(order: Order, rows: list[OrderLine]) -> Picking:
    """The panel for one order."""
    open_rows = [line for line in rows if line.quantity > line.cancelled_quantity]
    missing = missing_pieces(order) if order.shortage else {}
    for line in open_rows:
        line.wanted = line.quantity - line.cancelled_quantity  # type: ignore[attr-defined]
        line.missing = missing.get(line.pk, 0)  # type: ignore[attr-defined]
        line.ready = line.open_quantity - line.missing  # type: ignore[attr-defined]
        line.is_ticked = is_ticked(line, line.missing)  # type: ignore[attr-defined]
    return Picking(
        card=order_card(order),
        rows=open_rows,
        pieces_picked=sum(min(line.picked_quantity, line.wanted) for line in open_rows),  # type: ignore[attr-defined]
        shipments=name_carriers(list(order.shipments.all())),
        frozen=[asked_change(asked) for asked in order.open_freezing],  # type: ignore[attr-defined]
        reports=standing_reports(order),
    )
