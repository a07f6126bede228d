"""Searching orders by whatever somebody remembers, quickly among a million.

Every way of reading the words is its own indexed query for ids; they are united, never joined by OR.
"""

import re
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from orders.models import Order
from orders.models.numbers import day_number
from shopcomm.core.phones import PhoneRefused, read_phone

# More than anybody pages through; keeps a search for one letter from reading everything.
CANDIDATES = 2000
CUSTOMERS = 500
# The board shows the end of a number alone, and people say it so: of the orders that are still talked about.
DAYS = 90
NUMERAL = re.compile("[0-9]+")

NUMBER = "(SELECT id FROM orders_order WHERE number LIKE %s ORDER BY number DESC LIMIT {limit})"
NUMBERS = "(SELECT id FROM orders_order WHERE number = ANY(%s))"
EXTERNAL = "(SELECT id FROM orders_order WHERE external_id = %s)"
OF_CUSTOMERS = """(SELECT o.id FROM (SELECT id FROM accounts_customer WHERE {where} LIMIT {customers}) c
    CROSS JOIN LATERAL (SELECT id FROM orders_order WHERE customer_id = c.id
        ORDER BY placed_at DESC LIMIT {limit}) o LIMIT {limit})"""
# A line that was taken out stays for the record, wholly cancelled; nobody means that order by its goods any more.
SKU = """(SELECT order_id FROM orders_orderline WHERE sku LIKE %s AND quantity > cancelled_quantity
    ORDER BY sku, id DESC LIMIT {limit})"""
NOTE = """(SELECT id FROM orders_order WHERE note <> '' AND orders_grams(note) @> %s::text[]
    AND note ILIKE %s
    ORDER BY id DESC LIMIT {limit})"""


def search_orders(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Those of the orders that the text may mean: number, external number, phone, name, company, SKU or note."""
    words = " ".join(text.replace("\x00", "").split())[:80]
    if not words:
        return orders
    sql, params = candidates(words)
    return orders.filter(pk__in=RawSQL(sql, params))


def candidates(text: str) -> tuple[str, list[Any]]:
    """SQL for the ids that match, and its parameters."""
    parts: list[tuple[str, list[Any]]] = [
        (NUMBER, [_like(text.upper()) + "%"]),
        (EXTERNAL, [text]),
        (OF_CUSTOMERS.replace("{where}", "name LIKE %s"), [_like(text) + "%"]),
        (NOTE, [grams(text), f"%{_like(text)}%"]),
    ]
    # Nobody is called 5678, and reading every name would cost the search for a phone more than all the rest.
    if not NUMERAL.fullmatch(text):
        inside = OF_CUSTOMERS.replace("{where}", "name LIKE %s OR company LIKE %s")
        parts.append((inside, [f"%{_like(text)}%"] * 2))
    if re.fullmatch("[0-9]{3,6}", text):
        today = timezone.localdate()
        parts.append((NUMBERS, [[day_number(today - timedelta(days), int(text)) for days in range(DAYS)]]))
    parts += [(SKU, [_like(sku) + "%"]) for sku in dict.fromkeys((text, text.upper()))]
    parts += [(OF_CUSTOMERS.replace("{where}", where), params) for where, params in _phone_terms(text)]
    sql = " UNION ".join(part for part, _params in parts)
    sql = sql.replace("{limit}", str(CANDIDATES)).replace("{customers}", str(CUSTOMERS))
    return f"({sql})", [value for _part, params in parts for value in params]


def _phone_terms(text: str) -> list[tuple[str, list[Any]]]:
    """The last four digits, or a whole number as people write it; without its extension it is all who share it."""
    digits = re.sub(r"[\s()+-]", "", text)
    if re.fullmatch("[0-9]{4}", digits):
        return [("phone_tail = %s", [digits])]
    try:
        phone = read_phone(text)
    except PhoneRefused:
        # What was taken before numbers were checked is found as it is kept.
        known = re.fullmatch("[0-9]{7,}", digits)
        return [("phone IN (%s, %s)", [f"+{digits}", f"+86{digits}"])] if known else []
    if phone.extension:
        return [("phone = %s", [phone.key])]
    # The tail has an index; whatever follows the number is an extension of it.
    return [("phone_tail = %s AND phone LIKE %s", [phone.tail, f"{phone.number}%"])]


def grams(text: str) -> list[str]:
    """The pairs of characters that a note with this text must have; one character is looked up alone."""
    lowered = text.lower()
    return sorted({lowered[i : i + 2] for i in range(len(lowered) - 1)}) or [lowered]


def _like(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
