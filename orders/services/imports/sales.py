"""A sale of the past as an order: as far as it came, mostly paid, shipped and completed on its day.

It passes through the states as any order does and leaves the same traces, but moves no stock of today: each piece
that left is matched by one that had come in, because the shop counts what it has, not what it had.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from orders import hooks
from orders.events import (
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderEvent,
    OrderPaid,
    OrderRefunded,
    OrderRefunding,
    OrderShipped,
    PartRefunded,
)
from orders.models import (
    Order,
    OrderLine,
    Payment,
    Refund,
    Shipment,
    ShipmentLine,
    Status,
    StockMovement,
    Variant,
)
from orders.services.imports.amounts import Amounts, unit_price
from orders.services.imports.bundle import Bundle
from orders.services.imports.documents import Document
from orders.services.imports.outcomes import LEFT, PAID, STATUS, Outcome
from orders.services.imports.people import phone_of
from orders.services.imports.rows import Kind, Row
from orders.services.numbers import next_number
from orders.services.shortages import fill_shortage
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import as_row
from shopcomm.core.phones import kept_receiver_phone

CARRIER = "other"
BEGIN = (Status.PENDING_PAYMENT, Status.PAID)
PATHS: dict[Outcome, tuple[Status, ...]] = {
    Outcome.UNPAID: (Status.PENDING_PAYMENT,),
    Outcome.CANCELLED: (Status.PENDING_PAYMENT, Status.CANCELLED),
    Outcome.PAID: BEGIN,
    Outcome.SHIPPED: (*BEGIN, Status.SHIPPED),
    Outcome.COMPLETED: (*BEGIN, Status.SHIPPED, Status.COMPLETED),
    Outcome.REFUNDED: (*BEGIN, Status.REFUNDING, Status.REFUNDED),
}


@dataclass(frozen=True)
class Sale:
    """An invoice that can be taken in: its rows, what became of it, and its sums."""

    document: Document
    outcome: Outcome
    amounts: Amounts


def write_sale(
    sale: Sale,
    customer: Customer,
    variants: dict[str, Variant],
    actor: Actor,
    bundle: Bundle,
    *,
    number: str,
) -> Order:
    """Insert an invoice as an order with everything that belongs to it."""
    goods, invoice = sale.document.of(Kind.SALE), sale.document.number
    order = _order(sale, goods, customer, number)
    bundle.add_instance(order)
    left = sale.outcome in LEFT
    parcel = _parcel(order, sale, bundle) if left else None
    for row in goods:
        _line(order, parcel, row, variants[row.sku], actor, invoice, bundle)
    if sale.outcome in PAID:
        _pay(order, invoice, bundle)
    events = _events(order, sale, parcel, actor)
    for event in events:
        bundle.add_instance(event)
    for hook in hooks.order_history_hooks:
        hook(order, events, bundle.add)
    bundle.write()
    if sale.outcome is Outcome.PAID:
        # Still to be sent: it holds what there is, and is short of the rest.
        fill_shortage(order_id=order.pk, actor=actor, review=True)
    return order


def _order(sale: Sale, goods: list[Row], customer: Customer, number: str) -> Order:
    document, amounts, first = sale.document, sale.amounts, goods[0]
    steps = len(_facts(sale))
    order = Order(
        number=number,
        external_id=f"import:{document.number}",
        customer=customer,
        status=STATUS[sale.outcome],
        version=steps,
        acknowledged_version=steps,
        source=Source.API,
        note=next((row.rest["note"] for row in goods if "note" in row.rest), ""),
        currency=first.currency,
        goods_total=amounts.goods,
        shipping_fee=amounts.fee,
        discount=amounts.discount,
        total=amounts.total,
        paid_amount=amounts.total if sale.outcome in PAID else 0,
        refunded_amount=amounts.refunded,
        receiver_name=_receiver(first, customer),
        receiver_phone=kept_receiver_phone(first.rest["phone"] if phone_of(first) else customer.phone),
        province=first.rest.get("province", first.rest.get("country", ""))[:60],
        street=first.rest.get("street", ""),
    )
    for field in ("city", "district"):
        setattr(order, field, first.rest.get(field, "")[:60])
    for field in ("placed_at", *_reached(sale)):
        setattr(order, field, document.placed_at)
    return order


def _receiver(row: Row, customer: Customer) -> str:
    return (row.rest.get("receiver") or row.rest.get("customer_name") or customer.name)[:120]


def _reached(sale: Sale) -> list[str]:
    """The moments that an order of this outcome has behind it."""
    reached = ["paid_at"] if sale.outcome in PAID else []
    reached += ["shipped_at"] if sale.outcome in LEFT else []
    reached += ["delivered_at"] if sale.outcome is Outcome.COMPLETED else []
    closed = sale.outcome in (Outcome.COMPLETED, Outcome.REFUNDED, Outcome.CANCELLED)
    return [*reached, "closed_at"] if closed else reached


def number_of(document: Document, taken: set[str]) -> str:
    """Its own number, as people know it, unless somebody has that already or it fits no address."""
    own = document.number
    fits = (
        len(own) <= 32 and own.isascii() and own.replace("-", "").isalnum() and own not in ("new", "states")
    )
    return own if fits and own not in taken else next_number(document.placed_at)


def _line(
    order: Order, parcel: int | None, row: Row, variant: Variant, actor: Actor, invoice: str, bundle: Bundle
) -> None:
    """A line; if it left, its place in the parcel, and its pieces coming in and going out."""
    spec = " · ".join(part for part in (row.rest.get("size", ""), row.rest.get("color", "")) if part)
    gone = row.quantity if parcel else 0
    line = bundle.add(
        OrderLine,
        order_id=order.pk,
        variant_id=variant.pk,
        sku=variant.sku,
        name=row.name or variant.product.name,
        spec=(spec or variant.spec)[:120],
        quantity=row.quantity,
        unit_price=unit_price(row),
        picked_quantity=gone,
        shipped_quantity=gone,
    )
    if not parcel:
        return
    bundle.add(ShipmentLine, shipment_id=parcel, line_id=line, quantity=row.quantity)
    for kind, sign in ((StockMovement.Kind.RECEIVED, 1), (StockMovement.Kind.SHIPPED, -1)):
        bundle.add(
            StockMovement,
            variant_id=variant.pk,
            kind=kind,
            on_hand_delta=sign * row.quantity,
            order_id=order.pk,
            reason=_("导入 %(number)s") % {"number": invoice},
            actor_name=actor.name,
        )


def _parcel(order: Order, sale: Sale, bundle: Bundle) -> int:
    """One parcel; how it travelled is not known, so the invoice's number stands for the waybill's."""
    arrived = sale.outcome is Outcome.COMPLETED
    return bundle.add(
        Shipment,
        order_id=order.pk,
        carrier=CARRIER,
        tracking_number=sale.document.number[:60],
        state=Shipment.State.SIGNED if arrived else Shipment.State.HANDED_OVER,
        label_address=f"{order.receiver_name} {order.address}"[:600],
        order_version=len(BEGIN),
        shipped_at=order.placed_at,
        signed_at=order.placed_at if arrived else None,
    )


def _pay(order: Order, invoice: str, bundle: Bundle) -> None:
    """The money that came, and what of it went back."""
    if order.total:
        bundle.add(
            Payment,
            order_id=order.pk,
            amount=order.total,
            method=Payment.Method.TRANSFER,
            reference=f"import:{invoice}",
            received_at=order.placed_at,
        )
    if order.refunded_amount:
        whole = order.status == Status.REFUNDED
        bundle.add(
            Refund,
            order_id=order.pk,
            purpose=Refund.Purpose.ORDER if whole else Refund.Purpose.CASE,
            amount=order.refunded_amount,
            reason=_("导入 %(number)s") % {"number": invoice},
            state=Refund.State.SUCCEEDED,
            reference=f"import:{invoice}",
            settled_at=order.placed_at,
        )


Fact = tuple[type[OrderEvent], dict[str, object]]


def _facts(sale: Sale, parcel: int | None = None) -> list[Fact]:
    """What happened, in order, with what each event says."""
    amounts, invoice = sale.amounts, sale.document.number
    total, why = str(amounts.total), _("导入 %(number)s") % {"number": invoice}
    lines = len(sale.document.of(Kind.SALE))
    of_status: dict[Status, Fact] = {
        Status.PENDING_PAYMENT: (OrderCreated, {"total": total, "lines": lines, "source": Source.API}),
        Status.PAID: (OrderPaid, {"amount": total, "method": Payment.Method.TRANSFER.value}),
        Status.SHIPPED: (
            OrderShipped,
            {"carrier": CARRIER, "tracking_number": invoice[:60], "shipment_id": parcel},
        ),
        Status.COMPLETED: (OrderCompleted, {}),
        Status.CANCELLED: (OrderCancelled, {"reason": why}),
        Status.REFUNDING: (OrderRefunding, {"reason": why, "amount": total}),
        Status.REFUNDED: (OrderRefunded, {"amount": total}),
    }
    facts = [of_status[status] for status in PATHS[sale.outcome]]
    if amounts.refunded and sale.outcome is not Outcome.REFUNDED:
        back: dict[str, object] = {
            "amount": str(amounts.refunded),
            "purpose": Refund.Purpose.CASE.value,
            "reason": why,
        }
        facts.append((PartRefunded, back))
    return facts


def _events(order: Order, sale: Sale, parcel: int | None, actor: Actor) -> list[DomainEvent]:
    path, rows, before = list(PATHS[sale.outcome]), [], ""
    for place, (fact, facts) in enumerate(_facts(sale, parcel)):
        after = str(path[min(place, len(path) - 1)])
        event = fact(
            order_id=order.pk, number=order.number, version=place + 1, currency=order.currency, status_from=before,
            status_to=after, **facts,  # type: ignore[arg-type]
        )  # fmt: skip
        row = as_row(event, actor=actor)
        row.occurred_at = order.placed_at + timedelta(seconds=place)
        rows.append(row)
        before = after
    return rows
