"""What a notice asks somebody to see to, and whether that is still to be done at the moment it would be told.

A notice that waited for the morning, or for a channel to come back, is looked at with this: a request that is answered by
then is nobody's work any more. Here the rows are read; the rules are in `policies/notifications/relevance.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model
from django.utils import translation
from django.utils.translation import gettext as _

from messaging.models import Conversation, Delivery, Membership, Notification, StockWatch
from messaging.policies.notifications.relevance import (
    Claim,
    OrderNow,
    Task,
    is_order_settled,
    is_task_done,
    is_urge_answered,
    unserved_claims,
)
from messaging.policies.notifications.triggers import DEBTS, Trigger
from messaging.selectors.notifications import notice_is_for
from messaging.selectors.unanswered import is_answered
from orders.events import (
    AfterSalesMoved,
    ChangeEscalated,
    ChangeRequested,
    OrderEvaluated,
    OrderUrged,
    ParcelAlerted,
    ShipmentUpdated,
    ShortageFound,
    StockLow,
    StockReplenished,
)
from orders.models import (
    AfterSalesCase,
    ChangeRequest,
    Evaluation,
    Order,
    ParcelTask,
    Refund,
    Shipment,
    ShortageTask,
    Variant,
)
from orders.policies.parcel_way import EXCEPTIONS
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
        Trigger.PARCEL_ALERT,
    }
)
OF_ORDERS = DEBTS | {Trigger.UNPAID, Trigger.PICKING_LONG, Trigger.BALANCE_DUE, Trigger.MONEY_TO_RETURN}
State = Shipment.State
# A rating that is low, and goods that are low or are not, as states of a task.
LOW, NOT_LOW = "low", "not low"
Told = list[tuple[Notification, DomainEvent]]
E = TypeVar("E", bound=Event)
# A notice with what it asked for, and what has become of that; None where it is gone.
Asked = tuple[Notification, Task, Task | None]


def notices_already_settled(rows: Sequence[Notification], now: datetime) -> set[int]:
    """The ids of those of these notices whose matter somebody has seen to by this moment.

    `order` of each row is as it is now. What only tells of something that has happened is never among them.
    """
    return _of_events(rows) | _of_watches(rows) | _of_orders(rows) | _of_talks(rows) | _of_the_shop(rows, now)


def skip_reason(delivery: Delivery, now: datetime) -> str:
    """Why nobody needs to be disturbed any more: read already, or no longer so."""
    notice = delivery.notification
    with translation.override(settings.LANGUAGE_CODE):
        if all(each.seen_at or _read(each) for each in notices_carried_by(delivery)):
            return _("已经看到")
        if not delivery.once and not notice_is_for(notice):
            return _("收件人已不能查看")
        if notices_already_settled([notice], now):
            return _("情况已经改变")
    return ""


def _read(notice: Notification) -> bool:
    return bool(
        notice.seq
        and Membership.objects.filter(
            conversation=notice.conversation_id,
            member_kind=notice.recipient_kind,
            member_id=notice.recipient_id,
            read_seq__gte=notice.seq,
        ).exists()
    )


def notices_carried_by(delivery: Delivery) -> list[Notification]:
    """The notices that a delivery tells: its own, or in a group those of everybody who is told the same."""
    notice = delivery.notification
    if not delivery.once:
        return [notice]
    same = Notification.objects.filter(rule=notice.rule_id, cause=notice.cause)
    return list(same.filter(recipient_kind=notice.recipient_kind, state=Notification.State.SENT))


def _of_events(rows: Sequence[Notification]) -> set[int]:
    asked = [row for row in rows if row.trigger in OF_EVENTS and row.event_id]
    events = DomainEvent.objects.in_bulk([row.event_id for row in asked]) if asked else {}
    told = [(row, events[row.event_id]) for row in asked if row.event_id in events]
    tasks = (task for read in TASKS for task in read(told))
    return {row.pk for row, then, now in tasks if is_task_done(then, now)} | _answered_urges(told)


def _changes(told: Told) -> Iterator[Asked]:
    """A request is for whoever it was laid before, and only while it is open."""
    facts = [
        (row, fact)
        for row, event in told
        if (fact := fact_of(event, ChangeRequested) or fact_of(event, ChangeEscalated))
    ]
    requests: dict[int, Any] = _found(ChangeRequest, [fact.request_id for _row, fact in facts])
    for row, fact in facts:
        request = requests.get(fact.request_id)
        asked = Task(ChangeRequest.State.OPEN, fact.handler)
        yield row, asked, Task(request.state, request.handler) if request else None


def _shortages(told: Told) -> Iterator[Asked]:
    for row, _fact, task in _with_their_rows(told, ShortageFound, ShortageTask, "task_id"):
        yield row, Task(ShortageTask.State.OPEN), Task(task.state) if task else None


def _cases(told: Told) -> Iterator[Asked]:
    """A claim that has moved on waits for somebody else, who was told of it."""
    for row, fact, case in _with_their_rows(told, AfterSalesMoved, AfterSalesCase, "case_id"):
        yield row, Task(fact.state), Task(case.state) if case else None


def _ratings(told: Told) -> Iterator[Asked]:
    for row, _fact, rating in _with_their_rows(told, OrderEvaluated, Evaluation, "evaluation_id"):
        yield row, Task(LOW), Task(LOW if rating.is_low else NOT_LOW) if rating else None


def _stock(told: Told) -> Iterator[Asked]:
    facts = [
        (row, fact)
        for row, event in told
        if (fact := fact_of(event, StockLow) or fact_of(event, StockReplenished))
    ]
    low = Variant.objects.filter(sku__in=[fact.sku for _row, fact in facts], low_since__isnull=False)
    still = set(low.values_list("sku", flat=True)) if facts else set()
    for row, fact in facts:
        then = LOW if row.trigger == Trigger.STOCK_LOW else NOT_LOW
        yield row, Task(then), Task(LOW if fact.sku in still else NOT_LOW)


def _parcels(told: Told) -> Iterator[Asked]:
    """A parcel's trouble is over when nobody has to see to it any more: it has moved on, or somebody has rung."""
    facts = [
        (row, fact, fact.kind if isinstance(fact, ParcelAlerted) else EXCEPTIONS.get(State(fact.state), ""))
        for row, event in told
        if row.trigger == Trigger.PARCEL_ALERT
        and (fact := fact_of(event, ParcelAlerted) or fact_of(event, ShipmentUpdated))
    ]
    ids = {fact.shipment_id for _row, fact, _kind in facts}
    open_ = ParcelTask.objects.filter(shipment__in=ids, settled_at=None).values_list("shipment", "kind")
    still = set(open_) if ids else set()
    for row, fact, kind in facts:
        yield row, Task(kind), Task(kind) if (fact.shipment_id, kind) in still else None


TASKS: tuple[Callable[[Told], Iterable[Asked]], ...] = (
    _changes,
    _shortages,
    _cases,
    _ratings,
    _stock,
    _parcels,
)


def _answered_urges(told: Told) -> set[int]:
    urges = [(row, fact) for row, event in told if (fact := fact_of(event, OrderUrged))]
    return {
        row.pk
        for row, fact in urges
        if row.order and is_urge_answered(fact.status_to, row.order.status, may_urge_in=URGENT_IN)
    }


def _of_watches(rows: Sequence[Notification]) -> set[int]:
    """Customers for whom there is not enough any more of what came in; who asked first is served first."""
    asked = [(row, watch_id_of(row)) for row in rows if row.trigger == Trigger.BACK_IN_STOCK]
    if not asked:
        return set()
    found = StockWatch.objects.filter(pk__in={pk for _row, pk in asked}).select_related("variant")
    queue = list(found.order_by("asked_at", "pk"))
    variants = {watch.variant_id: watch.variant for watch in queue}
    free = {pk: variant.available if variant.is_active else 0 for pk, variant in variants.items()}
    gone = unserved_claims(map(stock_claim_of, queue), free)
    return {row.pk for row, pk in asked if pk in gone}


def stock_claim_of(watch: StockWatch) -> Claim:
    """A customer's place in the queue for goods, as the rules take it."""
    return Claim(watch.pk, watch.variant_id, watch.quantity, cancelled=watch.cancelled_at is not None)


def watch_id_of(row: Notification) -> int:
    """The id of the watch that a notice of goods that are back answers."""
    return int(row.cause.split(":")[1])


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


def _of_orders(rows: Sequence[Notification]) -> set[int]:
    """Money that has come or gone since, and orders that are no longer what a timer waits for."""
    asked = [row for row in rows if row.trigger in OF_ORDERS]
    to_return = _orders_with_money_to_return(asked)
    return {row.pk for row in asked if is_order_settled(row.trigger, _order_now(row.order, to_return))}


def _order_now(order: Order | None, to_return: set[int]) -> OrderNow | None:
    if order is None:
        return None
    owes = order.balance > 0 and order.status in OWING
    return OrderNow(status=order.status, owes=owes, must_return=order.pk in to_return)


def _orders_with_money_to_return(rows: Sequence[Notification]) -> set[int]:
    ids = {row.order_id for row in rows if row.order_id and row.trigger == Trigger.MONEY_TO_RETURN}
    if not ids:
        return set()
    promised = Refund.objects.filter(order_id__in=ids, state__in=PROMISED)
    mine = promised.filter(purpose__in=[*MONEY_BACK, Refund.Purpose.ORDER])
    return set(mine.values_list("order_id", flat=True))


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
