"""What goods cost by the list when somebody asked for them, and whether the list says so still.

Nothing happens to an order when a price of the list moves, so its version cannot tell. A request therefore keeps the
price that was shown with each of its new goods (`list_price`), and is granted at that one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from orders.models import Variant
from orders.policies.change_merging import Clash
from orders.selectors.items import ItemInput, price_items, variants_by_sku
from shopcomm.core.accounts.models import Customer

LIST_PRICE = "list_price"
Row = dict[str, Any]


def with_list_prices(rows: Sequence[Row], held: Collection[str], customer: Customer) -> list[Row]:
    """Wanted lines, each of goods that an order does not have (`held`: what it has) with its price by the list.

    A line whose price somebody named is not priced by the list, and one that is there keeps its own.
    """
    new = [row for row in rows if row["sku"] not in held and row.get("unit_price") is None]
    prices = _by_list(new, customer, None)
    return [
        row | {LIST_PRICE: str(prices[row["sku"]])} if row in new and row["sku"] in prices else row
        for row in rows
    ]


def rows_at_list_price(data: Mapping[str, Any]) -> list[Row]:
    """The lines of a request that were asked for at a price of the list."""
    rows = data.get("items") or []
    return [row for row in rows if LIST_PRICE in row and row.get("unit_price") is None]


def price_clashes(
    data: Mapping[str, Any],
    held: Collection[str],
    customer: Customer,
    variants: dict[str, Variant] | None = None,
) -> list[Clash]:
    """The wanted goods whose price by the list is another than when they were asked for.

    Who shows many requests at once passes the `variants` of them all.
    """
    asked = [row for row in rows_at_list_price(data) if row["sku"] not in held]
    now = _by_list(asked, customer, variants)
    return [
        Clash(LIST_PRICE, row[LIST_PRICE], str(now[row["sku"]]), row[LIST_PRICE], sku=row["sku"])
        for row in asked
        if row["sku"] in now and now[row["sku"]] != Decimal(row[LIST_PRICE])
    ]


def clash_price_mark(clashes: Iterable[Clash]) -> str:
    """A short text that is another as soon as one of the prices in sight is; empty where none has moved."""
    moved = sorted(f"{each.sku}@{each.now}" for each in clashes if each.field == LIST_PRICE)
    return sha256(";".join(moved).encode()).hexdigest()[:20] if moved else ""


def at_asked_prices(data: dict[str, Any], before: Mapping[str, Any], held: Collection[str]) -> dict[str, Any]:
    """A request with the price that was shown with its goods, where the order does not have them any more or yet."""
    if "items" not in data:
        return data
    agreed = {row["sku"]: row["unit_price"] for row in before.get("items") or []}
    rows = []
    for row in data["items"]:
        shown = row.get(LIST_PRICE) or agreed.get(row["sku"])
        free = row.get("unit_price") is None and row["sku"] not in held
        rows.append(row | {"unit_price": shown} if free and shown is not None else row)
    return data | {"items": rows}


def _by_list(
    rows: Sequence[Row], customer: Customer, variants: dict[str, Variant] | None
) -> dict[str, Decimal]:
    """By SKU, for goods that are sold; the step of the wholesale prices is the whole count's."""
    items = [ItemInput(str(row["sku"]), row["quantity"]) for row in rows]
    if variants is None:
        variants = variants_by_sku(items) if items else {}
    sold = [item for item in items if item.sku in variants]
    return {row.variant.sku: row.unit_price for row in price_items(sold, variants, customer)}
