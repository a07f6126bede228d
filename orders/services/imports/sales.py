"""A sale of the past as an order: paid, shipped and completed on its day.

It passes through the states as any order does and leaves the same traces, but moves no stock of today: each piece
that left is matched by one that had come in, because the shop counts what it has, not what it had.
"""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from orders import hooks
from orders.events import OrderCompleted, OrderCreated, OrderEvent, OrderPaid, OrderShipped
from orders.models import (
    Order,
    OrderLine,
    Payment,
    Shipment,
    ShipmentLine,
    Status,
    StockMovement,
    Variant,
)
from orders.services.imports.bundle import Bundle
from orders.services.imports.documents import Document
from orders.services.imports.rows import Kind, Row, RowRefused
from orders.services.items import check_total
from orders.services.numbers import next_number
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import as_row

CARRIER = "other"
PATH = (Status.PENDING_PAYMENT, Status.PAID, Status.SHIPPED, Status.COMPLETED)


def write_sale(
    document: Document,
    customer: Customer,
    variants: dict[str, Variant],
    actor: Actor,
    bundle: Bundle,
    *,
    number: str,
) -> Order:
    """Insert an invoice as a completed order with everything that belongs to it. Raises RowRefused."""
    goods = document.of(Kind.SALE)
    order = _order(document, goods, customer, number)
    bundle.add_instance(order)
    parcel = _parcel(order, document.number, bundle)
    for row in goods:
        _line(order, parcel, row, variants[row.sku], actor, document.number, bundle)
    _pay(order, document.number, bundle)
    events = _events(order, parcel, len(goods), actor)
    for event in events:
        bundle.add_instance(event)
    for hook in hooks.order_history_hooks:
        hook(order, events, bundle.add)
    bundle.write()
    return order


def _order(document: Document, goods: list[Row], customer: Customer, number: str) -> Order:
    when, first = document.placed_at, goods[0]
    goods_total = sum((row.amount for row in goods), Decimal(0))
    fee = sum((row.amount for row in document.of(Kind.CARRIAGE)), Decimal(0))
    discount = -sum((row.amount for row in document.of(Kind.DISCOUNT)), Decimal(0))
    total = goods_total + fee - discount
    if check_total(total) or fee < 0:
        raise RowRefused(_("订单金额不正确"))
    order = Order(
        number=number,
        external_id=f"import:{document.number}",
        customer=customer,
        status=Status.COMPLETED,
        version=len(PATH),
        acknowledged_version=len(PATH),
        source=Source.API,
        note=first.rest.get("note", ""),
        currency=first.currency,
        goods_total=goods_total,
        shipping_fee=fee,
        discount=discount,
        total=total,
        paid_amount=total,
        receiver_name=first.rest.get("customer_name", "") or customer.name,
        receiver_phone=customer.phone,
        province=first.rest.get("province", first.rest.get("country", ""))[:60],
    )
    for field in ("city", "district", "street"):
        setattr(order, field, first.rest.get(field, "")[:60])
    for field in ("placed_at", "paid_at", "shipped_at", "delivered_at", "closed_at"):
        setattr(order, field, when)
    return order


def number_of(document: Document, taken: set[str]) -> str:
    """Its own number, as people know it, unless somebody has that already or it fits no address."""
    own = document.number
    fits = (
        len(own) <= 32 and own.isascii() and own.replace("-", "").isalnum() and own not in ("new", "states")
    )
    return own if fits and own not in taken else next_number(document.placed_at)


def _line(
    order: Order, parcel: int, row: Row, variant: Variant, actor: Actor, invoice: str, bundle: Bundle
) -> None:
    """A line, its place in the parcel, and its pieces coming in and going out."""
    line = bundle.add(
        OrderLine,
        order_id=order.pk,
        variant_id=variant.pk,
        sku=variant.sku,
        name=row.name or variant.product.name,
        spec=variant.spec[:120],
        quantity=row.quantity,
        unit_price=row.price,
        picked_quantity=row.quantity,
        shipped_quantity=row.quantity,
    )
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


def _parcel(order: Order, invoice: str, bundle: Bundle) -> int:
    """One parcel; how it travelled is not known, so the invoice's number stands for the waybill's."""
    return bundle.add(
        Shipment,
        order_id=order.pk,
        carrier=CARRIER,
        tracking_number=invoice[:60],
        state=Shipment.State.SIGNED,
        label_address=f"{order.receiver_name} {order.address}"[:600],
        order_version=PATH.index(Status.PAID) + 1,
        shipped_at=order.placed_at,
        signed_at=order.placed_at,
    )


def _pay(order: Order, invoice: str, bundle: Bundle) -> None:
    if order.total:
        bundle.add(
            Payment,
            order_id=order.pk,
            amount=order.total,
            method=Payment.Method.TRANSFER,
            reference=f"import:{invoice}",
            received_at=order.placed_at,
        )


def _events(order: Order, parcel: int, lines: int, actor: Actor) -> list[DomainEvent]:
    total = str(order.total)
    invoice = order.external_id.removeprefix("import:")[:60] if order.external_id else ""
    sent = {"carrier": CARRIER, "tracking_number": invoice, "shipment_id": parcel}
    made: tuple[tuple[type[OrderEvent], dict[str, object]], ...] = (
        (OrderCreated, {"total": total, "lines": lines, "source": order.source}),
        (OrderPaid, {"amount": total, "method": Payment.Method.TRANSFER.value}),
        (OrderShipped, sent),
        (OrderCompleted, {}),
    )
    rows = []
    for place, (fact, facts) in enumerate(made):
        before = PATH[place - 1] if place else ""
        event = fact(
            order_id=order.pk, number=order.number, version=place + 1, currency=order.currency, status_from=str(before),
            status_to=str(PATH[place]), **facts,  # type: ignore[arg-type]
        )  # fmt: skip
        row = as_row(event, actor=actor)
        row.occurred_at = order.placed_at + timedelta(seconds=place)
        rows.append(row)
    return rows
