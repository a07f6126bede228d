"""Parsing one row of a file, or the reason why it is refused."""

import hashlib
import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.services.imports.columns import Dialect
from orders.services.imports.outcomes import Outcome, row_outcome
from orders.services.imports.values import (
    RowRefused,
    cell_count,
    cell_moment,
    cell_text,
    code_of,
    currency_of,
    money_of,
)

# What the British wholesaler writes in the column of codes without meaning goods.
CARRIAGE = frozenset({"POST", "DOT", "C2", "C3"})
DISCOUNT = frozenset({"D"})
NO_GOODS = frozenset(
    {"M", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "ADJUST", "ADJUST2", "SP1002"}
)
RETURN = re.compile("[Cc][0-9]+")
TEXTS = ("customer_name", "member", "receiver", "phone", "country", "province", "city", "district", "street",
         "color", "size", "note", "carrier", "tracking")  # fmt: skip
# Steps of the order that a file may tell: what of them cannot be read is not worth an order.
MOMENTS = ("paid_at", "shipped_at", "closed_at")
# What people call the sums of an order, and the price.
SUMS = {
    "freight": gettext_lazy("运费"),
    "adjustment": gettext_lazy("优惠"),
    "discount": gettext_lazy("优惠"),
    "line_discount": gettext_lazy("优惠"),
    "tax": gettext_lazy("税费"),
    "paid": gettext_lazy("实付款"),
    "refunded": gettext_lazy("退款金额"),
}
PRICE = gettext_lazy("单价")
LONGEST_INVOICE, LONGEST_SKU = 40, 64


class Kind(StrEnum):
    """What a row is about."""

    SALE = "sale"
    RETURN = "return"
    STOCK = "stock"
    CARRIAGE = "carriage"
    DISCOUNT = "discount"


class NoGoods(RowRefused):
    """A row that is left out, and its invoice is whole without it."""


class Row(NamedTuple):
    """A line of an invoice. `placed_at` is aware; `price` is for one piece, unrounded; `quantity` keeps its sign.

    `sums`: what the row says of the whole order, such as freight; `moments`: when it was paid, sent and closed.
    """

    line: int
    invoice: str
    kind: Kind
    sku: str
    name: str
    quantity: int
    placed_at: datetime
    price: Decimal
    customer_id: str
    currency: str
    rest: dict[str, str]
    sums: dict[str, Decimal]
    outcome: Outcome | None
    moments: dict[str, datetime]

    @property
    def amount(self) -> Decimal:
        """Quantity × price."""
        return self.price * self.quantity

    @property
    def mark(self) -> str:
        """Tells this row from others of its invoice, whoever wrote it: what, how many, for how much."""
        said = f"{self.kind}|{self.sku}|{self.quantity}|{self.price.normalize():f}"
        return hashlib.blake2b(said.encode(), digest_size=5).hexdigest()


def invoice_of(fields: dict[str, Any]) -> str:
    """The order's number in a row. Raises RowRefused."""
    invoice = code_of(fields.get("invoice")).removeprefix("#")
    if not invoice or len(invoice) > LONGEST_INVOICE:
        raise RowRefused(_("没有订单号"))
    return invoice


def parse_row(
    line: int,
    fields: dict[str, Any],
    *,
    dialect: Dialect,
    comma: bool = False,
    day_first: bool = False,
    zone: str = "",
) -> Row:
    """Read the fields of a row. `comma`: commas mark decimals; `day_first`: 5/3/2026 is in March; `zone`: the shop's.

    Raises RowRefused, NoGoods.
    """
    invoice, sku = invoice_of(fields), code_of(fields.get("sku")).upper()
    if not sku or len(sku) > LONGEST_SKU:
        raise RowRefused(_("没有货号"))
    quantity = cell_count(fields.get("quantity"), comma=comma)
    price, sign = money_of(fields.get("unit_price"), what=PRICE, comma=comma)
    if price < 0:
        value = cell_text(fields.get("unit_price"))[:40]
        raise RowRefused(_("%(what)s不正确：%(value)s") % {"what": PRICE, "value": value})
    customer_id = cell_text(fields.get("customer_id")).removesuffix(".0")
    known = bool(customer_id or "phone" in fields or "customer_name" in fields)
    sums = {name: money_of(fields[name], what=SUMS[name], comma=comma) for name in SUMS if name in fields}
    return Row(
        line=line,
        invoice=invoice,
        kind=_kind(invoice, sku, quantity, price, known=known, is_uci=dialect is Dialect.UCI),
        sku=sku,
        name=cell_text(fields.get("name"))[:200],
        quantity=quantity,
        placed_at=cell_moment(fields.get("placed_at"), day_first=day_first, zone=zone),
        price=price,
        customer_id=customer_id[:60],
        currency=_currency(fields, {sign, *(each for _amount, each in sums.values())}, dialect),
        rest={name: text for name in TEXTS if name in fields and (text := cell_text(fields[name]))},
        sums={name: amount for name, (amount, _sign) in sums.items()},
        outcome=row_outcome(fields, dialect),
        moments={
            name: told
            for name in MOMENTS
            if name in fields and (told := _told(fields[name], day_first, zone))
        },
    )


def _told(value: Any, day_first: bool, zone: str) -> datetime | None:
    """A moment, or None for what is none: exports write `-`, `无` or `0000-00-00` where nothing happened."""
    try:
        return cell_moment(value, day_first=day_first, zone=zone)
    except RowRefused:
        return None


def _currency(fields: dict[str, Any], signs: set[str], dialect: Dialect) -> str:
    """The one currency of a row: what its cells, its column or its head say. Raises RowRefused for two."""
    said = {each for each in (currency_of(cell_text(fields.get("currency"))), *signs) if each}
    if len(said) > 1:
        raise RowRefused(_("同一行写了两种币种：%(codes)s") % {"codes": "、".join(sorted(said))})
    return said.pop() if said else "GBP" if dialect is Dialect.UCI else "CNY"


def _kind(invoice: str, sku: str, quantity: int, price: Decimal, *, known: bool, is_uci: bool) -> Kind:
    """The rules of docs/operations.md, in their order. Raises RowRefused."""
    returned = is_uci and bool(RETURN.fullmatch(invoice))
    if is_uci and sku in NO_GOODS:
        raise NoGoods(_("不是商品：%(sku)s") % {"sku": sku})
    if is_uci and sku in CARRIAGE and not returned:
        return Kind.CARRIAGE
    if is_uci and sku in DISCOUNT and not returned:
        return Kind.DISCOUNT
    if returned:
        if quantity > 0:
            raise RowRefused(_("退货单里的数量应为负数"))
        return Kind.RETURN
    if is_uci and price == 0 and not known:
        return Kind.STOCK
    if quantity < 0:
        raise RowRefused(_("数量为负，但不是退货单"))
    return Kind.SALE
