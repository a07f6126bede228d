"""Money matters that need somebody: debts, differences, refunds, deposits without a decision."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils import timezone

from orders.models import Order, Refund, Status
from orders.selectors.credit import BALANCE, OWING
from orders.selectors.due import deposits_to_decide
from orders.selectors.open_sums import MONEY_BACK, PROMISED
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

ZERO = Decimal(0)
# A list is read by people; what is beyond it comes when the first are settled.
MOST = 200


@dataclass(frozen=True)
class Debtor:
    """A customer with debts in one currency: how much, how much of it too late, and since when."""

    customer_id: int
    name: str
    currency: str
    owed: Decimal
    overdue: Decimal
    orders: int
    first_due: date | None
    days_late: int


@dataclass(frozen=True)
class MoneyTasks:
    """All that is open, the most pressing first in each list."""

    debtors: list[Debtor]
    differences: list[Order]
    to_return: list[Refund]
    deposits: list[Order]


def money_tasks(actor: Actor, *, now: datetime | None = None) -> MoneyTasks:
    """What an actor may see of the money that has not come or not gone yet."""
    visible, now = orders_visible_to(actor), now or timezone.now()
    differences = (
        visible.filter(status__in=OWING, on_account=False)
        .exclude(status=Status.REFUNDING)
        .annotate(open=BALANCE)
        .filter(open__gt=0)
    )
    refunds = Refund.objects.filter(order__in=visible, state__in=PROMISED, purpose__in=MONEY_BACK)
    deposits = visible.filter(pk__in=deposits_to_decide(now).values("pk"))
    return MoneyTasks(
        debtors=debtors_among(visible, timezone.localdate(now))[:MOST],
        differences=list(differences.select_related("customer").order_by("placed_at", "pk")[:MOST]),
        to_return=list(refunds.select_related("order__customer").order_by("requested_at", "pk")[:MOST]),
        deposits=list(deposits.select_related("customer").order_by("pay_by", "pk")[:MOST]),
    )


def debtors_among(orders: QuerySet[Order], today: date) -> list[Debtor]:
    """Who owes what of these orders on account: who is late first, by the day that was missed first."""
    open_ = orders.filter(status__in=OWING, on_account=True).annotate(open=BALANCE).filter(open__gt=0)
    rows = (
        open_.order_by()
        .values("customer_id", "currency", name=F("customer__name"), company=F("customer__company"))
        .annotate(
            owed=Sum("open"),
            overdue=Sum("open", filter=Q(due_on__lt=today)),
            first_due=Min("due_on"),
            count=Count("pk"),
        )
    )
    found = [
        Debtor(
            customer_id=row["customer_id"],
            name=row["company"] or row["name"],
            currency=row["currency"],
            owed=row["owed"],
            overdue=row["overdue"] or ZERO,
            orders=row["count"],
            first_due=row["first_due"],
            days_late=max((today - row["first_due"]).days, 0) if row["first_due"] else 0,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (not each.overdue, each.first_due or date.max, -each.owed))
