"""Which orders lose their reservation first when stock is missing."""

from dataclasses import dataclass

from django.db.models import F

from orders.models import Order, Status, StockReservation


@dataclass(frozen=True)
class BrokenPromise:
    """Pieces of one order's line that are not there after all."""

    order: Order
    reservation: StockReservation
    pieces: int

    @property
    def order_id(self) -> int:
        return self.order.pk

    @property
    def line_id(self) -> int:
        return self.reservation.line_id


def newest_promises(variant_id: int, pieces: int) -> list[BrokenPromise]:
    """The promises that `pieces` too few break: of the newest unpaid orders, then of the newest paid ones."""
    if pieces <= 0:
        return []
    held = StockReservation.objects.filter(variant=variant_id).select_related("line__order__customer")
    rows = held.order_by(
        F("line__order__paid_at").desc(nulls_first=True), "-line__order__placed_at", "-line_id"
    )
    unpaid_first = sorted(rows, key=lambda row: row.line.order.status != Status.PENDING_PAYMENT)
    broken = []
    for row in unpaid_first:
        taken = min(row.quantity, pieces)
        broken.append(BrokenPromise(row.line.order, row, taken))
        pieces -= taken
        if not pieces:
            break
    return broken
