"""Parsing a change request and comparing it with the order."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import ChangeKind, Order
from orders.reading.amounts import read_count, read_money
from orders.selectors.addresses import COLUMNS, check_address, clean_text, column_text
from orders.selectors.items import MAX_LINES, ItemInput
from orders.selectors.products import written_skus
from orders.services.days import read_day
from orders.services.edits import ADDRESS, MONEY, logged_value
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.phones import written_phone
from shopcomm.core.text import one_line


def parse_change(order: Order, kind: str, given: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The requested change as the services take it. Raises GuardFailed for an invalid one."""
    if kind == ChangeKind.ADDRESS:
        return _address(order, given)
    if kind == ChangeKind.ITEMS:
        return {"items": _items(_named(order, given.get("items")), priced=actor.may("orders.name_prices"))}
    if kind == ChangeKind.URGENT:
        return {"urgent": bool(given.get("urgent", True))}
    if kind == ChangeKind.NOTE:
        return {"note": clean_text(given.get("note"))}
    if kind == ChangeKind.DELIVERY_DATE:
        return _day(order, given)
    if kind == ChangeKind.PRICE:
        raise GuardFailed(("kind_unknown", _("价格由商家提出修改")))
    return {"reason": clean_text(given.get("reason"))[:300] or _("客户取消")}


def parse_shop_change(order: Order, columns: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What the shop wants to change of the agreed order, and the kind of request. Raises GuardFailed."""
    wish: dict[str, Any] = {}
    if not set(ADDRESS).isdisjoint(columns):
        wish |= _address(
            order, {name: columns[column] for name, column in COLUMNS.items() if column in columns}
        )
    for column in set(MONEY) & set(columns):
        amount = read_money(columns[column])
        if amount is None or amount < 0:
            raise GuardFailed(("amount_invalid", _("金额不正确")))
        wish[column] = str(amount)
    if "items" in columns:
        rows = [asdict(row) if isinstance(row, ItemInput) else row for row in columns["items"] or []]
        return ChangeKind.ITEMS, wish | {"items": _items(rows, priced=True)}
    return (ChangeKind.ADDRESS if "street" in wish else ChangeKind.PRICE), wish


def _day(order: Order, given: dict[str, Any]) -> dict[str, Any]:
    day, failures = read_day(given.get("deliver_on") or given.get("date"), known=order.deliver_on)
    if failures:
        raise GuardFailed(*failures)
    return {"deliver_on": logged_value(day)}


def _address(order: Order, given: dict[str, Any]) -> dict[str, Any]:
    fields = given["address"] if isinstance(given.get("address"), dict) else given
    whole = {column: getattr(order, column) for column in ADDRESS}
    asked = {COLUMNS[name]: value for name, value in fields.items() if name in COLUMNS}
    # A number that was only written another way is the same.
    if written_phone(one_line(asked.get("receiver_phone"))) == written_phone(order.receiver_phone):
        asked.pop("receiver_phone", None)
    whole |= {column: column_text(column, value) for column, value in asked.items()}
    if failures := check_address(whole):
        raise GuardFailed(*failures)
    return whole


def _named(order: Order, rows: Any) -> Any:
    """Rows by SKU as the shop writes it; one that names a line of the order by its id (`line`) means that line's goods.

    Raises GuardFailed for a line of another order.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return rows
    skus = {str(line.pk): line.sku for line in order.lines.all()}
    named = [row | {"sku": skus.get(str(row["line"]))} if "line" in row else row for row in rows]
    if not all(row.get("sku") for row in named):
        raise GuardFailed(("lines_unknown", _("订单里没有这一行")))
    written = written_skus(str(row["sku"]) for row in named)
    return [row | {"sku": written[str(row["sku"])]} for row in named]


def _items(given: Any, *, priced: bool) -> list[dict[str, Any]]:
    """Lines as asked. A price is the shop's to name."""
    rows = given if isinstance(given, list) else []
    if not rows or not all(isinstance(row, dict) and row.get("sku") for row in rows):
        raise GuardFailed(("lines_required", _("请至少选择一件商品")))
    if len(rows) > MAX_LINES:
        raise GuardFailed(("too_many_lines", _("一个订单最多 %(most)s 行商品") % {"most": MAX_LINES}))
    items = []
    for row in rows:
        quantity = read_count(row.get("quantity", 0))
        if quantity < 0:
            raise GuardFailed(("quantity_invalid", _("数量不正确")))
        price = {"unit_price": _price(row)} if priced and row.get("unit_price") is not None else {}
        if quantity:
            items.append({"sku": str(row["sku"]), "quantity": quantity} | price)
    if not items:
        raise GuardFailed(("lines_required", _("请至少选择一件商品")))
    return items


def _price(row: dict[str, Any]) -> str:
    """As the log writes it; one that makes no sense is refused where it is used."""
    price = read_money(row["unit_price"])
    return str(row["unit_price"] if price is None else price)
