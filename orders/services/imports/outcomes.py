"""Mapping the status words of a file to the outcome of an order."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from orders.models import Status
from orders.services.imports.columns import Dialect
from orders.services.imports.values import RowRefused, cell_text


class Outcome(StrEnum):
    """How far an order came. No money is written for the first two."""

    UNPAID = "unpaid"
    CANCELLED = "cancelled"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    REFUNDED = "refunded"


WORDS: dict[Outcome, str] = {
    Outcome.UNPAID: "等待买家付款 待付款 未付款 等待付款 待支付 未支付 等待支付 unpaid pending pendingpayment awaitingpayment authorized",
    Outcome.CANCELLED: "交易关闭 已关闭 订单关闭 订单已关闭 交易已关闭 已取消 取消 订单取消 订单已取消 交易取消 已作废 作废 超时关闭 "
    "付款以前卖家或买家主动关闭交易 cancelled canceled voided expired",
    Outcome.PAID: "买家已付款 买家已付款等待卖家发货 等待卖家发货 待发货 等待发货 已付款 已支付 已付款待发货 已支付待配货 待配货 配货中 备货中 "
    "paid processing picking awaitingshipment",
    Outcome.SHIPPED: "卖家已发货 卖家已发货等待买家确认 卖家已发货等待买家确认收货 等待买家确认收货 等待买家收货 待收货 已发货 已发货待收货 "
    "已发货待签收 运输中 shipped intransit",
    Outcome.COMPLETED: "交易成功 交易完成 已完成 订单完成 订单已完成 完成 已收货 已签收 已确认收货 completed complete delivered fulfilled",
    Outcome.REFUNDED: "退款成功 已退款 全额退款 退款完成 付款以后用户退款成功交易自动关闭 refunded",
}
BY_WORD = {word: outcome for outcome, words in WORDS.items() for word in words.split()}
STATUS = {
    Outcome.UNPAID: Status.PENDING_PAYMENT,
    Outcome.CANCELLED: Status.CANCELLED,
    Outcome.PAID: Status.PAID,
    Outcome.SHIPPED: Status.SHIPPED,
    Outcome.COMPLETED: Status.COMPLETED,
    Outcome.REFUNDED: Status.REFUNDED,
}
# Whose goods left the house, and whose money came.
LEFT = frozenset({Outcome.SHIPPED, Outcome.COMPLETED})
PAID = LEFT | {Outcome.PAID, Outcome.REFUNDED}


def row_outcome(fields: dict[str, Any], dialect: Dialect) -> Outcome | None:
    """The outcome that the row gives for its order; None if it says nothing. Raises RowRefused for an unknown word."""
    said = cell_text(fields.get("status"))
    if not said:
        return None
    word = re.sub(r"[\s,.，。、_\-/:()]", "", unicodedata.normalize("NFKC", said)).lower()
    if dialect is Dialect.SHOPIFY:
        return _shopify(
            word, cell_text(fields.get("fulfilment")).lower(), bool(cell_text(fields.get("cancelled")))
        )
    if word not in BY_WORD:
        raise RowRefused(_("不认识的订单状态：%(value)s") % {"value": said[:40]})
    return BY_WORD[word]


def _shopify(money: str, goods: str, cancelled: bool) -> Outcome:
    if money == "refunded":
        return Outcome.REFUNDED
    if cancelled or money in ("voided", "expired"):
        return Outcome.CANCELLED
    if money in ("pending", "authorized", "unpaid"):
        return Outcome.UNPAID
    if money not in ("paid", "partiallyrefunded") or goods not in ("fulfilled", "unfulfilled", ""):
        raise RowRefused(_("不认识的订单状态：%(value)s") % {"value": f"{money} {goods}".strip()[:40]})
    return Outcome.COMPLETED if goods == "fulfilled" else Outcome.PAID


def one_outcome(said: Iterable[Outcome | None], *, has_column: bool) -> Outcome:
    """The outcome of a whole order; without such a column it is history and completed. Raises RowRefused."""
    known = {each for each in said if each is not None}
    if len(known) > 1:
        raise RowRefused(_("同一订单写了两种状态"))
    if not known and has_column:
        raise RowRefused(_("没有写订单状态"))
    return known.pop() if known else Outcome.COMPLETED
