"""What can happen to an order and to stock: the vocabulary everybody else listens to."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from shopcomm.core.events.publish import Event


@dataclass(frozen=True, kw_only=True)
class OrderEvent(Event):
    """A fact of one order. `version` counts the order's events; the statuses are equal when it stayed where it was."""

    number: str
    version: int
    status_from: str
    status_to: str
    # Of every amount the event names.
    currency: str = "CNY"


@dataclass(frozen=True, kw_only=True)
class OrderCreated(OrderEvent):
    type: ClassVar[str] = "order.created"
    total: str
    lines: int
    source: str = ""
    urgent: bool = False
    # The number of the quote that it came of.
    quote: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderPaid(OrderEvent):
    type: ClassVar[str] = "order.paid"
    # What came; on account nothing came, and `owed` is due on a day (ISO).
    amount: str = "0.00"
    method: str = ""
    owed: str = ""
    due_on: str = ""
    # Below zero where it was too much, and some goes back.
    balance: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentRecorded(OrderEvent):
    """Money came in that did not move the order: a part payment, a later one, or one for a cancelled order."""

    type: ClassVar[str] = "order.payment_recorded"
    amount: str
    method: str
    balance: str
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class OrderPicking(OrderEvent):
    type: ClassVar[str] = "order.picking"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderPickReleased(OrderEvent):
    type: ClassVar[str] = "order.pick_released"


@dataclass(frozen=True, kw_only=True)
class OrderShipped(OrderEvent):
    type: ClassVar[str] = "order.shipped"
    carrier: str
    tracking_number: str
    shipment_id: int
    # Why a manager shipped although a change was open, or a difference was not paid, and how much that was.
    override: str = ""
    unpaid: str = ""


@dataclass(frozen=True, kw_only=True)
class ShipmentUpdated(OrderEvent):
    """A parcel moved on, or left while the rest of the order is still being picked."""

    type: ClassVar[str] = "shipment.updated"
    carrier: str
    tracking_number: str
    shipment_id: int
    state: str = ""
    text: str = ""
    override: str = ""
    unpaid: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(OrderEvent):
    type: ClassVar[str] = "order.delivered"


@dataclass(frozen=True, kw_only=True)
class OrderCompleted(OrderEvent):
    type: ClassVar[str] = "order.completed"


@dataclass(frozen=True, kw_only=True)
class OrderRefunding(OrderEvent):
    type: ClassVar[str] = "order.refunding"
    reason: str
    amount: str


@dataclass(frozen=True, kw_only=True)
class OrderRefundRejected(OrderEvent):
    """A refund was rejected by the shop or withdrawn by the customer; the order is where it was."""

    type: ClassVar[str] = "order.refund_rejected"
    reason: str = ""
    withdrawn: bool = False
    # What of the money goes back all the same.
    amount: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(OrderEvent):
    type: ClassVar[str] = "order.refunded"
    amount: str
    restocked: bool = False


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    type: ClassVar[str] = "order.cancelled"
    reason: str = ""
    # The deposit that stays with the shop, by a manager's decision or the shop's rule; or below zero, what goes back.
    kept: str = ""
    balance: str = ""


@dataclass(frozen=True, kw_only=True)
class DepositReleased(OrderEvent):
    """A deposit that had been kept goes back after all; `balance`, below zero, is what waits to be paid out for it."""

    type: ClassVar[str] = "order.deposit_released"
    amount: str
    balance: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderChanged(OrderEvent):
    """Somebody edited the order; `before` and `after` hold the changed fields only."""

    type: ClassVar[str] = "order.changed"
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    # Of an order past payment whose price has changed: what is to be paid now; below zero, what goes back.
    balance: str = ""
    # The request that asked for it, if one did, and how the customer agreed if it was the shop's wish.
    request_id: int | None = None
    consent: dict[str, Any] = field(default_factory=dict)
    # The row that holds phone and street whole; here they are masked.
    contact_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeRequested(OrderEvent):
    """Somebody asked for a change that another person has to agree to; the order is as it was."""

    type: ClassVar[str] = "order.change_requested"
    request_id: int
    kind: str
    handler: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    contact_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeEscalated(OrderEvent):
    """A request has waited too long; a manager has to look at it."""

    type: ClassVar[str] = "order.change_escalated"
    request_id: int
    kind: str
    handler: str


@dataclass(frozen=True, kw_only=True)
class ChangeRejected(OrderEvent):
    """A request came to nothing: `state` says whether it was declined, withdrawn, expired or void."""

    type: ClassVar[str] = "order.change_rejected"
    request_id: int
    kind: str
    state: str
    reason: str = ""
    # Who ought to have answered: the customer, where the shop had asked.
    handler: str = ""


@dataclass(frozen=True, kw_only=True)
class DebtReduced(OrderEvent):
    """Goods that were not paid for came back: so much less is owed, `balance` after it."""

    type: ClassVar[str] = "order.debt_reduced"
    amount: str
    balance: str
    case_id: int


@dataclass(frozen=True, kw_only=True)
class PartRefunded(OrderEvent):
    """Some of the money went back; the order stays where it is."""

    type: ClassVar[str] = "order.part_refunded"
    amount: str
    purpose: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AfterSalesMoved(OrderEvent):
    """A case was opened or moved on: `state` says where it is, `text` what was said, `amount` what now waits to be
    paid out for it."""

    type: ClassVar[str] = "order.after_sales"
    case_id: int
    kind: str
    state: str
    text: str = ""
    amount: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderUrged(OrderEvent):
    """The customer presses for the order."""

    type: ClassVar[str] = "order.urged"
    urge_id: int


@dataclass(frozen=True, kw_only=True)
class ShortageFound(OrderEvent):
    """Pieces of a paid order are not there: `state` says whether that is new, another number, or laid before the
    customer; void when the pieces came before anybody was asked."""

    type: ClassVar[str] = "order.shortage"
    task_id: int
    sku: str
    goods: str
    missing: int
    state: str


@dataclass(frozen=True, kw_only=True)
class ShortageSettled(OrderEvent):
    """What the customer was asked about missing pieces has its answer: `state` is settled, void, arrived or late."""

    type: ClassVar[str] = "order.shortage_settled"
    task_id: int
    sku: str
    goods: str
    missing: int
    state: str
    choice: dict[str, Any] = field(default_factory=dict)
    consent: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderEvaluated(OrderEvent):
    """The customer rated the order, one to five stars each for goods and service; `edited` when not for the first time."""

    type: ClassVar[str] = "order.evaluated"
    evaluation_id: int
    goods: int
    service: int
    text: str = ""
    edited: bool = False


@dataclass(frozen=True, kw_only=True)
class EvaluationAnswered(OrderEvent):
    """The shop answered what the customer said of the order."""

    type: ClassVar[str] = "order.evaluation_answered"
    evaluation_id: int
    text: str


@dataclass(frozen=True, kw_only=True)
class OrderAcknowledged(OrderEvent):
    """The warehouse has seen a new order, or the change named by `alert_id`."""

    type: ClassVar[str] = "order.acknowledged"
    alert_id: int | None = None
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderPrinted(OrderEvent):
    """A manager had the pick list or the parcel slip printed although a change was open."""

    type: ClassVar[str] = "order.printed"
    paper: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StockLow(Event):
    type: ClassVar[str] = "stock.low"
    sku: str
    available: int
    threshold: int


@dataclass(frozen=True, kw_only=True)
class StockReplenished(Event):
    type: ClassVar[str] = "stock.replenished"
    sku: str
    available: int
    threshold: int


@dataclass(frozen=True, kw_only=True)
class StockBack(Event):
    """A variant that was sold out can be promised again."""

    type: ClassVar[str] = "stock.back"
    sku: str
    available: int


@dataclass(frozen=True, kw_only=True)
class QuoteEvent(Event):
    """A fact of one quote; `order` is the number of the order that it became."""

    quote_id: int
    number: str
    customer_id: int
    total: str
    order: str = ""
    reason: str = ""
    consent: str = ""


@dataclass(frozen=True, kw_only=True)
class QuoteSent(QuoteEvent):
    """Laid before the customer: for the first time, changed, or with a new date."""

    type: ClassVar[str] = "quote.sent"
    valid_until: str


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(QuoteEvent):
    type: ClassVar[str] = "quote.accepted"


@dataclass(frozen=True, kw_only=True)
class QuoteDeclined(QuoteEvent):
    type: ClassVar[str] = "quote.declined"


@dataclass(frozen=True, kw_only=True)
class QuoteExpired(QuoteEvent):
    type: ClassVar[str] = "quote.expired"


@dataclass(frozen=True, kw_only=True)
class QuoteWithdrawn(QuoteEvent):
    type: ClassVar[str] = "quote.withdrawn"
