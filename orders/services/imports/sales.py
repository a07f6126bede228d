"""A sale of the past as an order: as far as it came, mostly paid, shipped and completed on its day.

It passes through the states as any order does and leaves the same traces, but moves no stock of today: each piece
that left is matched by one that had come in, because the shop counts what it has, not what it had.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

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
)
from orders.services.imports.amounts import ZERO, Amounts, amounts_of, unit_price
from orders.services.imports.bundle import Bundle
from orders.services.imports.catalogue import KnownVariant
from orders.services.imports.documents import Document
from orders.services.imports.history import (
    Moments,
    Parcel,
    Waybill,
    moments_of,
    parcels_of,
    unknown_parcel,
)
from orders.services.imports.outcomes import LEFT, PAID, STATUS, Outcome
from orders.services.imports.people import KnownCustomer, phone_of
from orders.services.imports.rows import Kind, Row
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import event_columns
from shopcomm.core.phones import kept_receiver_phone

# Read once: an enumeration is slow to answer, and each line of a history asks.
RECEIVED, SHIPPED = StockMovement.Kind.RECEIVED.value, StockMovement.Kind.SHIPPED.value
API, TRANSFER = Source.API.value, Payment.Method.TRANSFER.value
SECOND = timedelta(seconds=1)
ADDRESS = ("province", "city", "district", "street")
BEGIN = (Status.PENDING_PAYMENT, Status.PAID)
PATHS: dict[Outcome, tuple[Status, ...]] = {
    Outcome.UNPAID: (Status.PENDING_PAYMENT,),
    Outcome.CANCELLED: (Status.PENDING_PAYMENT, Status.CANCELLED),
    Outcome.PAID: BEGIN,
    Outcome.SHIPPED: (*BEGIN, Status.SHIPPED),
    Outcome.COMPLETED: (*BEGIN, Status.SHIPPED, Status.COMPLETED),
    Outcome.REFUNDED: (*BEGIN, Status.REFUNDING, Status.REFUNDED),
}
# What nothing happens to any more.
CLOSED = frozenset({Outcome.COMPLETED, Outcome.REFUNDED, Outcome.CANCELLED})


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
    customer: KnownCustomer,
    variants: Mapping[str, KnownVariant],
    actor: Actor,
    bundle: Bundle,
    *,
    number: str,
) -> hooks.PastOrder:
    """Add an invoice to the current batch, as an order with everything that orders know of it."""
    columns = _order(sale, customer, number)
    order = bundle.add(Order, **columns)
    label = f"{columns['receiver_name']} {''.join(columns[name] for name in ADDRESS)}"[:600]
    parcels = [(parcel, _parcel(order, parcel, sale, bundle, label=label)) for parcel in sale.parcels]
    reason = _("导入 %(number)s") % {"number": sale.document.number}
    for parcel, shipment in parcels:
        for row in parcel.rows:
            variant = variants[row.sku]
            line = add_line(order, row, variant, bundle, gone=row.quantity)
            send_line(order, line, shipment, row, variant, bundle, reason=reason, by=actor.name)
    if not parcels:
        for row in sale.goods:
            add_line(order, row, variants[row.sku], bundle, gone=0)
    if sale.outcome in PAID:
        _pay(order, sale, reason, bundle)
    facts = _facts(sale, parcels[0][1] if parcels else None, reason)
    told = _tell(order, number, sale, facts, actor, bundle)
    return hooks.PastOrder(order, number, customer.pk, told)


def _order(sale: Sale, customer: KnownCustomer, number: str) -> dict[str, Any]:
    goods, amounts, first, moments = sale.goods, sale.amounts, sale.goods[0], sale.moments
    steps, said = _steps(sale), first.rest.get
    is_paid, has_left = sale.outcome in PAID, sale.outcome in LEFT
    return {
        "number": number,
        "external_id": f"import:{sale.document.number}",
        "customer_id": customer.pk,
        "status": STATUS[sale.outcome],
        "version": steps,
        "acknowledged_version": steps,
        "source": API,
        "note": next((row.rest["note"] for row in goods if "note" in row.rest), ""),
        "currency": first.currency,
        "goods_total": amounts.goods,
        "shipping_fee": amounts.fee,
        "discount": amounts.discount,
        "total": amounts.total,
        "paid_amount": amounts.total if is_paid else 0,
        "refunded_amount": amounts.refunded,
        "receiver_name": _receiver(first, customer),
        "receiver_phone": kept_receiver_phone(first.rest["phone"] if phone_of(first) else customer.phone),
        "province": said("province", said("country", ""))[:60],
        "city": said("city", "")[:60],
        "district": said("district", "")[:60],
        "street": said("street", ""),
        "placed_at": moments.placed,
        "paid_at": moments.paid if is_paid else None,
        "shipped_at": moments.shipped if has_left else None,
        "delivered_at": moments.closed if sale.outcome is Outcome.COMPLETED else None,
        "closed_at": moments.closed if sale.outcome in CLOSED else None,
    }


def _receiver(row: Row, customer: KnownCustomer) -> str:
    return (row.rest.get("receiver") or row.rest.get("customer_name") or customer.name)[:120]


def can_be_number(own: str) -> bool:
    """Whether an invoice's number, as people know it, fits an address of the shop's pages."""
    return (
        len(own) <= 32 and own.isascii() and own.replace("-", "").isalnum() and own not in ("new", "states")
    )


def add_line(order: int, row: Row, variant: KnownVariant, bundle: Bundle, *, gone: int) -> int:
    """A line of which so many pieces have left. Returns its key."""
    size, color = row.rest.get("size", ""), row.rest.get("color", "")
    return bundle.add(
        OrderLine,
        order_id=order,
        variant_id=variant.pk,
        sku=variant.sku,
        name=row.name or variant.name,
        spec=(f"{size} · {color}" if size and color else size or color or variant.spec)[:120],
        quantity=row.quantity,
        unit_price=unit_price(row),
        picked_quantity=gone,
        shipped_quantity=gone,
    )


def send_line(
    order: int,
    line: int,
    shipment: int,
    row: Row,
    variant: KnownVariant,
    bundle: Bundle,
    *,
    reason: str,
    by: str,
) -> None:
    """A line's place in its parcel, and its pieces coming in and going out."""
    bundle.add(ShipmentLine, shipment_id=shipment, line_id=line, quantity=row.quantity)
    for kind, pieces in ((RECEIVED, row.quantity), (SHIPPED, -row.quantity)):
        bundle.add(
            StockMovement,
            variant_id=variant.pk,
            kind=kind,
            on_hand_delta=pieces,
            order_id=order,
            reason=reason,
            actor_name=by,
        )


def _parcel(order: int, parcel: Parcel, sale: Sale, bundle: Bundle, *, label: str) -> int:
    """A parcel under its waybill. Returns its key."""
    arrived = sale.outcome is Outcome.COMPLETED
    return bundle.add(
        Shipment,
        order_id=order,
        carrier=parcel.waybill.carrier,
        tracking_number=parcel.waybill.number,
        state=Shipment.State.SIGNED if arrived else Shipment.State.HANDED_OVER,
        label_address=label,
        order_version=len(BEGIN),
        shipped_at=sale.moments.shipped,
        signed_at=sale.moments.closed if arrived else None,
    )


def _pay(order: int, sale: Sale, reason: str, bundle: Bundle) -> None:
    """The money that came, and what of it went back."""
    reference, amounts = f"import:{sale.document.number}", sale.amounts
    if amounts.total:
        bundle.add(
            Payment,
            order_id=order,
            amount=amounts.total,
            method=TRANSFER,
            reference=reference,
            received_at=sale.moments.paid,
        )
    if amounts.refunded:
        whole = sale.outcome is Outcome.REFUNDED
        bundle.add(
            Refund,
            order_id=order,
            purpose=Refund.Purpose.ORDER if whole else Refund.Purpose.CASE,
            amount=amounts.refunded,
            reason=reason,
            state=Refund.State.SUCCEEDED,
            reference=reference,
            settled_at=sale.moments.closed,
        )


Fact = tuple[type[OrderEvent], dict[str, Any]]


def _steps(sale: Sale) -> int:
    """How many events it has behind it."""
    return len(PATHS[sale.outcome]) + _is_partly_refunded(sale)


def _is_partly_refunded(sale: Sale) -> bool:
    return bool(sale.amounts.refunded) and sale.outcome is not Outcome.REFUNDED


def _facts(sale: Sale, parcel: int | None, why: str) -> list[Fact]:
    """What happened, in order, with what each event says."""
    total, facts = str(sale.amounts.total), list[Fact]()
    for status in PATHS[sale.outcome]:
        match status:
            case Status.PENDING_PAYMENT:
                said = {"total": total, "lines": len(sale.goods), "source": API}
                facts.append((OrderCreated, said))
            case Status.PAID:
                facts.append((OrderPaid, {"amount": total, "method": TRANSFER}))
            case Status.SHIPPED:
                sent = sale.parcels[0].waybill
                said = {"carrier": sent.carrier, "tracking_number": sent.number, "shipment_id": parcel}
                facts.append((OrderShipped, said))
            case Status.COMPLETED:
                facts.append((OrderCompleted, {}))
            case Status.CANCELLED:
                facts.append((OrderCancelled, {"reason": why}))
            case Status.REFUNDING:
                facts.append((OrderRefunding, {"reason": why, "amount": total}))
            case Status.REFUNDED:
                facts.append((OrderRefunded, {"amount": total}))
    if _is_partly_refunded(sale):
        said = {"amount": str(sale.amounts.refunded), "purpose": Refund.Purpose.CASE.value, "reason": why}
        facts.append((PartRefunded, said))
    return facts


def _tell(
    order: int, number: str, sale: Sale, facts: list[Fact], actor: Actor, bundle: Bundle
) -> list[hooks.PastEvent]:
    """Add what happened to the log, and return it."""
    path, before = PATHS[sale.outcome], ""
    told: list[hooks.PastEvent] = []
    moments, currency = _when(sale), sale.goods[0].currency
    # A second apart at least, so that a timeline keeps their order.
    least = sale.moments.placed
    for place, (fact, said) in enumerate(facts):
        after = path[min(place, len(path) - 1)]
        event = fact(
            order_id=order, number=number, version=place + 1, currency=currency, status_from=before,
            status_to=str(after), **said,  # type: ignore[arg-type]
        )  # fmt: skip
        when = max(least, moments.get(after, sale.moments.closed))
        key = bundle.add(DomainEvent, **event_columns(event, actor=actor), occurred_at=when)
        told.append(hooks.PastEvent(key, event, when))
        least, before = when + SECOND, str(after)
    return told


def _when(sale: Sale) -> dict[Status, datetime]:
    """When each state was reached."""
    moments = sale.moments
    return {
        Status.PENDING_PAYMENT: moments.placed,
        Status.PAID: moments.paid,
        Status.SHIPPED: moments.shipped,
    }
