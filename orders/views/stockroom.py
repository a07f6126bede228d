"""Display values of the warehouse templates, derived from orders and their lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from orders.labels import field_label, field_text
from orders.models import Handler, MissingReport, Order, OrderLine, Status, WarehouseAlert
from orders.policies.contact_masks import masked_phones
from orders.selectors.board import Entry
from orders.selectors.change_requests import AskedChange, asked_change, open_changes_for
from orders.selectors.goods import goods_names
from orders.selectors.shortages import missing_pieces, standing_reports
from orders.services.days import not_wanted_before
from orders.views.presenting import name_carriers
from shopcomm.core.accounts.actors import Actor


@dataclass(frozen=True)
class Card:
    """The order in hand."""

    order: Order
    short: str
    lines: list[OrderLine]
    pieces: int
    picked: int
    alerts: list[WarehouseAlert]
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
    """An order as its panel shows it."""
    lines = [line for line in order.lines.all() if line.quantity > line.cancelled_quantity]
    return Card(
        order=order,
        short=order.number.rsplit("-", 1)[-1],
        lines=lines,
        pieces=sum(line.quantity - line.cancelled_quantity for line in lines),
        picked=sum(is_ticked(line) for line in lines),
        alerts=order.open_alerts,  # type: ignore[attr-defined]
        when=order.shipped_at or order.picking_at or order.paid_at,
    )


def is_ticked(line: OrderLine, missing: int = 0) -> bool:
    """Whether all of a line lies in the box, as far as it is there."""
    return line.picked_quantity >= line.quantity - line.cancelled_quantity - missing


@dataclass(frozen=True)
class Notice:
    """One entry on top of the board: a request to answer, or a change to acknowledge."""

    mark: str
    asked: AskedChange | None = None
    alert: WarehouseAlert | None = None


def notices_of(actor: Actor, entries: Iterable[Entry]) -> list[Notice]:
    """What stands on top of the board, in the order of its entries; what was answered a moment ago is left out."""
    wanted = list(entries)
    alerts = {f"a{each.pk}": each for each in _alerts([each.key for each in wanted if each.mark[0] == "a"])}
    keys = [each.key for each in wanted if each.mark[0] == "q"]
    asked = (
        {f"q{each.row.pk}": each for each in open_changes_for(actor, Handler.WAREHOUSE, keys)} if keys else {}
    )
    found = [
        Notice(each.mark, asked.get(name), alerts.get(name))
        for each in wanted
        if (name := f"{each.mark[0]}{each.key}")
    ]
    return [each for each in found if each.asked or each.alert]


def _alerts(keys: list[int]) -> list[WarehouseAlert]:
    return (
        with_changes(list(WarehouseAlert.objects.filter(pk__in=keys).select_related("order"))) if keys else []
    )


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
