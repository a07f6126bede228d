import csv
import sys
from pathlib import Path

from tests.faults.stack import Stack
from tests.faults.waiting import eventually

ORDERS, LINES = 2_000, 3
HEAD = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
IN = "SELECT count(*) FROM orders_order WHERE starts_with(external_id, 'import:K')"
# What an order of the past has, and how often: nothing of it is missing, nothing is there twice.
WHOLE = """
SELECT count(*) FROM orders_order o WHERE starts_with(external_id, 'import:K')
AND (SELECT count(*) FROM orders_orderline WHERE order_id = o.id) = 3
AND (SELECT count(*) FROM orders_payment WHERE order_id = o.id) = 1
AND (SELECT count(*) FROM orders_shipment WHERE order_id = o.id) = 1
AND (SELECT count(*) FROM orders_stockmovement WHERE order_id = o.id) = 6
AND (SELECT count(*) FROM events_domainevent WHERE order_id = o.id) = 4
AND (SELECT count(*) FROM messaging_conversation WHERE order_id = o.id) = 1
AND (SELECT count(*) FROM messaging_message WHERE conversation_id =
     (SELECT id FROM messaging_conversation WHERE order_id = o.id)) = 4
"""


def file_of_orders(path: Path) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for order in range(ORDERS):
            for line in range(LINES):
                sku, who = 20_000 + (order + line) % 50, 12_000 + order % 90
                writer.writerow(
                    [f"K{order}", sku, f"BAG {sku}", 1 + line, "2010-12-01 08:26:00", 2.5, who, "France"]
                )
    return path


def test_an_import_that_is_killed_and_run_again_brings_in_each_order_once(stack: Stack):
    command = ["manage.py", "import_orders", str(file_of_orders(stack.data / "killed.csv"))]
    stack.spawn("import", [sys.executable, *command])
    eventually(lambda: stack.rows(IN)[0][0], 60, "the import is under way")
    stack.kill("import")
    before = stack.rows(IN)[0][0]
    assert 0 < before < ORDERS
    assert stack.rows(WHOLE) == stack.rows(IN)

    stack.python(*command)

    assert stack.rows(IN) == stack.rows(WHOLE) == [(ORDERS,)]
    assert stack.rows("SELECT count(*) FROM orders_importeddocument WHERE starts_with(number, 'K')") == [
        (ORDERS,)
    ]
