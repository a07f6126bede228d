"""The events of orders and stock, one file for each topic."""

from orders.events.after_sales import AfterSalesMoved
from orders.events.base import OrderEvent
from orders.events.changes import (
    INTERNAL_FIELDS,
    ChangeEscalated,
    ChangeRejected,
    ChangeRequested,
    FieldsEvent,
    OrderChanged,
)
from orders.events.orders import (
    EvaluationAnswered,
    OrderAcknowledged,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderEvaluated,
    OrderPicking,
    OrderPickReleased,
    OrderPrinted,
    OrderUrged,
)
from orders.events.outside import OutsideNotTold, OutsideRefused, Told
from orders.events.payments import (
    DebtReduced,
    DepositReleased,
    OrderPaid,
    OrderRefunded,
    OrderRefunding,
    OrderRefundRejected,
    PartRefunded,
    PaymentRecorded,
)
from orders.events.quotes import (
    QuoteAccepted,
    QuoteDeclined,
    QuoteEvent,
    QuoteExpired,
    QuoteSent,
    QuoteWithdrawn,
)
from orders.events.shipments import (
    OrderDelivered,
    OrderShipped,
    ParcelAlerted,
    ParcelTaskSettled,
    ShipmentUpdated,
)
from orders.events.shortages import ShortageEvent, ShortageFound, ShortageSettled
from orders.events.stock import StockBack, StockEvent, StockLow, StockReplenished

__all__ = [
    "INTERNAL_FIELDS",
    "AfterSalesMoved",
    "ChangeEscalated",
    "ChangeRejected",
    "ChangeRequested",
    "DebtReduced",
    "DepositReleased",
    "EvaluationAnswered",
    "FieldsEvent",
    "OrderAcknowledged",
    "OrderCancelled",
    "OrderChanged",
    "OrderCompleted",
    "OrderCreated",
    "OrderDelivered",
    "OrderEvaluated",
    "OrderEvent",
    "OrderPaid",
    "OrderPickReleased",
    "OrderPicking",
    "OrderPrinted",
    "OrderRefundRejected",
    "OrderRefunded",
    "OrderRefunding",
    "OrderShipped",
    "OrderUrged",
    "OutsideNotTold",
    "OutsideRefused",
    "ParcelAlerted",
    "ParcelTaskSettled",
    "PartRefunded",
    "PaymentRecorded",
    "QuoteAccepted",
    "QuoteDeclined",
    "QuoteEvent",
    "QuoteExpired",
    "QuoteSent",
    "QuoteWithdrawn",
    "ShipmentUpdated",
    "ShortageEvent",
    "ShortageFound",
    "ShortageSettled",
    "StockBack",
    "StockEvent",
    "StockLow",
    "StockReplenished",
    "Told",
]
