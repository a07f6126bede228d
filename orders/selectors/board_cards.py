"""What the cards of the stockroom's board show, as plain values: in one query, however many they are."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from orders.models import ChangeRequest, Handler, Status
from orders.policies.change_policy import FREEZING

# So many of an order's goods are drawn.
PICTURES = 4
# Open requests that keep a parcel here are those of `freezing_requests`.
CARDS = f"""
SELECT o.id, o.number, o.status, o.urgent, o.version, o.acknowledged_version = 0, o.placed_at,
       coalesce(o.shipped_at, o.picking_at, o.paid_at), o.city || o.district,
       CASE WHEN o.status IN ('{Status.PAID}', '{Status.PICKING}') AND o.deliver_on > %s THEN o.deliver_on END,
       coalesce(nullif(c.company, ''), c.name), coalesce(nullif(s.display_name, ''), s.username, ''),
       EXISTS (SELECT FROM orders_warehousealert a WHERE a.order_id = o.id AND a.acknowledged_at IS NULL)
       OR EXISTS (SELECT FROM orders_changerequest r WHERE r.order_id = o.id AND r.state = '{ChangeRequest.State.OPEN}'
                  AND r.kind = ANY(%s) AND r.handler <> '{Handler.COURIER}'),
       o.hold_reason <> '',
       coalesce((SELECT u.times FROM orders_urge u WHERE u.order_id = o.id ORDER BY u.id DESC LIMIT 1), 0),
       l.styles, l.pieces, l.picked, CASE WHEN l.some_left THEN l.to_come ELSE 0 END, l.pictures
FROM orders_order o
JOIN accounts_customer c ON c.id = o.customer_id
LEFT JOIN accounts_staff s ON s.id = o.picker_id
CROSS JOIN LATERAL (
    SELECT count(*) AS styles, coalesce(sum(quantity - cancelled_quantity), 0) AS pieces,
           count(*) FILTER (WHERE picked_quantity >= quantity - cancelled_quantity) AS picked,
           bool_or(shipped_quantity > 0) AS some_left,
           sum(quantity - cancelled_quantity - shipped_quantity) AS to_come,
           (array_agg(concat_ws(E'\\n', coalesce(v.picture, ''), coalesce(v.static_picture, ''), coalesce(p.name, ''))
                      ORDER BY i.id))[:{PICTURES}] AS pictures
    FROM orders_orderline i
    LEFT JOIN orders_variant v ON v.id = i.variant_id
    LEFT JOIN orders_product p ON p.id = v.product_id
    WHERE i.order_id = o.id AND i.quantity > i.cancelled_quantity) l
WHERE o.id = ANY(%s)
"""


class CardRow(NamedTuple):
    """One order as a card of the board shows it."""

    pk: int
    number: str
    status: str
    urgent: bool
    version: int
    # Nobody in the stockroom has said that they have seen it.
    is_new: bool
    placed_at: datetime
    moved_at: datetime | None
    place: str
    # The day before which the customer does not want it, while it has not left.
    waits_until: date | None
    customer: str
    picker: str
    # Somebody has to see a change of it, or to answer a request, before it may leave.
    is_changed: bool
    on_hold: bool
    # How often its customer has pressed for it the last time.
    urges: int
    styles: int
    pieces: int
    picked: int
    # Pieces still to be packed of a part-shipped order; 0 otherwise.
    to_come: int
    # Uploaded picture, drawn picture and product's name of each of its first goods, a line each.
    pictures: list[str] | None


def card_rows(keys: Collection[int]) -> list[CardRow]:
    """The cards of orders, by their keys."""
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CARDS, [timezone.localdate(), sorted(FREEZING), list(keys)])
        return list(map(CardRow._make, cursor.fetchall()))
