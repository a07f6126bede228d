"""Requested items: variants by SKU, quantities, and the price of each."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from django.db.models import Q
from django.utils.translation import gettext as _

from orders.models import Order, OrderLine, Variant
from orders.reading.amounts import CENT, MAX_MONEY, read_count, read_money
from orders.selectors.products import written_skus
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer

MAX_QUANTITY = 100_000
# Lines of one order.
MAX_LINES = 1000

Failure = tuple[str, str]


@dataclass(frozen=True)
class ItemInput:
    """One line as asked for. Without a price it gets the customer's."""

    sku: str
    quantity: int
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class PricedItem:
    """One line with its variant and the price it is sold for."""

    variant: Variant
    quantity: int
    unit_price: Decimal


def variants_by_sku(items: list[ItemInput], *, kept: Collection[str] = ()) -> dict[str, Variant]:
    """The variants that are on sale, by SKU; and those an order has already (`kept`), on sale or not."""
    skus = {str(item.sku).replace("\x00", "") for item in items}
    on_sale = Q(is_active=True, product__is_active=True) | Q(sku__in=kept)
    found = Variant.objects.select_related("product").prefetch_related("tiers").filter(sku__in=skus)
    return {variant.sku: variant for variant in found.filter(on_sale)}


def with_stored_skus(items: Iterable[ItemInput]) -> list[ItemInput]:
    """The same items by their SKUs as the shop writes them."""
    items = list(items)
    written = written_skus(str(item.sku) for item in items)
    return [replace(item, sku=written[str(item.sku)]) for item in items]


def check_items(
    items: list[ItemInput],
    variants: dict[str, Variant],
    actor: Actor,
    *,
    offered: bool = False,
    agreed: Mapping[str, int] = MappingProxyType({}),
) -> list[Failure]:
    """Why these lines cannot be ordered, guard by guard.

    `offered`: the shop itself named counts and prices. `agreed`: what the order has by SKU; that much may always stay.
    """
    if not items:
        return [("lines_required", _("请至少选择一件商品"))]
    failures: list[Failure] = []
    unknown = [str(item.sku) for item in items if item.sku not in variants]
    if unknown:
        failures.append(("sku_unknown", _("没有这些商品：%(skus)s") % {"skus": _("、").join(unknown[:10])}))
    odd = [item.sku for item in items if not 0 < read_count(item.quantity) <= MAX_QUANTITY]
    if odd:
        failures.append(("quantity_invalid", _("数量不正确：%(skus)s") % {"skus": _("、").join(odd[:10])}))
    counts = Counter(dict.fromkeys(variants, 0))
    for item in items:
        counts[item.sku] += max(read_count(item.quantity), 0)
    failures += _check_on_sale(variants, counts, agreed)
    few = [
        f"{sku}≥{row.min_quantity}"
        for sku, row in variants.items()
        if counts[sku] < row.min_quantity and counts[sku] != agreed.get(sku)
    ]
    if few and not odd and not offered:
        failures.append(("qty_below_minimum", _("低于起订量：%(skus)s") % {"skus": _("、").join(few)}))
    if any(not _price_allowed(item, actor.may("orders.name_prices") or offered) for item in items):
        failures.append(("price_invalid", _("单价不正确")))
    return failures


def _check_on_sale(
    variants: dict[str, Variant], counts: Mapping[str, int], agreed: Mapping[str, int]
) -> list[Failure]:
    """What is no longer sold may stay or become less, but not more."""
    over = [
        sku
        for sku, row in variants.items()
        if not (row.is_active and row.product.is_active) and counts[sku] > agreed.get(sku, 0)
    ]
    return (
        [("sku_discontinued", _("已停售，不能再加：%(skus)s") % {"skus": _("、").join(over[:10])})]
        if over
        else []
    )


def _price_allowed(item: ItemInput, by_shop: bool) -> bool:
    """Customers do not name prices; the shop may, down to a gift."""
    if item.unit_price is None:
        return True
    price = read_money(item.unit_price)
    return by_shop and price is not None and price >= 0


def price_items(items: list[ItemInput], variants: dict[str, Variant], customer: Customer) -> list[PricedItem]:
    """The lines with the price agreed, else the wholesale tier of the whole count, else retail."""
    counts: Counter[str] = Counter()
    for item in items:
        counts[item.sku] += int(item.quantity)
    priced = []
    for item in items:
        variant = variants[item.sku]
        price = read_money(item.unit_price) if item.unit_price is not None else None
        if price is None:
            price = list_price(variant, counts[item.sku], customer)
        priced.append(PricedItem(variant, int(item.quantity), price))
    return priced


def list_price(variant: Variant, quantity: int, customer: Customer) -> Decimal:
    """What this customer pays for a piece when buying so many."""
    if customer.tier == Customer.Tier.WHOLESALE:
        reached = [tier for tier in variant.tiers.all() if tier.min_quantity <= quantity]
        if reached:
            return max(reached, key=lambda tier: tier.min_quantity).price
    return variant.price


def new_line(order: Order, row: PricedItem) -> OrderLine:
    """A line with name, specification and price as agreed."""
    return OrderLine(
        order=order,
        variant=row.variant,
        sku=row.variant.sku,
        name=row.variant.product.name,
        spec=row.variant.spec[:120],
        quantity=row.quantity,
        unit_price=row.unit_price,
    )


def goods_total(priced: list[PricedItem]) -> Decimal:
    """The sum of the lines."""
    return sum((row.unit_price * row.quantity for row in priced), Decimal(0)).quantize(CENT)


def check_total(total: Decimal) -> list[Failure]:
    """Whether a sum can be an order's total."""
    return [] if 0 <= total <= MAX_MONEY else [("price_invalid", _("订单金额不正确"))]
