"""One row of a file as a fact, or the reason why it is none."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.services.items import MAX_QUANTITY
from orders.services.moves import MAX_MONEY

FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日",
)  # fmt: skip
# What the British wholesaler writes in the column of codes without meaning goods.
CARRIAGE = frozenset({"POST", "DOT", "C2", "C3"})
DISCOUNT = frozenset({"D"})
NO_GOODS = frozenset(
    {"M", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS", "ADJUST", "ADJUST2", "SP1002"}
)
TEXT_LIMIT = 200


class Kind(StrEnum):
    """What a row is about."""

    SALE = "sale"
    RETURN = "return"
    STOCK = "stock"
    CARRIAGE = "carriage"
    DISCOUNT = "discount"


class RowRefused(ValueError):
    """A row that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an invoice. `placed_at` is aware; `price` is for one piece; `quantity` keeps its sign."""

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

    @property
    def amount(self) -> Decimal:
        """Quantity × price."""
        return self.price * self.quantity


def parse_row(line: int, fields: dict[str, Any], *, is_uci: bool) -> Row:
    """Read the fields of a row. Raises RowRefused."""
    invoice, sku = _text(fields, "invoice"), _text(fields, "sku").upper()
    if not invoice or len(invoice) > 40:
        raise RowRefused(_("没有订单号"))
    if not sku or len(sku) > 64:
        raise RowRefused(_("没有货号"))
    quantity, price = _whole(fields.get("quantity")), _money(fields.get("unit_price"))
    customer_id = _text(fields, "customer_id").removesuffix(".0")
    known = bool(customer_id or _text(fields, "phone") or _text(fields, "customer_name"))
    names = (
        "customer_name",
        "phone",
        "country",
        "province",
        "city",
        "district",
        "street",
        "color",
        "size",
        "note",
    )
    return Row(
        line=line,
        invoice=invoice,
        kind=_kind(invoice, sku, quantity, price, known=known, is_uci=is_uci),
        sku=sku,
        name=_text(fields, "name"),
        quantity=quantity,
        placed_at=_moment(fields.get("placed_at")),
        price=price,
        customer_id=customer_id[:60],
        currency=_text(fields, "currency").upper()[:3] or ("GBP" if is_uci else "CNY"),
        rest={name: text for name in names if (text := _text(fields, name))},
    )  # fmt: skip


def _kind(invoice: str, sku: str, quantity: int, price: Decimal, *, known: bool, is_uci: bool) -> Kind:
    """The rules of docs/operations.md, in their order. Raises RowRefused."""
    returned = bool(re.fullmatch("[Cc][0-9]+", invoice))
    if is_uci and sku in NO_GOODS:
        raise RowRefused(_("不是商品：%(sku)s") % {"sku": sku})
    if is_uci and sku in CARRIAGE and not returned:
        return Kind.CARRIAGE
    if is_uci and sku in DISCOUNT and not returned:
        return Kind.DISCOUNT
    if returned:
        if quantity > 0:
            raise RowRefused(_("退货单里的数量应为负数"))
        return Kind.RETURN
    if price == 0 and not known:
        return Kind.STOCK
    if quantity < 0:
        raise RowRefused(_("数量为负，但不是退货单"))
    return Kind.SALE


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"\s+", " ", str("" if value is None else value).replace("\x00", "")).strip()[:TEXT_LIMIT]


def _whole(value: Any) -> int:
    try:
        number = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation as error:
        raise RowRefused(_("数量读不懂：%(value)s") % {"value": str(value)[:40]}) from error
    if not number.is_finite() or number != number.to_integral_value() or not 0 < abs(number) <= MAX_QUANTITY:
        raise RowRefused(_("数量不正确：%(value)s") % {"value": str(value)[:40]})
    return int(number)


def _money(value: Any) -> Decimal:
    try:
        number = Decimal(str(value).strip().lstrip("¥￥£$").replace(",", ""))
    except InvalidOperation as error:
        raise RowRefused(_("单价读不懂：%(value)s") % {"value": str(value)[:40]}) from error
    if not number.is_finite() or not 0 <= number <= MAX_MONEY:
        raise RowRefused(_("单价不正确：%(value)s") % {"value": str(value)[:40]})
    return number.quantize(Decimal("0.01"))


def _moment(value: Any) -> datetime:
    """A time in the shop's zone; files say none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else timezone.make_aware(value)
    if isinstance(value, date):
        return timezone.make_aware(datetime(value.year, value.month, value.day))
    text = str(value or "").strip().replace("T", " ")
    for form in FORMATS:
        try:
            return timezone.make_aware(datetime.strptime(text, form))
        except ValueError:
            continue
    raise RowRefused(_("时间读不懂：%(value)s") % {"value": text[:40]})
