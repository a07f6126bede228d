"""The floor of the import: the same rows by bare psycopg, one transaction an order, three statements each."""

import csv
import itertools
import os
import sys
import time
from pathlib import Path

import psycopg

TABLES = """
DROP TABLE IF EXISTS floor_line, floor_order, floor_customer;
CREATE TABLE floor_customer (id bigserial PRIMARY KEY, code text UNIQUE);
CREATE TABLE floor_order (id bigserial PRIMARY KEY, number text UNIQUE, customer_id bigint, placed_at timestamp,
    total numeric(12, 2));
CREATE TABLE floor_line (id bigserial PRIMARY KEY, order_id bigint NOT NULL, sku text, name text, quantity int,
    price numeric(12, 2));
"""
CUSTOMER = "INSERT INTO floor_customer (code) VALUES (%s) ON CONFLICT (code) DO UPDATE SET code = excluded.code RETURNING id"
ORDER = "INSERT INTO floor_order (number, customer_id, placed_at, total) VALUES (%s, %s, %s, %s) RETURNING id"
LINE = "INSERT INTO floor_line (order_id, sku, name, quantity, price) VALUES (%s, %s, %s, %s, %s)"


def load(path: Path) -> float:
    """Read the file, write it, return the seconds it took."""
    started = time.perf_counter()
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, path.open(newline="") as file:
        connection.execute(TABLES)
        connection.commit()
        for number, rows in itertools.groupby(csv.DictReader(file), lambda row: row["InvoiceNo"]):
            write(connection, number, list(rows))
    return time.perf_counter() - started


def write(connection: psycopg.Connection, number: str, rows: list[dict[str, str]]) -> None:
    total = sum(int(row["Quantity"]) * float(row["UnitPrice"]) for row in rows)
    with connection.transaction():
        customer = connection.execute(CUSTOMER, [rows[0]["CustomerID"]]).fetchone()[0]
        order = connection.execute(ORDER, [number, customer, rows[0]["InvoiceDate"], total]).fetchone()[0]
        lines = [
            (order, row["StockCode"], row["Description"], row["Quantity"], row["UnitPrice"]) for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.executemany(LINE, lines)


if __name__ == "__main__":
    print(load(Path(sys.argv[1])))
