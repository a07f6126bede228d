"""待我处理: all tasks of one member of staff in one queue, the oldest first."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import hooks
from orders.labels import request_title
from orders.models import (
    AfterSalesCase,
    ChangeRequest,
    Handler,
    Order,
    ParcelTask,
    Quote,
    Refund,
    ShortageTask,
)
from orders.policies.after_sales import SHOPS_TURN
from orders.selectors.due import deposits_to_decide
from orders.selectors.open_sums import MONEY_BACK, PROMISED
from orders.selectors.parcels import open_tasks_concerning, parcel_todo
from orders.selectors.todo_rows import Todo, TodoKind, TodoSource
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.accounts.models import Customer
from shopcomm.core.database.prepared import NOW, Number, PreparedCount, ask_numbers

# Of each kind; what is beyond it comes when the first are done.
MOST = 100
# So long before its end a quote that nobody has answered wants a word.
RUNS_OUT_WITHIN = timedelta(hours=24)


def todo_list(actor: Actor, *, now: datetime | None = None) -> list[Todo]:
    """All that waits for an actor, the oldest first."""
    now = now or timezone.now()
    rows = [each.told(row) for each in _sources() for row in each.waiting(actor, now)[:MOST]]
    return sorted(rows, key=lambda todo: todo.since)


def count_todo(actor: Actor, *, now: datetime | None = None) -> int:
    """How many rows that list has, in one query."""
    return ask_numbers(todo_number(actor, now=now))[0]


def todo_number(actor: Actor, *, now: datetime | None = None) -> Number:
    """The same, to be asked for together with the other numbers of a page."""
    prepared = _prepared_count(actor_with_given_keys(actor), _sources())
    return prepared.given(**keys_given_for(actor), now=now or timezone.now())


@lru_cache(maxsize=32)
def _prepared_count(actor: Actor, sources: tuple[TodoSource, ...]) -> PreparedCount:
    return PreparedCount.of([each.waiting(actor, NOW) for each in sources], most=MOST)


def orders_concerning(actor: Actor, now: datetime) -> QuerySet[Order]:
    """The orders an actor has to see to: a manager all of them, sales their own and those of nobody."""
    if not actor.may("orders.view_assigned"):
        return orders_visible_to(actor, now=now)
    # All of which they see, whether or not the shop shows them the others.
    return Order.objects.filter(Q(assigned_to=actor.id) | Q(assigned_to=None))


def _sources() -> tuple[TodoSource, ...]:
    return (
        TodoSource(_changes, _change),
        TodoSource(_cases, _case),
        TodoSource(_late_returns, _late_return),
        TodoSource(_refunds, _refund),
        TodoSource(_deposits, _deposit),
        TodoSource(_shortages, _shortage),
        TodoSource(_quotes, _quote),
        TodoSource(_parcels, parcel_todo),
        *hooks.todo_sources,
    )


def _changes(actor: Actor, now: datetime) -> QuerySet[ChangeRequest]:
    """What sales have to answer; a manager also what the stockroom has left unanswered."""
    theirs = Q(handler__in=[Handler.SALES, Handler.COURIER])
    # Another system has not answered in time.
    theirs |= Q(handler=Handler.OUTSIDE) & ~Q(escalated_at=None)
    if actor.may("changes.answer_escalated"):
        theirs |= Q(handler=Handler.WAREHOUSE) & ~Q(escalated_at=None)
    rows = ChangeRequest.objects.filter(
        theirs, state=ChangeRequest.State.OPEN, order__in=orders_concerning(actor, now)
    )
    return rows.select_related("order__customer").order_by("asked_at", "pk")


def _change(row: ChangeRequest) -> Todo:
    return Todo(
        TodoKind.CHANGE,
        row.pk,
        row.asked_at,
        answer_by=row.answer_by,
        text=request_title(row),
        **_about(row.order),
    )


def _cases(actor: Actor, now: datetime) -> QuerySet[AfterSalesCase]:
    rows = AfterSalesCase.objects.filter(state__in=SHOPS_TURN, order__in=orders_concerning(actor, now))
    if not actor.may("after_sales.decide_own_appeal"):
        # An appeal is not for whoever refused.
        rows = rows.exclude(appealed=True, refused_by=actor.id)
    return rows.select_related("order__customer").order_by("asked_at", "pk")


def _case(row: AfterSalesCase) -> Todo:
    text = _("%(kind)s · %(state)s") % {"kind": row.get_kind_display(), "state": row.get_state_display()}
    return Todo(TodoKind.CASE, row.pk, row.asked_at, text=text, amount=row.amount, **_about(row.order))


def _late_returns(actor: Actor, now: datetime) -> QuerySet[AfterSalesCase]:
    """What the shop agreed to take back, and nobody has sent by the day that was named."""
    rows = AfterSalesCase.objects.filter(
        state=AfterSalesCase.State.WAITING_RETURN,
        return_by__lt=TruncDate(cast(Combinable, now)),
        order__in=orders_concerning(actor, now),
    )
    return rows.select_related("order__customer").order_by("return_by", "pk")


def _late_return(row: AfterSalesCase) -> Todo:
    since = timezone.make_aware(datetime.combine(row.return_by or timezone.localdate(row.asked_at), time.max))
    text = _("%(day)s 前没有寄出") % {"day": f"{row.return_by:%m-%d}"}
    return Todo(TodoKind.LATE_RETURN, row.pk, since, text=text, **_about(row.order))


def _refunds(actor: Actor, now: datetime) -> QuerySet[Refund]:
    """Money that has to be paid out, and whole orders that are asked back: for whoever may book it."""
    wanted = Q(state__in=PROMISED, purpose__in=MONEY_BACK)
    wanted |= Q(state=Refund.State.REQUESTED, purpose=Refund.Purpose.ORDER)
    rows = Refund.objects.filter(wanted, order__in=orders_concerning(actor, now))
    rows = rows if actor.may("payments.record") else rows.none()
    return rows.select_related("order__customer").order_by("requested_at", "pk")


def _refund(row: Refund) -> Todo:
    return Todo(
        TodoKind.REFUND,
        row.pk,
        row.requested_at,
        text=row.get_purpose_display(),
        amount=row.amount,
        **_about(row.order),
    )


def _deposits(actor: Actor, now: datetime) -> QuerySet[Order]:
    rows = deposits_to_decide(now).filter(pk__in=orders_concerning(actor, now).values("pk"))
    rows = rows if actor.may("payments.record") else rows.none()
    return rows.select_related("customer")


def _deposit(row: Order) -> Todo:
    since = row.pay_by or row.placed_at
    text = _("定金到期，等待决定")
    return Todo(TodoKind.DEPOSIT, row.pk, since, text=text, amount=row.paid_amount, **_about(row))


def _shortages(actor: Actor, now: datetime) -> QuerySet[ShortageTask]:
    rows = ShortageTask.objects.filter(state=ShortageTask.State.OPEN, order__in=orders_concerning(actor, now))
    return rows.select_related("order__customer").order_by("raised_at", "pk")


def _shortage(row: ShortageTask) -> Todo:
    text = _("缺 %(goods)s ×%(count)d") % {"goods": row.goods, "count": row.missing}
    return Todo(TodoKind.SHORTAGE, row.pk, row.raised_at, text=text, **_about(row.order))


def _quotes(actor: Actor, now: datetime) -> QuerySet[Quote]:
    """What runs out within a day without an answer: one's own, and those of nobody."""
    rows = Quote.objects.filter(
        state=Quote.State.SENT, valid_until__gt=now, valid_until__lte=now + RUNS_OUT_WITHIN
    )
    if actor.may("orders.view_assigned"):
        rows = rows.filter(Q(created_by=actor.id) | Q(created_by=None))
    return rows.select_related("customer").prefetch_related("lines").order_by("sent_at", "pk")


def _quote(row: Quote) -> Todo:
    return Todo(
        TodoKind.QUOTE,
        row.pk,
        row.sent_at or row.created_at,
        customer=_name(row.customer),
        text=_("报价单 %(number)s 快到期，客户还没有答复") % {"number": row.number},
        answer_by=row.valid_until,
        amount=row.total,
        currency=row.currency,
        conversation_id=row.conversation_id,
    )


def _parcels(actor: Actor, now: datetime) -> QuerySet[ParcelTask]:
    return open_tasks_concerning(orders_concerning(actor, now))


def _about(order: Order) -> dict[str, Any]:
    return {"customer": _name(order.customer), "number": order.number, "currency": order.currency}


def _name(customer: Customer) -> str:
    return customer.company or customer.name
