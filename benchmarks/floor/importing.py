"""The floor of the import: the same tables' rows, copied by bare psycopg in transactions of 200 orders.

What the product has written for one order of the past is the pattern: each order of the file gets the same rows, with
keys, numbers, goods and sums of its own, in the same tables with all their indexes and constraints.
"""

import csv
import itertools
import os
import sys
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg import sql

TOGETHER = 200
ORDER, LINE, PARCEL, TALK = "orders_order", "orders_orderline", "orders_shipment", "messaging_conversation"
CONTENT, MOVES, EVENTS, MESSAGES = (
    "orders_shipmentline",
    "orders_stockmovement",
    "events_domainevent",
    "messaging_message",
)
# How the rows of a table are found from their order's; those of a line come once for each.
PATTERNS = {
    ORDER: "id = {order}",
    "orders_importeddocument": "'import:' || number = (SELECT external_id FROM orders_order WHERE id = {order})",
    "orders_payment": "order_id = {order}",
    PARCEL: "order_id = {order}",
    EVENTS: "order_id = {order}",
    TALK: "order_id = {order}",
    MESSAGES: "conversation_id = (SELECT id FROM messaging_conversation WHERE order_id = {order})",
    LINE: "id = (SELECT min(id) FROM orders_orderline WHERE order_id = {order})",
    CONTENT: "line_id = (SELECT min(id) FROM orders_orderline WHERE order_id = {order})",
    MOVES: "id IN (SELECT id FROM orders_stockmovement WHERE order_id = {order} ORDER BY id LIMIT 2)",
}
FOR_A_LINE = (LINE, CONTENT, MOVES)
Row = dict[str, object]
Order = tuple[str, list[dict[str, str]]]


def load(path: Path) -> float:
    """Read the file, write it, return the seconds it took."""
    started = time.perf_counter()
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        path.open(newline="") as file,
    ):
        connection.execute("SET synchronous_commit = off")
        pattern = patterns(connection)
        read = itertools.groupby(csv.DictReader(file), lambda row: row["InvoiceNo"])
        orders = ((number, list(rows)) for number, rows in read)
        while batch := list(itertools.islice(orders, TOGETHER)):
            write(connection, batch, pattern)
    return time.perf_counter() - started


def patterns(connection: psycopg.Connection) -> dict[str, list[Row]]:
    """The rows of the first order of the past, by their tables, as text."""
    found = connection.execute(
        "SELECT min(id) FROM orders_order WHERE external_id LIKE 'import:%'"
    ).fetchone()
    made: dict[str, list[Row]] = {}
    for table, which in PATTERNS.items():
        columns = [each.name for each in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
        texts = ", ".join(f'"{name}"::text' for name in columns)
        rows = connection.execute(
            f"SELECT {texts} FROM {table} WHERE {which.format(order=found[0])} ORDER BY id"
        )
        made[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return made


def write(connection: psycopg.Connection, batch: list[Order], pattern: dict[str, list[Row]]) -> None:
    """One transaction for 200 orders, one COPY for each of their tables."""
    lines = sum(len(rows) for _number, rows in batch)
    rows: dict[str, list[Row]] = {table: [] for table in PATTERNS}
    with connection.transaction():
        keys = {
            table: keys_of(connection, table, len(each) * (lines if table in FOR_A_LINE else len(batch)))
            for table, each in pattern.items()
        }
        for number, goods in batch:
            add(number, goods, pattern, keys, rows)
        for table, made in rows.items():
            copy(connection, table, made)


def keys_of(connection: psycopg.Connection, table: str, count: int) -> Iterator[int]:
    found = connection.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
    )
    return iter([key for (key,) in found.fetchall()])


def add(
    number: str,
    goods: list[dict[str, str]],
    pattern: dict[str, list[Row]],
    keys: dict[str, Iterator[int]],
    rows: dict[str, list[Row]],
) -> None:
    """The rows of one order: the pattern's, with what is its own."""
    total = sum(int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in goods)
    own = {"number": f"F{number}", "external_id": f"floor:{number}", "reference": f"floor:{number}",
           "tracking_number": f"F{number}", "goods_total": total, "total": total, "paid_amount": total,
           "amount": total, "position": None, "placed_at": goods[0]["InvoiceDate"]}  # fmt: skip
    own |= {
        "order_id": next(keys[ORDER]),
        "shipment_id": next(keys[PARCEL]),
        "conversation_id": next(keys[TALK]),
    }
    fixed = {ORDER: own["order_id"], PARCEL: own["shipment_id"], TALK: own["conversation_id"]}
    for table, each in pattern.items():
        if table not in FOR_A_LINE:
            for row in each:
                key = {"id": fixed[table] if table in fixed else next(keys[table]), "client_id": uuid.uuid4()}
                rows[table].append(changed(row, own | key))
    for good in goods:
        line = {"line_id": next(keys[LINE]), "sku": good["StockCode"], "name": good["Description"],
                "quantity": good["Quantity"], "unit_price": good["UnitPrice"], "picked_quantity": good["Quantity"],
                "shipped_quantity": good["Quantity"]}  # fmt: skip
        for table in FOR_A_LINE:
            for row in pattern[table]:
                key = line["line_id"] if table == LINE else next(keys[table])
                rows[table].append(changed(row, own | line | {"id": key}))


def changed(row: Row, own: Row) -> Row:
    return {name: own.get(name, value) for name, value in row.items()}


def copy(connection: psycopg.Connection, table: str, rows: list[Row]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(into) as stream:
        for row in rows:
            stream.write_row(list(row.values()))


if __name__ == "__main__":
    print(load(Path(sys.argv[1])))
