"""Which trigger an event pulls: the notice of its row in the transition table, or one of a few beside it."""

from decimal import Decimal
from functools import cache
from typing import Any, cast

from messaging.models import Trigger
from orders import events
from orders.models.evaluations import LOW
from orders.selectors.timeline import INTERNAL_FIELDS
from orders.transitions import TRANSITIONS
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent

BESIDE_THE_TABLE = {
    events.OrderUrged.type: Trigger.URGED,
    events.PartRefunded.type: Trigger.PART_REFUNDED,
    events.DebtReduced.type: Trigger.DEBT_REDUCED,
    events.ChangeEscalated.type: Trigger.CHANGE_ESCALATED,
    events.ShipmentUpdated.type: Trigger.TRACKING,
    events.StockLow.type: Trigger.STOCK_LOW,
    events.StockReplenished.type: Trigger.STOCK_REPLENISHED,
}

CASE_STATES = {
    "applied": Trigger.AFTER_SALES_FOR_SALES,
    "inspecting": Trigger.AFTER_SALES_FOR_SALES,
    "return_in_transit": Trigger.RETURN_ON_ITS_WAY,
    # Who takes a case back knows it.
    "withdrawn": "",
}
HANDLERS = {"warehouse": Trigger.CHANGE_FOR_WAREHOUSE, "customer": Trigger.CHANGE_FOR_CUSTOMER}


def _rejected(data: dict[str, Any]) -> str:
    """Who takes a request back knows it; what the customer did not agree to concerns whoever asked them."""
    if data.get("state") == "withdrawn":
        return ""
    return Trigger.CONSENT_REFUSED if data.get("handler") == "customer" else Trigger.CHANGE_REJECTED


def _payment(data: dict[str, Any]) -> str:
    """Nothing is asked for where nothing is open: the rest came, or it came after the end."""
    return (
        Trigger.PAYMENT_RECORDED
        if Decimal(data["balance"]) > 0 and not data.get("late")
        else Trigger.PAYMENT_SETTLED
    )


CHANGES = {
    events.PaymentRecorded.type: lambda data: _payment(data),
    events.OrderChanged.type: lambda data: (
        Trigger.CHANGE_ACCEPTED if data.get("request_id") else Trigger.CHANGED
    ),
    # Only one that somebody ought to do something about is news.
    events.OrderEvaluated.type: lambda data: (
        Trigger.LOW_RATING if min(data["goods"], data["service"]) <= LOW else ""
    ),
    events.AfterSalesMoved.type: lambda data: CASE_STATES.get(data.get("state", ""), Trigger.AFTER_SALES),
    events.ChangeRequested.type: lambda data: HANDLERS.get(data.get("handler", ""), Trigger.CHANGE_FOR_SALES),
    # A new question; that it was asked or has changed is no news.
    events.ShortageFound.type: lambda data: Trigger.SHORTAGE if data.get("state") == "open" else "",
    events.ChangeRejected.type: _rejected,
}


# Moves that tell of money when there was some: without any they are told as what they are, or by the move itself.
WITHOUT_MONEY = {
    events.OrderPaid.type: "",
    events.OrderRefunding.type: "",
    events.OrderRefunded.type: Trigger.CANCELLED,
}


# What may leave something to be paid or to be returned, beside what they tell of.
LEAVING_OPEN = (
    events.OrderPaid,
    events.OrderCancelled,
    events.DepositReleased,
    events.OrderChanged,
    events.PaymentRecorded,
)
# What leaves a promise of money that a manager has to pay out; the customer is told of it by what happened itself.
PROMISING = (events.AfterSalesMoved, events.OrderRefunding, events.OrderRefundRejected)
LeftOpen = (
    events.OrderPaid
    | events.OrderCancelled
    | events.DepositReleased
    | events.OrderChanged
    | events.PaymentRecorded
)
Promise = events.AfterSalesMoved | events.OrderRefunding | events.OrderRefundRejected
LEAVE_OPEN = {each.type for each in (*LEAVING_OPEN, *PROMISING)}


def trigger_of(event: DomainEvent) -> str:
    """The trigger that an event pulls; empty for one that no rule can wait for."""
    if event.type in WITHOUT_MONEY and _names_no_money(event):
        return WITHOUT_MONEY[event.type]
    changed = fact_of(event, events.OrderChanged)
    if changed and changed.after and set(changed.after) <= INTERNAL_FIELDS:
        # Who looks after an order is nobody's news but theirs.
        return ""
    move = (event.type, event.data.get("status_from", ""), event.data.get("status_to", ""))
    if event.type == events.ShipmentUpdated.type and event.data.get("state"):
        # A scan by the courier; without a state it is a parcel that left.
        return Trigger.TRACKING
    if event.type in CHANGES:
        return CHANGES[event.type](event.data)
    notices = _notices().get(move)
    if not notices:
        return BESIDE_THE_TABLE.get(event.type, "")
    return _between(notices, event)


def triggers_of(event: DomainEvent) -> tuple[str, ...]:
    """Everything that an event is news of: what happened, and what it left to be paid or to be returned."""
    found = (trigger_of(event), _handed_over(event), *_left_open(event))
    return tuple(trigger for trigger in found if trigger)


def _handed_over(event: DomainEvent) -> str:
    """An order that has come to somebody is news to them."""
    changed = fact_of(event, events.OrderChanged)
    return Trigger.HANDED_OVER if changed and changed.after.get("assigned_to") else ""


def _left_open(event: DomainEvent) -> tuple[str, ...]:
    if to_return(event):
        # Who paid too much is told so with the payment, who is refunded with the refund.
        told_already = {each.type for each in (events.PaymentRecorded, *PROMISING)}
        told = () if event.type in told_already else (Trigger.BALANCE_TO_RETURN,)
        return (*told, Trigger.MONEY_TO_RETURN)
    changed = fact_of(event, events.OrderChanged)
    dearer = changed is not None and Decimal(changed.balance or 0) > 0
    return (Trigger.BALANCE_DUE,) if dearer else ()


def to_return(event: DomainEvent) -> Decimal:
    """What of the customer's money an event left with the shop that is to go back."""
    promise = cast("Promise | None", fact_of(event, *PROMISING))
    if promise is not None:
        return Decimal(promise.amount or 0)
    fact = cast("LeftOpen | events.DebtReduced | None", fact_of(event, *LEAVING_OPEN, events.DebtReduced))
    if fact is None:
        return Decimal(0)
    if isinstance(fact, events.PaymentRecorded) and fact.late:
        return Decimal(fact.amount or 0)
    return max(-Decimal(fact.balance or 0), Decimal(0))


def _names_no_money(event: DomainEvent) -> bool:
    if (paid := fact_of(event, events.OrderPaid)) and paid.method == "on_account":
        return False
    fact = paid or fact_of(event, events.OrderRefunding) or fact_of(event, events.OrderRefunded)
    return fact is not None and fact.amount != "" and not Decimal(fact.amount)


def types_for(trigger: str) -> set[str]:
    """The types of event that may pull a trigger; which of them do, `trigger_of` says."""
    moves = {row.event.type for row in TRANSITIONS if row.notice == trigger}
    beside = {type_ for type_, pulled in BESIDE_THE_TABLE.items() if pulled == trigger}
    return moves | beside | set(CHANGES) | LEAVE_OPEN


def _between(notices: tuple[str, ...], event: DomainEvent) -> str:
    """Moves between the same statuses by the same event are told apart by who made them, or by what they say."""
    if len(notices) == 1:
        return notices[0]
    if Trigger.ON_ACCOUNT in notices:
        return Trigger.ON_ACCOUNT if event.data.get("method") == "on_account" else Trigger.PAID
    if Trigger.EXPIRED in notices:
        return Trigger.EXPIRED if event.actor_kind == "system" else Trigger.CANCELLED
    return Trigger.REFUND_PARTIAL if event.data.get("amount") else Trigger.REFUND_REJECTED


@cache
def _notices() -> dict[tuple[str, str, str], tuple[str, ...]]:
    """The notices of the table by event and statuses."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for row in TRANSITIONS:
        if row.notice:
            found.setdefault((row.event.type, str(row.from_), str(row.to)), {})[row.notice] = None
    return {move: tuple(notices) for move, notices in found.items()}
