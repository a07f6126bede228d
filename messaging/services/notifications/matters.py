"""What a notice asks somebody to see to, and whether that is still to be done at the moment it would be told.

A notice that waited for the morning, or for a channel to come back, is looked at with this: a request that is answered by
then is nobody's work any more.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model

from messaging.models import Conversation, Notification, StockWatch, Trigger
from messaging.models.rules import DEBTS
from messaging.selectors.unanswered import is_answered
from orders.events import (
    AfterSalesMoved,
    ChangeEscalated,
    ChangeRequested,
    OrderEvaluated,
    OrderUrged,
    ShortageFound,
    StockLow,
    StockReplenished,
)
from orders.models import (
    AfterSalesCase,
    ChangeRequest,
    Evaluation,
    Order,
    Refund,
    ShortageTask,
    Status,
    Variant,
)
from orders.selectors.credit import OWING
from orders.selectors.open_sums import MONEY_BACK, PROMISED
from orders.services.urges import URGENT_IN
from shopcomm.core.configuration.calendar import holiday_gap, today_in_shop
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

# What is asked of somebody by an event, whose fact names the row that has to be looked at.
OF_EVENTS = frozenset(
    {
        Trigger.CHANGE_FOR_SALES,
        Trigger.CHANGE_FOR_WAREHOUSE,
        Trigger.CHANGE_FOR_CUSTOMER,
        Trigger.CHANGE_ESCALATED,
        Trigger.SHORTAGE,
        Trigger.AFTER_SALES_FOR_SALES,
        Trigger.RETURN_ON_ITS_WAY,
        Trigger.LOW_RATING,
        Trigger.URGED,
        Trigger.STOCK_LOW,
        Trigger.STOCK_REPLENISHED,
    }
)
Told = list[tuple[Notification, DomainEvent]]
E = TypeVar("E", bound=Event)


def settled_matters(rows: Sequence[Notification], now: datetime) -> set[int]:
    """The ids of those of these notices whose matter somebody has seen to by this moment.

    `order` of each row is as it is now. What only tells of something that has happened is never among them.
    """
    return _of_events(rows) | _of_watches(rows) | _of_orders(rows) | _of_talks(rows) | _of_the_shop(rows, now)


def _of_events(rows: Sequence[Notification]) -> set[int]:
    asked = [row for row in rows if row.trigger in OF_EVENTS and row.event_id]
    events = DomainEvent.objects.in_bulk([row.event_id for row in asked]) if asked else {}
    told = [(row, events[row.event_id]) for row in asked if row.event_id in events]
    return {row.pk for look in LOOKS for row in look(told)}


def _changes(told: Told) -> Iterable[Notification]:
    """A request is for whoever it was laid before, and only while it is open."""
    facts = [
        (row, fact)
        for row, event in told
        if (fact := fact_of(event, ChangeRequested) or fact_of(event, ChangeEscalated))
    ]
    requests: dict[int, Any] = _found(ChangeRequest, [fact.request_id for _row, fact in facts])
    for row, fact in facts:
        request = requests.get(fact.request_id)
        if request is None or request.state != ChangeRequest.State.OPEN or request.handler != fact.handler:
            yield row


def _shortages(told: Told) -> Iterable[Notification]:
    for row, _fact, task in _with_their_rows(told, ShortageFound, ShortageTask, "task_id"):
        if task is None or task.state != ShortageTask.State.OPEN:
            yield row


def _cases(told: Told) -> Iterable[Notification]:
    """A claim that has moved on waits for somebody else, who was told of it."""
    for row, fact, case in _with_their_rows(told, AfterSalesMoved, AfterSalesCase, "case_id"):
        if case is None or case.state != fact.state:
            yield row


def _ratings(told: Told) -> Iterable[Notification]:
    for row, _fact, rating in _with_their_rows(told, OrderEvaluated, Evaluation, "evaluation_id"):
        if rating is None or not rating.is_low:
            yield row


def _urges(told: Told) -> Iterable[Notification]:
    """Who pressed for the parcel has it on its way; who pressed for its way has it."""
    for row, event in told:
        fact = fact_of(event, OrderUrged)
        if fact is None or row.order is None:
            continue
        left = row.order.status == Status.SHIPPED and fact.status_to != Status.SHIPPED
        if left or row.order.status not in URGENT_IN:
            yield row


def _stock(told: Told) -> Iterable[Notification]:
    facts = [
        (row, fact)
        for row, event in told
        if (fact := fact_of(event, StockLow) or fact_of(event, StockReplenished))
    ]
    low = Variant.objects.filter(sku__in=[fact.sku for _row, fact in facts], low_since__isnull=False)
    still = set(low.values_list("sku", flat=True)) if facts else set()
    for row, fact in facts:
        if (row.trigger == Trigger.STOCK_LOW) != (fact.sku in still):
            yield row


def _of_watches(rows: Sequence[Notification]) -> set[int]:
    """Customers for whom there is not enough any more of what came in; who asked first is served first."""
    asked = [(row, watch_of(row)) for row in rows if row.trigger == Trigger.BACK_IN_STOCK]
    if not asked:
        return set()
    found = StockWatch.objects.filter(pk__in={pk for _row, pk in asked}).select_related("variant")
    left: dict[int, int] = {}
    gone = set()
    for watch in found.order_by("asked_at", "pk"):
        variant = watch.variant
        there = left.setdefault(variant.pk, variant.available if variant.is_active else 0)
        if watch.cancelled_at or watch.quantity > there:
            gone.add(watch.pk)
        else:
            left[variant.pk] -= watch.quantity
    return {row.pk for row, pk in asked if pk in gone}


def watch_of(row: Notification) -> int:
    """The id of the watch that a notice of goods that are back answers."""
    return int(row.cause.split(":")[1])


LOOKS: tuple[Callable[[Told], Iterable[Notification]], ...] = (
    _changes,
    _shortages,
    _cases,
    _ratings,
    _urges,
    _stock,
)


def _with_their_rows(
    told: Told, kind: type[E], model: type[Model], name: str
) -> Iterator[tuple[Notification, E, Any]]:
    """Each notice of a kind of fact, with the fact and the row that the fact's `name` leads to; None where it is gone."""
    facts = [(row, fact) for row, event in told if (fact := fact_of(event, kind))]
    found = _found(model, [getattr(fact, name) for _row, fact in facts])
    for row, fact in facts:
        yield row, fact, found.get(getattr(fact, name))


def _found(model: type[Model], ids: list[int]) -> dict[int, Any]:
    return model._default_manager.in_bulk(ids) if ids else {}


OF_ORDERS = DEBTS | {Trigger.UNPAID, Trigger.PICKING_LONG, Trigger.BALANCE_DUE, Trigger.MONEY_TO_RETURN}


def _of_orders(rows: Sequence[Notification]) -> set[int]:
    """Money that has come or gone since, and orders that are no longer what a timer waits for."""
    to_return = _orders_with_money_to_return(rows)
    return {row.pk for row in rows if row.trigger in OF_ORDERS and _order_is_settled(row, to_return)}


def _orders_with_money_to_return(rows: Sequence[Notification]) -> set[int]:
    ids = {row.order_id for row in rows if row.order_id and row.trigger == Trigger.MONEY_TO_RETURN}
    if not ids:
        return set()
    promised = Refund.objects.filter(order_id__in=ids, state__in=PROMISED)
    mine = promised.filter(purpose__in=[*MONEY_BACK, Refund.Purpose.ORDER])
    return set(mine.values_list("order_id", flat=True))


def _order_is_settled(row: Notification, to_return: set[int]) -> bool:
    order: Order | None = row.order
    if order is None:
        return True
    if row.trigger == Trigger.UNPAID:
        return order.status != Status.PENDING_PAYMENT
    if row.trigger == Trigger.PICKING_LONG:
        return order.status != Status.PICKING
    if row.trigger == Trigger.MONEY_TO_RETURN:
        return order.pk not in to_return and order.status != Status.REFUNDING
    return order.balance <= 0 or order.status not in OWING


def _of_talks(rows: Sequence[Notification]) -> set[int]:
    """Customers who have been answered."""
    asked = [row for row in rows if row.trigger == Trigger.UNANSWERED]
    talks = Conversation.objects.in_bulk([row.conversation_id for row in asked if row.conversation_id])
    done = set()
    for row in asked:
        talk = talks.get(row.conversation_id or 0) or getattr(row.order, "conversation", None)
        if talk is None or is_answered(talk):
            done.add(row.pk)
    return done


def _of_the_shop(rows: Sequence[Notification], now: datetime) -> set[int]:
    asked = [row for row in rows if row.trigger == Trigger.HOLIDAYS_MISSING]
    gap = holiday_gap(today_in_shop(now)) if asked else None
    return set() if gap is not None and gap.is_near else {row.pk for row in asked}
