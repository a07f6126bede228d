"""Files of past orders as shops have them, written by the test that needs them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from orders.models import Order
from orders.services.imports import import_orders
from orders.services.imports.report import Report
from shopcomm.core.accounts.actors import Actor

HEAD = "订单号,货号,品名,颜色,数量,单价,下单时间,客户,手机,地址"
BAG = "T1,TB-1,托特包,黑色,10,28.50,2026-03-05 09:05:00,河北白沟张姐,13900000001,河北省保定市白沟镇A区12号"

Take = Callable[..., Report]


@pytest.fixture
def take(tmp_path) -> Take:
    """Imports a file: lines, one text, or bytes."""

    def taken(*lines: str | bytes, name: str = "orders.csv", **options) -> Report:
        path = tmp_path / name
        content = lines[0] if isinstance(lines[0], bytes) else ("\n".join(lines) + "\n").encode()
        path.write_bytes(content)
        return import_orders(path, actor=Actor.system("导入"), **options)

    return taken


def sums(number: str) -> tuple[int, str]:
    """The pieces and the total of an order."""
    order = Order.objects.get(number=number)
    return sum(line.quantity for line in order.lines.all()), str(order.total)


def workbook(path: Path, sheets: dict[str, list[list[object]]], merged: tuple[str, ...] = ()) -> Path:
    """An XLSX file; `merged` ranges of the last sheet keep their first cell."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        for each in merged:
            sheet.merge_range(each, "")
    return path
