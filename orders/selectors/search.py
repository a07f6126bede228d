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
from orders.models.numbers import LETTERS, day_number
from shopcomm.core.accounts.search import customer_conditions
from shopcomm.core.search.bigrams import like_pattern, part_of
from shopcomm.core.search.query import Query, parse_query

# More than anybody pages through; keeps a search for one letter from reading everything.
CANDIDATES = 2000
CUSTOMERS = 500
# The board shows the end of a number alone, and people say it so: of the orders that are still talked about.
DAYS = 90
# A number without the letters before it: 260512-0042.
WITHOUT_LETTERS = re.compile(r"[0-9]{6}(-[0-9]*)?")

NUMBER = "(SELECT id FROM orders_order WHERE number LIKE %s ORDER BY number DESC LIMIT {limit})"
NUMBERS = "(SELECT id FROM orders_order WHERE number = ANY(%s))"
# In the order of the index for beginnings, so that it ends after so many.
EXTERNAL = (
    "(SELECT id FROM orders_order WHERE external_id LIKE %s ORDER BY external_id USING ~<~ LIMIT {limit})"
)
OF_CUSTOMERS = """(SELECT o.id FROM (SELECT id FROM accounts_customer WHERE {where} LIMIT {customers}) c
    CROSS JOIN LATERAL (SELECT id FROM orders_order WHERE customer_id = c.id
        ORDER BY placed_at DESC LIMIT {limit}) o LIMIT {limit})"""
# A line that was taken out stays for the record, wholly cancelled; nobody means that order by its goods any more.
SKU = """(SELECT order_id FROM orders_orderline WHERE sku LIKE %s AND quantity > cancelled_quantity
    ORDER BY sku, id DESC LIMIT {limit})"""
# `+ 0`: newest first without walking the whole table by its key.
NOTE = """(SELECT id FROM orders_order WHERE note <> '' AND {where} ORDER BY id + 0 DESC LIMIT {limit})"""
Part = tuple[str, list[Any]]


def search_orders(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """Those of the orders that the text may mean: number, external number, phone, name, company, SKU or note."""
    query = parse_query(text)
    if not query:
        return orders
    return orders.filter(pk__in=RawSQL(*_united([*_by_number(query), *_by_people_and_goods(query)])))


def orders_by_number(query: Query) -> Part:
    """SQL for the ids of the orders that a text calls by number: its beginning, its end, or the beginning of that of another system."""
    return _united(_by_number(query))


def _by_number(query: Query) -> list[Part]:
    beginnings = [query.text.upper()]
    if WITHOUT_LETTERS.fullmatch(query.text):
        beginnings.append(f"{LETTERS}{query.text}")
    parts: list[Part] = [(NUMBER, [like_pattern(beginning) + "%"]) for beginning in beginnings]
    outside = dict.fromkeys((query.text, query.text.upper()))
    parts += [(EXTERNAL, [like_pattern(beginning) + "%"]) for beginning in outside]
    if re.fullmatch("[0-9]{3,6}", query.text):
        today = timezone.localdate()
        recent = [day_number(today - timedelta(days), int(query.text)) for days in range(DAYS)]
        parts.append((NUMBERS, [recent]))
    return parts


def _by_people_and_goods(query: Query) -> list[Part]:
    note, params = part_of("note", query.text)
    parts: list[Part] = [(NOTE.replace("{where}", note), params)]
    parts += [(SKU, [like_pattern(sku) + "%"]) for sku in dict.fromkeys((query.text, query.text.upper()))]
    parts += [
        (OF_CUSTOMERS.replace("{where}", where), params) for where, params in customer_conditions(query)
    ]
    return parts


def _united(parts: list[Part]) -> Part:
    sql = " UNION ".join(part for part, _params in parts)
    sql = sql.replace("{limit}", str(CANDIDATES)).replace("{customers}", str(CUSTOMERS))
    return f"({sql})", [value for _part, params in parts for value in params]
