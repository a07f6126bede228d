"""Effects of a transition besides the status: one function for each effect of the table."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from orders.models import (
    AfterSalesLine,
    OrderLine,
    Payment,
    Refund,
    Shipment,
    ShipmentLine,
    Status,
    WarehouseAlert,
)
from orders.reading.couriers import courier_code
from orders.selectors.change_requests import open_freezing
from orders.selectors.open_sums import balance_blocks_shipping
from orders.selectors.parcels_home import PiecesHome, pieces_home, pieces_not_returned
from orders.services import stock
from orders.services.alerts import raise_alert
from orders.services.change_requests.close import void_open_changes, wants_shipped_goods
from orders.services.debts import due_day
from orders.services.moves import Move
from orders.services.parcel_tasks import end_parcels, parcel_facts
from orders.services.refunds import (
    close_refunded_case,
    match_refund_to_balance,
    promise_refund,
    refundable_amount,
    refuse_case,
)
from shopcomm.core.configuration.models import PartPaid, shop_settings


def book_payment(move: Move) -> None:
    amount = move.payment or Decimal(0)
    method = move.text("method") or Payment.Method.TRANSFER
    if amount:
        Payment.objects.create(
            order=move.order,
            amount=amount,
            method=method,
            reference=move.text("reference")[:80],
            received_at=move.now,
        )
    move.order.paid_amount += amount
    match_refund_to_balance(move.order, _("多付货款"))
    move.facts |= {"amount": str(amount), "method": str(method)}
    if move.order.balance < 0:
        move.facts["balance"] = str(move.order.balance)


def book_on_account(move: Move) -> None:
    """No payment: the open sum is a debt until its due date."""
    order = move.order
    order.on_account, order.pay_by = True, None
    order.due_on = due_day(order.customer, move.now)
    method = str(Payment.Method.ON_ACCOUNT)
    due_on = order.due_on.isoformat() if order.due_on else ""
    move.facts |= {"method": method, "owed": str(order.balance), "due_on": due_on}


def return_deposit(move: Move) -> None:
    """What had been paid towards a cancelled order waits to be paid out, unless it was decided that the shop keeps it."""
    left = refundable_amount(move.order)
    by_rule = move.transition.key == "T5" and shop_settings().part_paid_orders == PartPaid.KEEP
    if left > 0 and (by_rule or move.data.get("keep_deposit")):
        move.order.deposit_kept = left
        move.facts["kept"] = str(left)
        return
    if left > 0:
        move.facts["balance"] = str(-left)
    promise_refund(move.order, left, purpose=Refund.Purpose.CANCELLED, reason=_("取消订单，退还已付款项"))


def check_allocation(move: Move) -> None:
    """Paid is paid; what could not be held is marked, not refused."""
    move.order.paid_at = move.now
    held = {line.pk: line.reservation.quantity for line in _held(move)}
    move.order.shortage = any(
        line.variant_id and held.get(line.pk, 0) < line.open_quantity for line in move.lines
    )


def _held(move: Move) -> list[OrderLine]:
    return list(
        OrderLine.objects.filter(order=move.order, reservation__isnull=False).select_related("reservation")
    )


def release_stock(move: Move) -> None:
    stock.release_pieces(actor=move.actor, order=move.order)


def close_order(move: Move) -> None:
    move.order.closed_at = move.now
    if move.transition.to == Status.CANCELLED:
        move.facts["reason"] = move.reason


def claim_pick(move: Move) -> None:
    order = move.order
    order.picker_id = move.actor.staff_id
    order.picking_at = move.now


def unclaim_pick(move: Move) -> None:
    move.order.picker_id = None
    move.order.picking_at = None
    for line in move.lines:
        line.picked_quantity = 0
    OrderLine.objects.bulk_update(move.lines, ["picked_quantity"])


def hand_over_parcel(move: Move) -> None:
    """A parcel with the address of this version leaves, and its pieces leave the stock."""
    order = move.order
    parcel = Shipment.objects.create(
        order=order,
        carrier=courier_code(move.text("carrier")) or "",
        tracking_number=move.text("tracking_number").upper(),
        label_address=f"{order.receiver_name} {order.receiver_phone} {order.address}"[:600],
        order_version=order.version,
        shipped_at=move.now,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=parcel, line=line, quantity=count) for line, count in move.pieces.items()
    )
    all_out = not move.ships_part
    stock.deduct_pieces(actor=move.actor, order=order, pieces=move.pieces)
    for line, count in move.pieces.items():
        line.shipped_quantity += count
        line.picked_quantity = max(line.picked_quantity, line.shipped_quantity)
    OrderLine.objects.bulk_update(move.pieces, ["shipped_quantity", "picked_quantity"])
    if all_out:
        order.shipped_at = move.now
    move.facts |= parcel_facts(parcel)


def sign_parcels(move: Move) -> None:
    end_parcels(move.order, Shipment.State.SIGNED, signed_at=move.now)
    move.order.delivered_at = move.now


def take_parcels_back(move: Move) -> None:
    """The goods are back, still reserved for this order, and have to be packed again."""
    order = move.order
    home = pieces_home(order, move.lines)
    stock.restock_pieces(actor=move.actor, order=order, pieces=home.again, hold=True)
    stock.restock_pieces(actor=move.actor, order=order, pieces=home.paid_back)
    _note_paid_pieces(home)
    for line in move.lines:
        line.shipped_quantity -= home.again[line]
        line.returned_quantity += home.paid_back[line]
        line.picked_quantity = line.shipped_quantity
    OrderLine.objects.bulk_update(move.lines, ["shipped_quantity", "picked_quantity", "returned_quantity"])
    end_parcels(order, Shipment.State.RETURNED)
    order.shipped_at = None
    move.facts["reason"] = "parcel_returned"


def _note_paid_pieces(home: PiecesHome) -> None:
    """Write into the cases which of the pieces they paid for are here now, so that none is counted twice."""
    left = {line.pk: count for line, count in home.paid_back.items()}
    for row in home.cases:
        pieces = min(pieces_not_returned(row), left.get(row.line_id, 0))
        row.good += pieces
        left[row.line_id] = left.get(row.line_id, 0) - pieces
    AfterSalesLine.objects.bulk_update(home.cases, ["good"])


def open_refund(move: Move) -> None:
    order = move.order
    amount = move.refund or Decimal(0)
    Refund.objects.create(order=order, amount=amount, reason=move.reason[:300])
    order.status_before = order.status
    move.facts |= {"reason": move.reason, "amount": str(amount)}
    # Only where the warehouse has something to stop: being packed, on its way, or seen and about to be.
    seen = order.status == Status.PAID and order.acknowledged_version
    if seen or order.status in (Status.PICKING, Status.SHIPPED):
        raise_alert(order=order, kind="refund", before={}, after={"reason": move.reason}, actor=move.actor)


def complete_refund(move: Move) -> None:
    """The money is back; shipped goods return to the shelf when the caller says so."""
    refund = move.open_refund
    if refund is None:
        raise LookupError("the guard refund_sum lets nothing through without an open refund")
    refund.state = Refund.State.SUCCEEDED
    refund.reference = move.text("reference")[:80]
    refund.restock = bool(move.data.get("restock"))
    refund.settled_at = move.now
    refund.save()
    move.order.refunded_amount += refund.amount
    move.order.status_before = ""
    if refund.case:
        close_refunded_case(refund.case)
    if refund.restock:
        _return_goods(move)
    WarehouseAlert.objects.filter(order=move.order, acknowledged_at=None).update(acknowledged_at=move.now)
    move.facts |= {"amount": str(refund.amount), "restocked": refund.restock}


def _return_goods(move: Move) -> None:
    back = {line: line.shipped_quantity - line.returned_quantity for line in move.lines}
    stock.restock_pieces(actor=move.actor, order=move.order, pieces=back)
    for line in move.lines:
        line.returned_quantity = line.shipped_quantity
    OrderLine.objects.bulk_update(move.lines, ["returned_quantity"])


def drop_refund(move: Move) -> None:
    """Rejected or withdrawn: the order is what it was before."""
    withdrawn = move.actor.is_customer
    if move.open_refund is not None:
        move.open_refund.state = Refund.State.WITHDRAWN if withdrawn else Refund.State.REJECTED
        move.open_refund.settled_at = move.now
        move.open_refund.save()
        if move.open_refund.case and move.transition.key == "T19":
            refuse_case(move.open_refund.case, move.reason, move.actor)
    move.order.status_before = ""
    match_refund_to_balance(move.order, _("多付货款"))
    # Nobody needs to look at a refund that came to nothing; other changes still wait to be seen.
    alerts = WarehouseAlert.objects.filter(order=move.order, kind="refund", acknowledged_at=None)
    alerts.update(acknowledged_at=move.now)
    move.facts |= {"reason": move.reason, "withdrawn": withdrawn}


def promise_part(move: Move) -> None:
    """Part of the money is refunded and the order continues; a case that asked for all of it is settled with that."""
    amount, case = move.refund or Decimal(0), move.open_refund.case if move.open_refund else None
    purpose = Refund.Purpose.CASE if case else Refund.Purpose.PART
    promise_refund(move.order, amount, purpose=purpose, reason=move.reason, case=case)
    move.facts["amount"] = str(amount)


def void_changes(move: Move) -> None:
    """Open change requests are too late now; both sides are told in the same transaction.

    What concerns only goods that are still here after a parcel goes on waiting for its answer.
    """
    shipped = move.is_shipping
    if shipped and move.override:
        _note_override(move)
    late = _("该订单已发货，修改申请已失效") if shipped else _("订单已有变化，申请已失效")
    here = shipped and any(line.open_quantity for line in move.lines)
    too_late = partial(wants_shipped_goods, lines=move.lines) if here else None
    void_open_changes(move.order, move.actor, late, only=too_late)
    if shipped and move.has_left_elsewhere:
        # Nothing of it is left here that the stockroom would have to look at.
        seen = WarehouseAlert.objects.filter(order=move.order, acknowledged_at=None)
        seen.update(acknowledged_at=move.now)


def _note_override(move: Move) -> None:
    """Why a manager let a parcel leave. For the shop's eyes: the customer is told that it left, not why."""
    unpaid = balance_blocks_shipping(move.order)
    if unpaid or open_freezing(move.order):
        move.facts["override"] = move.override
    if unpaid:
        move.facts["unpaid"] = str(move.order.balance)


EFFECTS: dict[str, Callable[[Move], None]] = {
    effect.__name__: effect
    for effect in (
        book_payment,
        book_on_account,
        return_deposit,
        check_allocation,
        release_stock,
        close_order,
        claim_pick,
        unclaim_pick,
        hand_over_parcel,
        sign_parcels,
        take_parcels_back,
        open_refund,
        complete_refund,
        drop_refund,
        promise_part,
        void_changes,
    )
}
