"""换货: the replacement order, held until the original goods have been returned."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import hooks
from orders.events import OrderChanged
from orders.labels import RECEIVER
from orders.models import AfterSalesCase, AfterSalesLine, Order, OrderLine, Payment, Refund, Status
from orders.policies.transitions import transition_by_key
from orders.selectors.items import PricedItem, goods_total, new_line
from orders.services import stock
from orders.services.locks import lock_conversations, lock_lines, lock_order, lock_stock_of
from orders.services.numbers import next_number
from orders.services.refunds import book_refund, promise_refund, refundable_amount
from orders.services.saving import save_with_event
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings

COPIED = ("customer", "source", "assigned_to", "currency", *RECEIVER.values())


def place_replacement(*, actor: Actor, case: AfterSalesCase, credit: Decimal) -> Order:
    """Make the order for the goods wanted instead, paid as far as what comes back was paid, its stock held.

    What is exchanged on account stays on account. The first order is locked. Raises InsufficientStock, GuardFailed.
    """
    first, now = case.order, timezone.now()
    priced = [_priced(row) for row in case.lines.select_related("line__variant", "wanted__product")]
    total = goods_total(priced)
    # What was never paid cannot pay for anything: it is taken off the debt once the goods are here again.
    used = max(min(credit, total, refundable_amount(first)), Decimal(0))
    owed = first.on_account and used < total
    due = used < total and not owed
    order = Order(
        **{name: getattr(first, name) for name in COPIED},
        number=next_number(now),
        status=Status.PENDING_PAYMENT if due else Status.PAID,
        version=0,
        goods_total=total,
        total=total,
        paid_amount=used,
        on_account=owed,
        due_on=first.due_on if owed else None,
        paid_at=None if due else now,
        pay_by=now + timedelta(minutes=shop_settings().pay_within_minutes) if due else None,
        placed_at=now,
        hold_reason=hold_reason(first),
        note=_("换货，原订单 %(number)s") % {"number": first.number},
    )
    order.save(force_insert=True)
    lines = OrderLine.objects.bulk_create(new_line(order, row) for row in priced)
    promise_refund(first, used, purpose=Refund.Purpose.EXCHANGE, reason=order.number, case=case)
    if used:
        Payment.objects.create(
            order=order,
            amount=used,
            method=Payment.Method.EXCHANGE,
            reference=f"{first.number}-{case.pk}",
            received_at=now,
        )
    stock.reserve_pieces(actor=actor, order=order, wanted=[(line, line.quantity) for line in lines])
    _announce(order, actor, len(lines))
    return order


def hold_reason(first: Order) -> str:
    """Why the other goods do not leave yet."""
    return _("等待 %(number)s 的退货验收") % {"number": first.number}


def _priced(row: AfterSalesLine) -> PricedItem:
    """The price agreed, more or less what the other colour or size costs more or less."""
    agreed, old, new = row.line.unit_price, row.line.variant, row.wanted
    if new is None:
        raise LookupError("an exchange names what is wanted for each line")
    price = new.price if old is None else agreed + new.price - old.price
    return PricedItem(new, row.quantity, max(price, Decimal(0)))


def _announce(order: Order, actor: Actor, count: int) -> None:
    for hook in hooks.order_created_hooks:
        hook(order, actor)
    save_with_event(
        order, transition_by_key("T1").event, actor=actor, status_from="", source=order.source, urgent=order.urgent,
        total=str(order.total), lines=count,
    )  # fmt: skip


def release_replacement(case: AfterSalesCase, actor: Actor) -> None:
    """The returned goods are in order: the credit is used, and the replacement may ship."""
    if case.replacement_id is None:
        return
    other = lock_order(case.replacement_id)
    lock_conversations([case.order_id, other.pk])
    for credit in _credits(case):
        book_refund(credit, case.order, actor, other.number)
    if other.hold_reason:
        other.hold_reason = ""
        save_with_event(
            other, OrderChanged, actor=actor, before={"hold_reason": hold_reason(case.order)},
            after={"hold_reason": ""},
        )  # fmt: skip


def cancel_replacement(case: AfterSalesCase, actor: Actor, reason: str) -> None:
    """Nothing comes back, so nothing goes out: the credit returns, the other order ends."""
    if case.replacement_id is None:
        return
    _credits(case).update(state=Refund.State.WITHDRAWN, settled_at=timezone.now())
    other = lock_order(case.replacement_id)
    # Both are told of it, the first order last: who writes into both of their conversations takes them by key.
    lock_stock_of(lock_lines(other))
    lock_conversations([case.order_id, other.pk])
    credit = sum(
        other.payments.filter(method=Payment.Method.EXCHANGE).values_list("amount", flat=True), Decimal(0)
    )
    system, data = Actor.system(), {"reason": reason}
    if other.status == Status.PENDING_PAYMENT:
        _return_credit(other, credit, reason)
        transition_order(actor=_as_sales(actor), order_id=other.pk, to=Status.CANCELLED, data=data)
    elif other.status == Status.PAID:
        if other.paid_amount > credit:
            _return_credit(other, credit, reason)
        transition_order(actor=_as_sales(actor), order_id=other.pk, to=Status.REFUNDING, data=data)
        if other.paid_amount == credit:
            transition_order(actor=system, order_id=other.pk, to=Status.REFUNDED)


def _return_credit(other: Order, credit: Decimal, reason: str) -> None:
    """The part that never was money does not have to be paid out."""
    if credit:
        Refund.objects.create(
            order=other, amount=credit, purpose=Refund.Purpose.EXCHANGE, reason=reason[:300],
            state=Refund.State.SUCCEEDED, settled_at=timezone.now(),
        )  # fmt: skip
        Order.objects.filter(pk=other.pk).update(refunded_amount=other.refunded_amount + credit)


def _credits(case: AfterSalesCase) -> QuerySet[Refund]:
    return case.refunds.filter(purpose=Refund.Purpose.EXCHANGE, state=Refund.State.APPROVED)


def _as_sales(actor: Actor) -> Actor:
    """A customer may withdraw a case; ending the other order is the shop's own doing."""
    return actor if actor.is_shop else Actor("system", None, actor.name, "manager")
