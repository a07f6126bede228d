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


def write_sale(document: Document, customer: Customer, variants: dict[str, Variant], actor: Actor) -> Order:
    """Insert an invoice as a completed order with everything that belongs to it. Raises RowRefused."""
    goods = document.of(Kind.SALE)
    order = _order(document, goods, customer)
    order.save(force_insert=True)
    lines = OrderLine.objects.bulk_create(_line(order, row, variants[row.sku]) for row in goods)
    parcel = _parcel(order, lines, document.number)
    _pay(order, document.number)
    StockMovement.objects.bulk_create(_in_and_out(order, lines, actor, document.number))
    events = _events(order, parcel, len(lines), actor)
    DomainEvent.objects.bulk_create(events)
    for hook in hooks.order_history_hooks:
        hook(order, events)
    return order


def _order(document: Document, goods: list[Row], customer: Customer) -> Order:
    when, first = document.placed_at, goods[0]
    goods_total = sum((row.amount for row in goods), Decimal(0))
    fee = sum((row.amount for row in document.of(Kind.CARRIAGE)), Decimal(0))
    discount = -sum((row.amount for row in document.of(Kind.DISCOUNT)), Decimal(0))
    total = goods_total + fee - discount
    if check_total(total) or fee < 0:
        raise RowRefused(_("订单金额不正确"))
    order = Order(
        number=_number(document),
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


def _number(document: Document) -> str:
    """Its own number, as people know it, unless somebody has that already or it fits no address."""
    own = document.number
    fits = (
        len(own) <= 32 and own.isascii() and own.replace("-", "").isalnum() and own not in ("new", "states")
    )
    if fits and not Order.objects.filter(number=own).exists():
        return own
    return next_number(document.placed_at)


def _line(order: Order, row: Row, variant: Variant) -> OrderLine:
    return OrderLine(
        order=order,
        variant=variant,
        sku=variant.sku,
        name=row.name or variant.product.name,
        spec=variant.spec[:120],
        quantity=row.quantity,
        unit_price=row.price,
        picked_quantity=row.quantity,
        shipped_quantity=row.quantity,
    )


def _parcel(order: Order, lines: list[OrderLine], invoice: str) -> Shipment:
    """One parcel; how it travelled is not known, so the invoice's number stands for the waybill's."""
    parcel = Shipment.objects.create(
        order=order,
        carrier=CARRIER,
        tracking_number=invoice[:60],
        state=Shipment.State.SIGNED,
        label_address=f"{order.receiver_name} {order.address}"[:600],
        order_version=PATH.index(Status.PAID) + 1,
        shipped_at=order.placed_at,
        signed_at=order.placed_at,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=parcel, line=line, quantity=line.quantity) for line in lines
    )
    return parcel


def _pay(order: Order, invoice: str) -> None:
    if order.total:
        Payment.objects.create(
            order=order,
            amount=order.total,
            method=Payment.Method.TRANSFER,
            reference=f"import:{invoice}",
            received_at=order.placed_at,
        )


def _in_and_out(order: Order, lines: list[OrderLine], actor: Actor, invoice: str) -> list[StockMovement]:
    kinds = ((StockMovement.Kind.RECEIVED, 1), (StockMovement.Kind.SHIPPED, -1))
    return [
        StockMovement(
            variant=line.variant,
            kind=kind,
            on_hand_delta=sign * line.quantity,
            order=order,
            reason=_("导入 %(number)s") % {"number": invoice},
            actor_name=actor.name,
        )
        for line in lines
        for kind, sign in kinds
    ]


def _events(order: Order, parcel: Shipment, lines: int, actor: Actor) -> list[DomainEvent]:
    total = str(order.total)
    sent = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number, "shipment_id": parcel.pk}
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
            order_id=order.pk, number=order.number, version=place + 1, status_from=str(before),
            status_to=str(PATH[place]), **facts,  # type: ignore[arg-type]
        )  # fmt: skip
        row = as_row(event, actor=actor)
        row.occurred_at = order.placed_at + timedelta(seconds=place)
        rows.append(row)
    return rows
