"""What 有赞 calls things, and what they are here."""

from orders.models import Status

KIND = "youzan"

# Codes that are not here are parked until a person has mapped them.
STATUSES: dict[str, str] = {
    "WAIT_BUYER_PAY": Status.PENDING_PAYMENT.value,
    "TRADE_PAID": Status.PAID.value,
    "WAIT_SELLER_SEND_GOODS": Status.PAID.value,
    "WAIT_BUYER_CONFIRM_GOODS": Status.SHIPPED.value,
    "TRADE_BUYER_SIGNED": Status.DELIVERED.value,
    "TRADE_SUCCESS": Status.COMPLETED.value,
    "TRADE_CLOSED": Status.CANCELLED.value,
}
# Messages that name an order and no status of it.
STATUS_OF_TYPE: dict[str, str] = {
    "trade_TradeBuyerPay": "TRADE_PAID",
    "trade_TradePaid": "TRADE_PAID",
    "trade_TradeSellerShip": "WAIT_BUYER_CONFIRM_GOODS",
    "trade_TradeSuccess": "TRADE_SUCCESS",
    "trade_TradeClose": "TRADE_CLOSED",
}
# What is told of an order; all else that is pushed is answered and left.
ABOUT_ORDERS = "trade_"
