"""The floor of the import: the very rows the product writes for a file, copied by bare psycopg 200 orders at a time.

What the product has written for one order of the past is the pattern: each order of the file gets the same rows in the
same tables with all their indexes and constraints, under keys, numbers, customers, goods, moments and sums of its own.
A customer or a style that is new gets its rows too. The floor's are called apart from the product's, so both can take
in the same file.
"""

import csv
import itertools
import json
import os
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg import sql

TOGETHER = 200
ORDER, LINE, PARCEL, TALK = "orders_order", "orders_orderline", "orders_shipment", "messaging_conversation"
CONTENT, MOVES = "orders_shipmentline", "orders_stockmovement"
CUSTOMER, PRODUCT, VARIANT = "accounts_customer", "orders_product", "orders_variant"
# How the rows of a table are found from their order's: of the order, of one of its lines, of who bought and what.
OF_AN_ORDER = {
    ORDER: "id = {order}",
    "orders_importeddocument": "'import:' || number = (SELECT external_id FROM orders_order WHERE id = {order})",
    "orders_payment": "order_id = {order}",
    PARCEL: "order_id = {order}",
    "events_domainevent": "order_id = {order}",
    TALK: "order_id = {order}",
    "messaging_message": "conversation_id = (SELECT id FROM messaging_conversation WHERE order_id = {order})",
}
OF_A_LINE = {
    LINE: "id = (SELECT min(id) FROM orders_orderline WHERE order_id = {order})",
    CONTENT: "line_id = (SELECT min(id) FROM orders_orderline WHERE order_id = {order})",
    MOVES: "id IN (SELECT id FROM orders_stockmovement WHERE order_id = {order} ORDER BY id LIMIT 2)",
}
OF_WHO_AND_WHAT = {
    CUSTOMER: "id = (SELECT customer_id FROM orders_order WHERE id = {order})",
    PRODUCT: "id = (SELECT v.product_id FROM orders_variant v JOIN orders_orderline l ON l.variant_id = v.id"
    " WHERE l.order_id = {order} ORDER BY l.id LIMIT 1)",
    VARIANT: "id = (SELECT variant_id FROM orders_orderline WHERE order_id = {order} ORDER BY id LIMIT 1)",
}
# Whoever is named comes before who names them.
TABLES = OF_WHO_AND_WHAT | OF_AN_ORDER | OF_A_LINE
MOMENTS = ("placed_at", "paid_at", "shipped_at", "delivered_at", "closed_at", "received_at", "signed_at",
           "last_message_at", "occurred_at")  # fmt: skip
Row = dict[str, object]
Good = dict[str, str]
Order = tuple[str, list[Good]]


class Floor:
    """One run over one file, on one connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.pattern = patterns(connection)
        self.customers: dict[str, int] = dict(
            connection.execute(
                "SELECT external_id, id FROM accounts_customer WHERE external_id LIKE 'floor%'"
            )
        )
        self.variants: dict[str, int] = dict(
            connection.execute("SELECT sku, id FROM orders_variant WHERE sku LIKE 'FLOOR%'")
        )
        self.rows: dict[str, list[Row]] = {}
        self.keys: dict[str, Iterator[int]] = {}

    def write(self, batch: list[Order]) -> None:
        """One transaction for 200 orders, one COPY for each of their tables."""
        self.rows = {table: [] for table in TABLES}
        with self.connection.transaction():
            self.keys = {
                table: keys_of(self.connection, table, count * len(self.pattern[table]))
                for table, count in self.counts(batch).items()
                if count
            }
            for number, goods in batch:
                self.add(number, goods)
            for table, made in self.rows.items():
                if made:
                    copy(self.connection, table, made)

    def counts(self, batch: list[Order]) -> dict[str, int]:
        """How often each table's pattern is written for a batch."""
        goods = [good for _number, each in batch for good in each]
        buyers = {customer_name(each[0]) for _number, each in batch} - self.customers.keys()
        styles = {sku_of(good) for good in goods} - self.variants.keys()
        once = {CUSTOMER: len(buyers), PRODUCT: len(styles), VARIANT: len(styles)}
        return once | dict.fromkeys(OF_AN_ORDER, len(batch)) | dict.fromkeys(OF_A_LINE, len(goods))

    def add(self, number: str, goods: list[Good]) -> None:
        """The rows of one order: the pattern's, with what is its own."""
        total = sum(int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in goods)
        when = goods[0]["InvoiceDate"]
        marks = json.dumps(["0123456789"] * len(goods))
        own: Row = {"number": f"F{number}", "external_id": f"floor:{number}", "reference": f"floor:{number}",
               "tracking_number": f"F{number}", "subject": f"F{number}", "goods_total": total, "total": total,
               "paid_amount": total, "amount": total, "lines": len(goods), "marks": marks, "position": None,
               "customer_id": self.customer(goods[0]), "order_id": next(self.keys[ORDER]),
               "shipment_id": next(self.keys[PARCEL]), "conversation_id": next(self.keys[TALK])}  # fmt: skip
        own |= dict.fromkeys(MOMENTS, when)
        fixed = {ORDER: own["order_id"], PARCEL: own["shipment_id"], TALK: own["conversation_id"]}
        for table in OF_AN_ORDER:
            for row in self.pattern[table]:
                key = {"id": fixed[table] if table in fixed else next(self.keys[table])}
                if table == "messaging_message":
                    key |= {"client_id": uuid.uuid4(), "created_at": when}
                self.take(table, row, own | key)
        for good in goods:
            self.add_line(good, own)

    def add_line(self, good: Good, own: Row) -> None:
        """A line, its place in the parcel, its pieces coming in and going out."""
        line = {"line_id": next(self.keys[LINE]), "sku": good["StockCode"], "name": good["Description"],
                "quantity": good["Quantity"], "unit_price": good["UnitPrice"], "picked_quantity": good["Quantity"],
                "shipped_quantity": good["Quantity"], "variant_id": self.variant(good)}  # fmt: skip
        # Stock is written down now, whenever the order was placed.
        own = {name: value for name, value in own.items() if name not in MOMENTS} | line
        for table in OF_A_LINE:
            for row in self.pattern[table]:
                self.take(
                    table, row, own | {"id": line["line_id"] if table == LINE else next(self.keys[table])}
                )

    def customer(self, good: Good) -> int:
        """Who bought: known by now, or new."""
        name = customer_name(good)
        if name not in self.customers:
            self.customers[name] = key = next(self.keys[CUSTOMER])
            for row in self.pattern[CUSTOMER]:
                self.take(CUSTOMER, row, {"id": key, "external_id": name})
        return self.customers[name]

    def variant(self, good: Good) -> int:
        """What was bought: known by now, or new with its style."""
        sku = sku_of(good)
        if sku not in self.variants:
            style, self.variants[sku] = next(self.keys[PRODUCT]), next(self.keys[VARIANT])
            self.take(PRODUCT, self.pattern[PRODUCT][0], {"id": style, "name": good["Description"]})
            variant = {"id": self.variants[sku], "product_id": style, "sku": sku}
            self.take(VARIANT, self.pattern[VARIANT][0], variant)
        return self.variants[sku]

    def take(self, table: str, row: Row, own: Row) -> None:
        self.rows[table].append({name: own.get(name, value) for name, value in row.items()})


def customer_name(good: Good) -> str:
    return f"floor{good['CustomerID']}"


def sku_of(good: Good) -> str:
    return f"FLOOR{good['StockCode']}"


def load(path: Path) -> float:
    """Read the file, write it, return the seconds it took."""
    started = time.perf_counter()
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        path.open(newline="") as file,
    ):
        connection.execute("SET synchronous_commit = off")
        floor = Floor(connection)
        read = itertools.groupby(csv.DictReader(file), lambda row: row["InvoiceNo"])
        orders = ((number, list(rows)) for number, rows in read)
        while batch := list(itertools.islice(orders, TOGETHER)):
            floor.write(batch)
    return time.perf_counter() - started


def patterns(connection: psycopg.Connection) -> dict[str, list[Row]]:
    """The rows of the first order of the past, by their tables, as text."""
    found = connection.execute(
        "SELECT min(id) FROM orders_order WHERE external_id LIKE 'import:%'"
    ).fetchone()
    made: dict[str, list[Row]] = {}
    for table, which in TABLES.items():
        columns = [each.name for each in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
        texts = ", ".join(f'"{name}"::text' for name in columns)
        rows = connection.execute(
            f"SELECT {texts} FROM {table} WHERE {which.format(order=found[0])} ORDER BY id"
        )
        made[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return made


def keys_of(connection: psycopg.Connection, table: str, count: int) -> Iterator[int]:
    found = connection.execute(
        "SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id'))::regclass) FROM generate_series(1, %s)",
        [table, count],
    )
    return iter([key for (key,) in found.fetchall()])


def copy(connection: psycopg.Connection, table: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(into) as stream:
        for row in rows:
            stream.write_row(list(row.values()))


if __name__ == "__main__":
    print(load(Path(sys.argv[1])))
