"""Returns in an import. The file does not name the sale: the customer's latest that still has such pieces is taken."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from orders.events import OrderChanged, OrderRefunded, OrderRefunding
from orders.models import Order, OrderLine, Refund, Status, StockMovement
from orders.reading.amounts import CENT
from orders.services.imports.documents import Document
from orders.services.imports.people import KnownCustomer
from orders.services.imports.rows import Row
from orders.services.locks import lock_lines_of, lock_order, lock_orders
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor


@dataclass(frozen=True)
class Share:
    """Pieces of a return that are taken back from one line of an order."""

    line: OrderLine
    pieces: int
    price: Decimal


def write_return(document: Document, customer: KnownCustomer, actor: Actor) -> list[Row]:
    """Take a return back from earlier orders. Returns the rows for which there was no sale, or not enough of one."""
    shares: dict[int, list[Share]] = defaultdict(list)
    unmatched = []
    # Orders before their lines, as everywhere: a case that is being opened holds its order and waits for the lines.
    sales = [
        pk
        for row in document.rows
        for pk in _sold(row, customer, document).values_list("order_id", flat=True)[:50]
    ]
    locked = lock_orders(sales)
    lock_lines_of(locked, skus=[row.sku for row in document.rows])
    for row in document.rows:
        found = _shares(row, customer, document, locked)
        if found is None:
            unmatched.append(row)
            continue
        for share in found:
            share.line.returned_quantity += share.pieces
            share.line.save(update_fields=["returned_quantity"])
            shares[share.line.order_id].append(share)
    for order_id in sorted(shares):
        _refund(order_id, shares[order_id], document, actor)
    return unmatched


def _sold(row: Row, customer: KnownCustomer, document: Document) -> QuerySet[OrderLine]:
    """Lines with such pieces that are not all back, newest sale first."""
    return (
        OrderLine.objects.filter(
            sku=row.sku, order__customer=customer.pk, order__placed_at__lte=document.placed_at
        )
        .filter(order__status=Status.COMPLETED, returned_quantity__lt=F("shipped_quantity"))
        .order_by("-order__placed_at", "-order_id", "pk")
    )


def _shares(
    row: Row, customer: KnownCustomer, document: Document, locked: Collection[int]
) -> list[Share] | None:
    """Where the pieces came from; None when they did not all come from this shop's sales."""
    sold = _sold(row, customer, document).filter(order_id__in=locked)
    left, shares = -row.quantity, []
    for line in sold[:50]:
        pieces = min(left, line.shipped_quantity - line.returned_quantity)
        shares.append(Share(line, pieces, row.price))
        left -= pieces
        if not left:
            return shares
    return None


def _refund(order_id: int, shares: list[Share], document: Document, actor: Actor) -> None:
    """The money and the goods of one order go back; an order of which all money is back is refunded."""
    order = lock_order(order_id)
    before = order.refunded_amount
    wanted = sum((share.pieces * share.price for share in shares), Decimal(0)).quantize(CENT)
    # The shop's price may have risen since; more than was paid is never paid back.
    amount = min(wanted, order.paid_amount - before)
    reason = _("导入退货单 %(number)s") % {"number": document.number}
    if amount:
        Refund.objects.create(
            order=order, amount=amount, reason=reason, state=Refund.State.SUCCEEDED, restock=True,
            reference=document.number[:80], settled_at=document.placed_at,
        )  # fmt: skip
    _move_stock(order, shares, reason, actor)
    order.refunded_amount += amount
    change = {"refunded_amount": str(before)}, {"refunded_amount": str(order.refunded_amount)}
    save_with_event(order, OrderChanged, actor=actor, before=change[0], after=change[1], note=reason)
    if order.paid_amount and order.refunded_amount == order.paid_amount:
        _close(order, reason, actor)


def _move_stock(order: Order, shares: list[Share], reason: str, actor: Actor) -> None:
    """Back, and out of the count again: what lies on the shelf today is counted today."""
    kinds = ((StockMovement.Kind.RETURNED, 1), (StockMovement.Kind.COUNTED, -1))
    StockMovement.objects.bulk_create(
        StockMovement(
            variant_id=share.line.variant_id or 0, kind=kind, on_hand_delta=sign * share.pieces, order=order,
            reason=reason, actor_name=actor.name,
        )
        for share in shares
        for kind, sign in kinds
    )  # fmt: skip


def _close(order: Order, reason: str, actor: Actor) -> None:
    total = str(order.refunded_amount)
    before, order.status = order.status, Status.REFUNDING
    save_with_event(order, OrderRefunding, actor=actor, status_from=before, reason=reason, amount=total)
    order.status = Status.REFUNDED
    save_with_event(
        order, OrderRefunded, actor=actor, status_from=Status.REFUNDING, amount=total, restocked=True
    )
