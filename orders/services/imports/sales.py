"""A sale of the past as an order: as far as it came, mostly paid, shipped and completed on its day.

It passes through the states as any order does and leaves the same traces, but moves no stock of today: each piece
that left is matched by one that had come in, because the shop counts what it has, not what it had.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

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
from orders.services.imports.amounts import ZERO, Amounts, amounts_of, unit_price
from orders.services.imports.bundle import Bundle
from orders.services.imports.documents import Document
from orders.services.imports.history import (
    CARRIER,
    Moments,
    Parcel,
    Waybill,
    moments_of,
    parcels_of,
    unknown_parcel,
)
from orders.services.imports.outcomes import LEFT, PAID, STATUS, Outcome
from orders.services.imports.people import phone_of
from orders.services.imports.rows import Kind, Row
from orders.services.numbers import next_number
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import event_row
from shopcomm.core.phones import kept_receiver_phone

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
    """An invoice that can be taken in: its rows, what became of it, its sums; its steps and parcels if it sold."""

    document: Document
    outcome: Outcome
    amounts: Amounts
    goods: list[Row]
    moments: Moments
    parcels: list[Parcel]

    @classmethod
    def of(cls, document: Document, outcome: Outcome) -> "Sale":
        """What an invoice comes to. Raises RowRefused when its sums contradict each other."""
        goods = document.of(Kind.SALE)
        left = bool(goods) and outcome in LEFT
        return cls(
            document,
            outcome,
            amounts_of(document, outcome) if goods else Amounts(ZERO, ZERO, ZERO, ZERO),
            goods,
            moments_of(document, goods),
            parcels_of(document, goods) if left else [],
        )

    @property
    def waits_for_goods(self) -> bool:
        """Whether it is still to be sent, so that stock of today is promised to it."""
        return bool(self.goods) and self.outcome is Outcome.PAID

    def without_waybills(self, foreign: Collection[Waybill]) -> "Sale":
        """The same, with its own number in the place of waybills that belong to other orders."""
        kept = [parcel for parcel in self.parcels if parcel.waybill not in foreign]
        rest = [row for parcel in self.parcels if parcel.waybill in foreign for row in parcel.rows]
        return replace(self, parcels=[*kept, unknown_parcel(self.document, rest)] if rest else kept)


def write_sale(
    sale: Sale,
    customer: Customer,
    variants: dict[str, Variant],
    actor: Actor,
    bundle: Bundle,
    *,
    number: str,
) -> Order:
    """Add an invoice to the current batch, as an order with everything that belongs to it."""
    order = _order(sale, customer, number)
    bundle.add_instance(order)
    parcels = [(parcel, _parcel(order, parcel, sale, bundle)) for parcel in sale.parcels]
    reason = _("导入 %(number)s") % {"number": sale.document.number}
    for parcel, key in parcels:
        for row in parcel.rows:
            line = add_line(order, row, variants[row.sku], bundle, gone=row.quantity)
            send_line(order, line, key, row, variants[row.sku], bundle, reason=reason, by=actor.name)
    if not parcels:
        for row in sale.goods:
            add_line(order, row, variants[row.sku], bundle, gone=0)
    if sale.outcome in PAID:
        _pay(order, sale, bundle)
    events = _events(order, sale, parcels[0][1] if parcels else None, actor)
    for event in events:
        bundle.add_instance(event)
    for hook in hooks.order_history_hooks:
        hook(order, events, bundle.add)
    return order


def _order(sale: Sale, customer: Customer, number: str) -> Order:
    goods, document, amounts, first = sale.goods, sale.document, sale.amounts, sale.goods[0]
    steps = _steps(sale)
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
    order.placed_at = document.placed_at
    for field, moment in _reached(sale).items():
        setattr(order, field, moment)
    return order


def _receiver(row: Row, customer: Customer) -> str:
    return (row.rest.get("receiver") or row.rest.get("customer_name") or customer.name)[:120]


def _reached(sale: Sale) -> dict[str, datetime]:
    """The moments that an order of this outcome has behind it, by their fields."""
    reached, moments = {}, sale.moments
    if sale.outcome in PAID:
        reached["paid_at"] = moments.paid
    if sale.outcome in LEFT:
        reached["shipped_at"] = moments.shipped
    if sale.outcome is Outcome.COMPLETED:
        reached["delivered_at"] = moments.closed
    if sale.outcome in (Outcome.COMPLETED, Outcome.REFUNDED, Outcome.CANCELLED):
        reached["closed_at"] = moments.closed
    return reached


def number_of(document: Document, taken: set[str]) -> str:
    """Its own number, as people know it, unless somebody has that already or it fits no address."""
    own = document.number
    fits = (
        len(own) <= 32 and own.isascii() and own.replace("-", "").isalnum() and own not in ("new", "states")
    )
    return own if fits and own not in taken else next_number(document.placed_at)


def add_line(order: Order, row: Row, variant: Variant, bundle: Bundle, *, gone: int) -> int:
    """A line of which so many pieces have left. Returns its key."""
    spec = " · ".join(part for part in (row.rest.get("size", ""), row.rest.get("color", "")) if part)
    return bundle.add(
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


def send_line(
    order: Order, line: int, parcel: int, row: Row, variant: Variant, bundle: Bundle, *, reason: str, by: str
) -> None:
    """A line's place in its parcel, and its pieces coming in and going out."""
    bundle.add(ShipmentLine, shipment_id=parcel, line_id=line, quantity=row.quantity)
    for kind, pieces in (
        (StockMovement.Kind.RECEIVED, row.quantity),
        (StockMovement.Kind.SHIPPED, -row.quantity),
    ):
        bundle.add(
            StockMovement,
            variant_id=variant.pk,
            kind=kind,
            on_hand_delta=pieces,
            order_id=order.pk,
            reason=reason,
            actor_name=by,
        )


def _parcel(order: Order, parcel: Parcel, sale: Sale, bundle: Bundle) -> int:
    """A parcel under its waybill. Returns its key."""
    arrived = sale.outcome is Outcome.COMPLETED
    return bundle.add(
        Shipment,
        order_id=order.pk,
        carrier=parcel.waybill.carrier,
        tracking_number=parcel.waybill.number,
        state=Shipment.State.SIGNED if arrived else Shipment.State.HANDED_OVER,
        label_address=f"{order.receiver_name} {order.address}"[:600],
        order_version=len(BEGIN),
        shipped_at=sale.moments.shipped,
        signed_at=sale.moments.closed if arrived else None,
    )


def _pay(order: Order, sale: Sale, bundle: Bundle) -> None:
    """The money that came, and what of it went back."""
    invoice = sale.document.number
    if order.total:
        bundle.add(
            Payment,
            order_id=order.pk,
            amount=order.total,
            method=Payment.Method.TRANSFER,
            reference=f"import:{invoice}",
            received_at=sale.moments.paid,
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
            settled_at=sale.moments.closed,
        )


Fact = tuple[type[OrderEvent], dict[str, object]]


def _steps(sale: Sale) -> int:
    """How many events it has behind it."""
    return len(PATHS[sale.outcome]) + _is_partly_refunded(sale)


def _is_partly_refunded(sale: Sale) -> bool:
    return bool(sale.amounts.refunded) and sale.outcome is not Outcome.REFUNDED


def _facts(sale: Sale, parcel: int | None = None) -> list[Fact]:
    """What happened, in order, with what each event says."""
    sent = sale.parcels[0].waybill if sale.parcels else Waybill(CARRIER, "")
    amounts, invoice = sale.amounts, sale.document.number
    total, why = str(amounts.total), _("导入 %(number)s") % {"number": invoice}
    lines = len(sale.goods)
    of_status: dict[Status, Fact] = {
        Status.PENDING_PAYMENT: (OrderCreated, {"total": total, "lines": lines, "source": Source.API.value}),
        Status.PAID: (OrderPaid, {"amount": total, "method": Payment.Method.TRANSFER.value}),
        Status.SHIPPED: (
            OrderShipped,
            {"carrier": sent.carrier, "tracking_number": sent.number, "shipment_id": parcel},
        ),
        Status.COMPLETED: (OrderCompleted, {}),
        Status.CANCELLED: (OrderCancelled, {"reason": why}),
        Status.REFUNDING: (OrderRefunding, {"reason": why, "amount": total}),
        Status.REFUNDED: (OrderRefunded, {"amount": total}),
    }
    facts = [of_status[status] for status in PATHS[sale.outcome]]
    if _is_partly_refunded(sale):
        back: dict[str, object] = {
            "amount": str(amounts.refunded),
            "purpose": Refund.Purpose.CASE.value,
            "reason": why,
        }
        facts.append((PartRefunded, back))
    return facts


def _events(order: Order, sale: Sale, parcel: int | None, actor: Actor) -> list[DomainEvent]:
    path, before = list(PATHS[sale.outcome]), ""
    rows: list[DomainEvent] = []
    moments = _when(sale)
    for place, (fact, facts) in enumerate(_facts(sale, parcel)):
        after = path[min(place, len(path) - 1)]
        event = fact(
            order_id=order.pk, number=order.number, version=place + 1, currency=order.currency, status_from=before,
            status_to=after.value, **facts,  # type: ignore[arg-type]
        )  # fmt: skip
        row = event_row(event, actor=actor)
        # A second apart at least, so that a timeline keeps their order.
        least = rows[-1].occurred_at + timedelta(seconds=1) if rows else sale.moments.placed
        row.occurred_at = max(least, moments.get(after, sale.moments.closed))
        rows.append(row)
        before = after.value
    return rows


def _when(sale: Sale) -> dict[Status, datetime]:
    """When each state was reached."""
    moments = sale.moments
    return {
        Status.PENDING_PAYMENT: moments.placed,
        Status.PAID: moments.paid,
        Status.SHIPPED: moments.shipped,
    }
