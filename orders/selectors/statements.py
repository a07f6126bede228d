"""对账单: what a customer ordered, paid and returned in a period, and the balance at its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Order, Payment, Refund, Repayment, Status
from orders.selectors.credit import OWING, Term, credit_left, credit_term
from orders.selectors.open_sums import MONEY_BACK, PROMISED
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer

ZERO = Decimal(0)
USUAL_DAYS = 90
# Goods came back for this money, so that less is due as well; otherwise it was money that was paid too much.
FOR_GOODS = frozenset({Refund.Purpose.CASE, Refund.Purpose.PART, Refund.Purpose.EXCHANGE})


@dataclass(frozen=True)
class Entry:
    """One line: what raised or lowered the debt, was paid or refunded, and the balance after it."""

    at: datetime
    number: str
    text: str
    due: Decimal = ZERO
    paid: Decimal = ZERO
    balance: Decimal = ZERO

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)


@dataclass(frozen=True)
class Statement:
    """A customer's account in one currency from one day to another, both included."""

    customer: Customer
    currency: str
    since: date
    until: date
    opening: Decimal
    entries: list[Entry]
    owed: Decimal
    overdue: Decimal
    to_return: Decimal
    # In the currency of their limit; None for who buys nothing on account.
    credit_left: Decimal | None
    term: Term
    # Orders of this customer that the reader may not see, and that are not in it.
    hidden: int

    @property
    def is_outside_credit(self) -> bool:
        """Whether there is a limit, and it is for another currency."""
        return self.credit_left is not None and self.currency != self.customer.credit_currency

    @property
    def due(self) -> Decimal:
        return sum((entry.due for entry in self.entries), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((entry.paid for entry in self.entries), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.due - self.paid


def statement_of(
    actor: Actor, customer: Customer, *, since: date, until: date, currency: str = "CNY"
) -> Statement:
    """A customer's account as far as an actor may see its orders; unpaid orders that wait for money are not on it."""
    counted = Q(status__in=OWING) | Q(paid_amount__gt=0)
    everything = Order.objects.filter(customer=customer)
    seen = orders_visible_to(actor).filter(customer=customer)
    related = ("payments", "refunds", "debt_reductions")
    orders = list(seen.filter(counted, currency=currency).prefetch_related(*related))
    entries = sorted((entry for order in orders for entry in _entries(order)), key=lambda entry: entry.at)
    before = [entry for entry in entries if entry.day < since]
    opening = sum((entry.due - entry.paid for entry in before), ZERO)
    shown = [entry for entry in entries if since <= entry.day <= until]
    owing = [order for order in orders if order.status in OWING and order.balance > 0]
    today = timezone.localdate()
    promised = [refund.amount for order in orders for refund in order.refunds.all() if _is_promised(refund)]
    return Statement(
        customer=customer,
        currency=currency,
        since=since,
        until=until,
        opening=opening,
        entries=list(_running(opening, shown)),
        owed=sum((order.balance for order in owing), ZERO),
        overdue=sum((order.balance for order in owing if order.due_on and order.due_on < today), ZERO),
        to_return=sum(promised, ZERO),
        credit_left=credit_left(customer) if customer.credit_limit > 0 else None,
        term=credit_term(customer),
        hidden=everything.count() - seen.count(),
    )


def default_start(until: date) -> date:
    """Where a statement begins when nobody says otherwise: 90 days before its end."""
    return date.fromordinal(max(until.toordinal() - USUAL_DAYS, 1))


def currencies_of(actor: Actor, customer: Customer) -> list[str]:
    """The currencies that a customer's orders are in, the most usual first."""
    named = orders_visible_to(actor).filter(customer=customer).order_by("currency")
    return sorted(set(named.values_list("currency", flat=True)), key=lambda name: (name != "CNY", name))


def repayments_of(actor: Actor, customer: Customer, currency: str, *, most: int = 10) -> list[Repayment]:
    """What a customer repaid lately of orders that an actor may see, newest first."""
    seen = orders_visible_to(actor).filter(customer=customer, currency=currency)
    found = customer.repayments.filter(payments__order__in=seen).distinct()
    return list(found.order_by("-received_at", "-pk")[:most])


def _is_promised(refund: Refund) -> bool:
    return refund.state in PROMISED and refund.purpose in MONEY_BACK


def _running(opening: Decimal, entries: list[Entry]) -> Iterator[Entry]:
    balance = opening
    for entry in entries:
        balance += entry.due - entry.paid
        yield Entry(entry.at, entry.number, entry.text, entry.due, entry.paid, balance)


def _entries(order: Order) -> Iterator[Entry]:
    """Everything that one order put on its customer's account. What has ended is not due any more."""
    counts = order.status in OWING or order.status == Status.PENDING_PAYMENT
    if counts:
        yield Entry(order.placed_at, order.number, _("订单"), due=order.total)
    for payment in order.payments.all():
        method = Payment.Method(payment.method).label
        text = _("收款 · %(method)s") % {"method": method}
        yield Entry(payment.received_at, order.number, text, paid=payment.amount)
    for reduced in order.debt_reductions.all():
        yield Entry(reduced.reduced_at, order.number, _("退货抵减欠款"), due=-reduced.amount)
    for refund in order.refunds.all():
        if refund.state == Refund.State.SUCCEEDED and refund.amount:
            less = refund.amount if counts and refund.purpose in FOR_GOODS else ZERO
            text = str(refund.get_purpose_display())
            at = refund.settled_at or refund.requested_at
            yield Entry(at, order.number, text, due=-less, paid=-refund.amount)
    if order.deposit_kept:
        yield Entry(order.closed_at or order.placed_at, order.number, _("定金不退"), due=order.deposit_kept)
