from orders.models.after_sales import AfterSalesCase, AfterSalesLine
from orders.models.changes import ChangeKind, ChangePolicy, ChangeRequest, Handler
from orders.models.evaluations import Evaluation
from orders.models.imports import ImportedDocument, UnfinishedDocument
from orders.models.numbers import NumberDay
from orders.models.order import Order, OrderLine
from orders.models.payments import DebtReduction, Payment, Refund, Repayment
from orders.models.products import Product, TierPrice, Variant
from orders.models.quotes import Quote, QuoteLine
from orders.models.reveals import ContactChange, ContactReveal
from orders.models.shipments import ParcelTask, Shipment, ShipmentLine, TrackingNode
from orders.models.shortages import MissingReport, ShortageTask
from orders.models.statuses import Status
from orders.models.stock import StockMovement, StockReservation
from orders.models.urges import Urge
from orders.models.warehouse import WarehouseAlert

__all__ = [
    "AfterSalesCase",
    "AfterSalesLine",
    "ChangeKind",
    "ChangePolicy",
    "ChangeRequest",
    "ContactChange",
    "ContactReveal",
    "DebtReduction",
    "Evaluation",
    "Handler",
    "ImportedDocument",
    "MissingReport",
    "NumberDay",
    "Order",
    "OrderLine",
    "ParcelTask",
    "Payment",
    "Product",
    "Quote",
    "QuoteLine",
    "Refund",
    "Repayment",
    "Shipment",
    "ShipmentLine",
    "ShortageTask",
    "Status",
    "StockMovement",
    "StockReservation",
    "TierPrice",
    "TrackingNode",
    "UnfinishedDocument",
    "Urge",
    "Variant",
    "WarehouseAlert",
]
