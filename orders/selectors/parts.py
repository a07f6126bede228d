"""Part shipments: what has shipped, what is still to come, and the text about it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.models import Order, OrderLine, Status
from orders.reading.couriers import courier_name


@dataclass(frozen=True)
class StillToShip:
    """The open rest of a part-shipped order."""

    lines: list[OrderLine]
    pieces: int


def still_to_ship(order: Order) -> StillToShip | None:
    """The open rest after a part shipment; None when nothing or everything has shipped, or the order is closed."""
    if order.status != Status.PICKING:
        return None
    lines = list(order.lines.all())
    left = [line for line in lines if line.open_quantity > 0]
    if not left or not any(line.shipped_quantity for line in lines):
        return None
    return StillToShip(left, sum(line.open_quantity for line in left))


def shipped_text(order: Order) -> str:
    """The message that a parcel has left, with the open rest."""
    parcel = order.shipments.order_by("-pk").first()
    if parcel is None:
        return ""
    values = {"carrier": courier_name(parcel.carrier), "number": parcel.tracking_number}
    text = _("已发货：%(carrier)s %(number)s") % values
    left = still_to_ship(order)
    if left is None:
        return text
    rest = ngettext("还差 %(count)d 件没发", "还差 %(count)d 件没发", left.pieces) % {"count": left.pieces}
    return _("%(text)s，%(rest)s") % {"text": text, "rest": rest}
