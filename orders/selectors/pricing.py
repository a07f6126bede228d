"""The price of an order: one calculation for every form that shows a price and for what is saved."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from orders.models import Order, OrderLine, Variant
from orders.reading.amounts import CENT, MAX_MONEY, read_count, read_money
from orders.selectors.credit import credit_left, credit_refusal
from orders.selectors.items import MAX_QUANTITY, ItemInput, price_items, variants_by_sku, with_stored_skus
from shopcomm.core.accounts.models import Customer
from shopcomm.core.text import HOME_CURRENCY

ZERO = Decimal(0)
# A line as it counts for a sum: SKU, pieces, price of one.
Row = tuple[str, int, Decimal]


@dataclass(frozen=True)
class Shopping:
    """What somebody puts together in a form, for whom, on top of which order."""

    customer: Customer
    items: list[ItemInput]
    discount: Decimal | None = ZERO
    shipping_fee: Decimal | None = ZERO
    # An order that is there already: its prices stay, and its pieces are held for it.
    order: Order | None = None
    # To be paid later: it counts against the customer's limit.
    on_account: bool = False


@dataclass(frozen=True)
class LinePrice:
    """One line with what it costs. `unit_price` is None for what nobody sells."""

    sku: str
    name: str
    spec: str
    quantity: int
    unit_price: Decimal | None
    # The customer's price by the list, when the line has another.
    list_price: Decimal | None = None
    variant: Variant | None = None

    @property
    def amount(self) -> Decimal:
        return (self.unit_price or ZERO) * self.quantity

    @property
    def is_own_price(self) -> bool:
        """Whether somebody of the shop named the price."""
        return self.list_price is not None and self.unit_price != self.list_price

    @property
    def is_wholesale(self) -> bool:
        """Whether it is a step of the wholesale prices."""
        return self.variant is not None and not self.is_own_price and self.unit_price != self.variant.price


@dataclass(frozen=True)
class OrderPrice:
    """What an order would cost, with everything that speaks against it."""

    customer: Customer
    lines: list[LinePrice]
    discount: Decimal
    shipping_fee: Decimal
    warnings: list[str] = field(default_factory=list)
    # What the customer may still owe; None for who buys nothing on account.
    credit_left: Decimal | None = None
    order: Order | None = None
    on_account: bool = False

    @property
    def currency(self) -> str:
        """The order's; a new one is in the shop's own, as its prices are."""
        return self.order.currency if self.order else HOME_CURRENCY

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def goods_total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO).quantize(CENT)

    @property
    def total(self) -> Decimal:
        return self.goods_total - self.discount + self.shipping_fee

    @property
    def is_complete(self) -> bool:
        """Whether every line has its price."""
        return bool(self.lines) and all(line.unit_price is not None for line in self.lines)

    @property
    def difference(self) -> Decimal:
        """What the order would cost more than now; below zero, less."""
        return self.total - (self.order.total if self.order else ZERO)

    @property
    def is_over_credit(self) -> bool:
        """Whether this could not go on account: all of a new order counts, of one that is on account what is added."""
        more = self.difference if self.order and self.order.on_account else self.total
        return self.credit_left is not None and more > 0 and more > self.credit_left

    @property
    def mark(self) -> str:
        """What the form was filled in with, for `order_price_mark` of what is saved to be compared with."""
        rows = [(line.sku, line.quantity, line.unit_price or ZERO) for line in self.lines]
        return order_price_mark(rows, self.discount, self.shipping_fee)


def order_price_mark(rows: Iterable[Row], discount: Decimal, shipping_fee: Decimal) -> str:
    """A short text that is another as soon as one count, one price or one sum is."""
    told = [f"{sku}*{quantity}@{price:.2f}" for sku, quantity, price in rows]
    return sha256(";".join([*sorted(told), f"{discount:.2f}", f"{shipping_fee:.2f}"]).encode()).hexdigest()


def saved_price_mark(order: Order) -> str:
    """The mark of an order as it is saved."""
    rows = order.lines.values_list("sku", "quantity", "unit_price")
    return order_price_mark(rows, order.discount, order.shipping_fee)


def price_as_it_is(order: Order) -> OrderPrice:
    """What an order costs already, as a form of it begins."""
    items = [ItemInput(line.sku, line.quantity, line.unit_price) for line in order.lines.all()]
    return price_order(Shopping(order.customer, items, order.discount, order.shipping_fee, order))


def price_of_goods(order: Order, rows: list[dict[str, Any]]) -> OrderPrice:
    """What an order costs with other goods: `rows` as a change asks for them, and the rest as it was agreed."""
    items = [ItemInput(str(row["sku"]), row["quantity"], row.get("unit_price")) for row in rows]
    return price_order(Shopping(order.customer, items, order.discount, order.shipping_fee, order))


def price_order(wanted: Shopping) -> OrderPrice:
    """What this would cost now, by the same rules by which it is saved. Writes and locks nothing."""
    order = wanted.order
    old = {line.sku: line for line in order.lines.select_related("variant")} if order else {}
    wanted = replace(wanted, items=with_stored_skus(wanted.items))
    variants = variants_by_sku(wanted.items)
    countable = [item for item in wanted.items if 0 < read_count(item.quantity) <= MAX_QUANTITY]
    lines = _lines(countable, variants, old, wanted.customer)
    discount, fee = wanted.discount or ZERO, wanted.shipping_fee or ZERO
    limit = wanted.customer.credit_limit if wanted.customer.pk else ZERO
    on_account = order.on_account if order else wanted.on_account
    price = OrderPrice(
        customer=wanted.customer,
        lines=lines,
        discount=discount,
        shipping_fee=fee,
        order=order,
        on_account=on_account,
    )
    refusal = credit_refusal(wanted.customer, price.currency)
    if not refusal and (limit > 0 or on_account):
        price = replace(price, credit_left=_credit_left(wanted.customer))
    if refusal and on_account and price.difference > 0:
        price.warnings.append(refusal)
    price.warnings.extend(_warnings(price, wanted, variants, old))
    return price


def _credit_left(customer: Customer) -> Decimal:
    """Nobody who is new may owe anything."""
    return credit_left(customer) if customer.pk else ZERO


def _lines(
    items: list[ItemInput], variants: dict[str, Variant], old: dict[str, OrderLine], customer: Customer
) -> list[LinePrice]:
    """Each line as it would be saved; a line of the order keeps its price unless another one is named."""
    kept = {sku: line.unit_price for sku, line in old.items()}
    named = [
        ItemInput(i.sku, i.quantity, kept.get(i.sku) if i.unit_price is None else i.unit_price) for i in items
    ]
    sold = [item for item in named if item.sku in variants and _can_be_price(item)]
    priced = iter(zip(price_items(sold, variants, customer), _by_list(sold, variants, customer), strict=True))
    lines = []
    for item in named:
        if item in sold:
            row, usual = next(priced)
            goods = (row.variant.sku, row.variant.product.name, row.variant.spec)
            lines.append(LinePrice(*goods, row.quantity, row.unit_price, usual, row.variant))
        else:
            lines.append(_unsold(item, old.get(item.sku)))
    return lines


def _can_be_price(item: ItemInput) -> bool:
    return item.unit_price is None or ((price := read_money(item.unit_price)) is not None and price >= 0)


def _by_list(items: list[ItemInput], variants: dict[str, Variant], customer: Customer) -> list[Decimal]:
    rows = price_items([ItemInput(i.sku, i.quantity) for i in items], variants, customer)
    return [row.unit_price for row in rows]


def _unsold(item: ItemInput, line: OrderLine | None) -> LinePrice:
    """Goods that are not in the catalogue any more, or never were."""
    if line is None:
        return LinePrice(item.sku, "", "", int(item.quantity), None)
    return LinePrice(
        line.sku, line.name, line.spec, int(item.quantity), read_money(item.unit_price), None, line.variant
    )


def _warnings(
    price: OrderPrice, wanted: Shopping, variants: dict[str, Variant], old: dict[str, OrderLine]
) -> list[str]:
    """What would be refused, or what sales ought to know, in words."""
    told = _about_goods(price, variants, old)
    odd = [item.sku for item in wanted.items if not 0 < read_count(item.quantity) <= MAX_QUANTITY]
    if odd:
        told.append(_("数量不正确：%(skus)s") % {"skus": _("、").join(odd[:10])})
    if any(item.sku in variants and not _can_be_price(item) for item in wanted.items):
        told.append(_("单价不正确"))
    if wanted.discount is None or wanted.shipping_fee is None or not 0 <= price.total <= MAX_MONEY:
        told.append(_("金额不正确"))
    if price.is_over_credit and (price.on_account or not price.order):
        told.append(_("超过赊账余额，不能赊账下单"))
    return told


def _about_goods(price: OrderPrice, variants: dict[str, Variant], old: dict[str, OrderLine]) -> list[str]:
    told: list[str] = []
    counts: Counter[str] = Counter()
    for line in price.lines:
        counts[line.sku] += line.quantity
    unknown = [sku for sku in counts if sku not in variants and sku not in old]
    if unknown:
        told.append(_("没有这些商品：%(skus)s") % {"skus": _("、").join(unknown[:10])})
    for sku, variant in variants.items():
        had = old[sku].quantity if sku in old else 0
        there = variant.available + had
        if counts[sku] < variant.min_quantity:
            told.append(_("%(sku)s 起订 %(count)s 件") % {"sku": sku, "count": variant.min_quantity})
        if counts[sku] > there:
            values = {"sku": sku, "wanted": counts[sku], "there": there}
            told.append(_("%(sku)s 要 %(wanted)s 件，只有 %(there)s 件") % values)
    return told
