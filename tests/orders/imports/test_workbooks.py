"""Workbooks of every kind, whatever they are called; one with a password says so."""

from datetime import datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.models import Order
from orders.services.imports import import_orders
from shopcomm.core.accounts.actors import Actor
from tests.orders.imports.conftest import BAG, HEAD, sums, workbook
from tests.orders.imports.containers import locked_xlsx, ods, xls

pytestmark = pytest.mark.django_db

ROWS = [HEAD.split(","), [*BAG.split(",")[:4], 10, 28.5, datetime(2026, 3, 5, 9, 5), *BAG.split(",")[7:]]]
SHEETS = {"说明": [["填表说明：请勿改动表头"]], "订单": ROWS}


@pytest.fixture
def xlsx(tmp_path) -> bytes:
    return workbook(tmp_path / "made.xlsx", {"订单": [HEAD.split(","), BAG.split(",")]}).read_bytes()


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("订单.xls", xls),
        ("订单.xlsx", xls),
        ("订单", xls),
        ("订单.ods", ods),
        ("订单.xlsx", ods),
        ("订单.csv", ods),
    ],
)
def test_xls_and_ods_workbooks_are_imported_whatever_their_file_name(tmp_path, name, made):
    path = tmp_path / name
    path.write_bytes(made(SHEETS))
    report = import_orders(path, actor=Actor.system())
    order = Order.objects.get()

    assert (report.orders, report.rejected, report.sheet) == (1, 0, "订单")
    assert sums("T1") == (10, "285.00")
    assert (order.receiver_name, order.receiver_phone) == ("河北白沟张姐", "13900000001")
    assert timezone.localtime(order.placed_at).isoformat() == "2026-03-05T09:05:00+08:00"


@pytest.mark.parametrize("name", ["订单.xls", "订单.ods", "订单.csv", "订单"])
def test_an_xlsx_workbook_is_imported_whatever_its_file_name(tmp_path, xlsx, name):
    path = tmp_path / name
    path.write_bytes(xlsx)

    assert import_orders(path, actor=Actor.system()).orders == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("订单.xlsx", locked_xlsx()),
        ("订单.xls", locked_xlsx()),
        ("旧订单.xls", xls(SHEETS, locked=True)),
        ("旧订单.xlsx", xls(SHEETS, locked=True)),
        ("订单.ods", ods(SHEETS, locked=True)),
    ],
)
def test_a_password_protected_workbook_is_refused_as_such(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("import_orders", str(path))

    assert str(refused.value) == "表格有密码：请去掉密码再导入"
    assert not Order.objects.exists()


@pytest.mark.parametrize("made", [xls, ods])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_workbook_imports_nothing_and_says_so(tmp_path, made, share):
    whole = made(SHEETS)
    path = tmp_path / "cut"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CommandError, match="文件不完整或已损坏：cut"):
        call_command("import_orders", str(path))

    assert not Order.objects.exists()
