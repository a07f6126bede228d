"""What comes back with undeliverable parcels, and what of it is still owed to the customer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import QuerySet, Sum

from orders.models import AfterSalesCase, AfterSalesLine, Order, OrderLine, ShipmentLine
from orders.policies.parcel_way import ENDED

State, Kind = AfterSalesCase.State, AfterSalesCase.Kind
# Goods that a case is to bring back are counted when the case is inspected.
AWAITED = frozenset({State.WAITING_RETURN, State.RETURN_IN_TRANSIT})
PAID_BACK = frozenset({State.REFUND_DUE, State.RESOLVED})


@dataclass(frozen=True)
class PiecesHome:
    """Pieces by line: to be sent again, and for the shelf since their money has gone back."""

    again: dict[OrderLine, int] = field(default_factory=dict)
    paid_back: dict[OrderLine, int] = field(default_factory=dict)
    # The lines of the cases whose money went back, oldest first.
    cases: list[AfterSalesLine] = field(default_factory=list)


def pieces_home(order: Order, lines: list[OrderLine]) -> PiecesHome:
    """What the parcels under way hold, without pieces that were signed for, are here already or belong to a case."""
    way = ShipmentLine.objects.filter(shipment__order=order)
    way = way.exclude(shipment__state__in=ENDED)
    in_parcels = dict(way.values_list("line").annotate(sum=Sum("quantity")).order_by())
    cases = AfterSalesLine.objects.filter(case__order=order).select_related("case", "line").order_by("pk")
    paid_rows = _paid_for(order, cases.filter(case__kind=Kind.REFUND, case__state__in=PAID_BACK))
    paid = {
        line.pk: sum(pieces_not_returned(row) for row in paid_rows if row.line_id == line.pk)
        for line in lines
    }
    awaited = _pieces(cases.exclude(case__kind=Kind.REFUND).filter(case__state__in=AWAITED))
    home = PiecesHome(cases=paid_rows)
    for line in lines:
        # What a customer gave back or was paid for is taken to be of the parcels that they had signed for first.
        signed, left = line.shipped_quantity - in_parcels.get(line.pk, 0), in_parcels.get(line.pk, 0)
        taken = []
        for pieces in (line.returned_quantity, paid[line.pk], awaited.get(line.pk, 0)):
            of_signed = min(pieces, signed)
            of_parcels = min(pieces - of_signed, left)
            signed, left = signed - of_signed, left - of_parcels
            taken.append(of_parcels)
        home.again[line], home.paid_back[line] = left, taken[1]
    return home


def _paid_for(order: Order, rows: Iterable[AfterSalesLine]) -> list[AfterSalesLine]:
    """Of cases that gave back what the goods cost; who was paid a part for a scratch keeps the goods."""
    rows = list(rows)
    worth: dict[int, Decimal] = {}
    for row in rows:
        worth[row.case_id] = worth.get(row.case_id, Decimal(0)) + row.line.unit_price * row.quantity
    return [row for row in rows if row.case.amount >= order.share_of(worth[row.case_id])]


def pieces_not_returned(row: AfterSalesLine) -> int:
    """Pieces of a case's line that have not come back."""
    return row.quantity - row.good - row.damaged


def _pieces(rows: QuerySet[AfterSalesLine]) -> dict[int, int]:
    return dict(rows.values_list("line").annotate(sum=Sum("quantity")).order_by())
