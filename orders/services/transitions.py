"""The only way in which an order changes its status."""

from typing import Any

from django.db import transaction

from orders import events
from orders.errors import DoneBy, GuardFailed, IllegalTransition, NotAllowed, OrderClosed
from orders.models import Order, Payment, Status
from orders.models.statuses import STATUS_LABELS
from orders.policies.transitions import (
    TERMINAL,
    Transition,
    rows_between,
    rows_meant,
    transition_by_key,
    transitions_from,
)
from orders.reading.couriers import courier_code
from orders.services.effects import EFFECTS
from orders.services.guards import GUARDS
from orders.services.locks import lock_order, lock_stock_of
from orders.services.moves import Move
from orders.services.payments import names_money, record_part_payment, record_payment
from orders.services.rights import check_owner
from orders.services.saving import save_with_event
from orders.services.shortage_tasks import review_shortages
from orders.services.versions import check_version
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.models import DomainEvent

MOVES_STOCK = frozenset({"release_stock", "hand_over_parcel", "take_parcels_back", "complete_refund"})


@retry_on_deadlock
@transaction.atomic
def transition_order(
    *, actor: Actor, order_id: int, to: str, version: int | None = None, data: dict[str, Any] | None = None
) -> Order:
    """Move an order to another status, with everything that belongs to the move, and write it down.

    The same payment or parcel told again changes nothing and answers the order as it is.
    Raises Order.DoesNotExist, IllegalTransition, OrderClosed, NotAllowed, StaleVersion, GuardFailed, ChangePending.
    """
    order = lock_order(order_id)
    data = data or {}
    check_owner(order, actor)
    if _already_done(order, actor, to, data):
        return order
    if to == Status.PAID and names_money(order, data):
        return record_payment(
            actor=actor,
            order_id=order_id,
            amount=order.balance if data.get("amount") in (None, "") else data["amount"],
            method=str(data.get("method") or ""),
            reference=str(data.get("reference") or ""),
        )
    move = Move(order, actor, choose_transition(order, to, actor, data), data)
    check_version(order, version)
    _check_guards(move)
    if move.transition.key == "T3" and move.payment is not None and move.payment < order.balance:
        return record_part_payment(move)
    _make(move)
    return order


def choose_transition(order: Order, to: str, actor: Actor, data: dict[str, Any]) -> Transition:
    """The row of the table for this call. Raises OrderClosed, IllegalTransition, NotAllowed."""
    rows = rows_between(order, to)
    if not rows and order.status in TERMINAL:
        raise OrderClosed(from_=order.status, to=to)
    if not rows:
        open_ = transitions_from(order.status, order.status_before)
        allowed = dict.fromkeys(str(row.to) for row in open_ if actor.may(row.right))
        done = _done_by(order) if order.status == to else None
        raise IllegalTransition(from_=order.status, to=to, allowed=allowed, labels=STATUS_LABELS, done=done)
    for row in rows_meant(rows, data):
        if actor.may(row.right):
            return row
    raise NotAllowed(needed=set().union(*(row.actors for row in rows_meant(rows, data))))


def _done_by(order: Order) -> DoneBy | None:
    """Who brought a locked order where it is, and when."""
    moved = (
        DomainEvent.objects.filter(order_id=order.pk, type=f"order.{order.status}").order_by("-id").first()
    )
    return DoneBy(moved.actor_name, moved.occurred_at) if moved else None


def _check_guards(move: Move) -> None:
    """Every guard answers, so that a form shows all that is missing at once; a pending change answers alone."""
    answers = [(name, GUARDS[name](move)) for name in move.transition.guards]
    failures = [(name, text) for name, text in answers if text]
    if failures:
        raise GuardFailed(*failures)


def _make(move: Move) -> None:
    """Effects first, because they lock stock; then the status; then the events, whose hooks lock last."""
    order, before, row = move.order, move.order.status, move.transition
    after = move.status_after
    part = row.key in ("T9", "T10") and after == Status.PICKING
    if MOVES_STOCK & set(row.effects):
        # All at once: what goes back to the shelf and what is set free would otherwise lock in two rounds.
        lock_stock_of(move.lines)
    for name in row.effects:
        EFFECTS[name](move)
    order.status = after
    if row.key == "T6":
        # Whoever starts picking has the order in front of them.
        order.acknowledged_version = order.version + 1
    if row.key == "T10":
        # Quick shipping is picking and shipping in one: both are written.
        order.status = Status.PICKING
        save_with_event(order, events.OrderPicking, actor=move.actor, status_from=before)
        before, order.status = Status.PICKING, after
    kind = transition_by_key("T8").event if part else row.event
    save_with_event(order, kind, actor=move.actor, status_from=before, **move.facts)
    if order.shortage:
        review_shortages(order, move.actor)


def mark_paid_when_covered(order: Order, actor: Actor) -> None:
    """A locked order that an edit made no dearer than its deposit is paid: what is too much waits to go back."""
    if order.status == Status.PENDING_PAYMENT and order.paid_amount > 0 and order.balance <= 0:
        _make(Move(order, actor, transition_by_key("T3"), {"amount": "0"}))


def _already_done(order: Order, actor: Actor, to: str, data: dict[str, Any]) -> bool:
    """Whether this very payment or parcel is in the books, or the order in this picker's hands already.

    Callers repeat themselves after a lost answer.
    """
    if to == Status.PICKING and order.status == Status.PICKING and actor.is_staff:
        return order.picker_id == actor.staff_id
    reference = str(data.get("reference") or "").strip()
    if to == Status.PAID and reference:
        method = data.get("method") or Payment.Method.TRANSFER
        return order.payments.filter(method=method, reference=reference).exists()
    number = str(data.get("tracking_number") or "").strip().upper()
    if to == Status.SHIPPED and number and order.status in (Status.SHIPPED, Status.PICKING):
        carrier = courier_code(str(data.get("carrier") or ""))
        return (
            order.shipments.filter(carrier=carrier, tracking_number=number).exclude(state="returned").exists()
        )
    return False
