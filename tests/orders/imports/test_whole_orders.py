"""Nothing of an order is taken unless all of it is; what was refused can be mended and brought in again."""

import csv
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import ImportedDocument, Order, Payment, Product, UnfinishedDocument
from orders.services.imports.rejects import without_formula
from shopcomm.core.accounts.models import Customer
from shopcomm.core.database.plan_ages import FIRST_ROWS, FORGET_PLANS
from tests.factories import make_order
from tests.orders.imports.conftest import BAG, HEAD, sums

pytestmark = pytest.mark.django_db

SECOND = BAG.replace("TB-1,托特包,黑色,10,28.50", "TB-2,手提包,红,5,10")
BAD = SECOND.replace(",5,10,", ",五个,10,")


def rows_in_list(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_an_order_with_an_unreadable_row_is_refused_completely(take):
    report = take(HEAD, BAG, BAD, BAG.replace("T1,", "T2,").replace("张姐", "李姐").replace("0001,", "0002,"))

    assert list(Order.objects.values_list("number", flat=True)) == ["T2"]
    assert (Customer.objects.count(), Product.objects.count(), ImportedDocument.objects.count()) == (1, 1, 1)
    assert report.reasons == {"数量读不懂：五个": 1, "同一订单的第 3 行读不懂，整单未导入": 1}
    assert (report.rejected, report.unfinished) == (2, ["T1"])
    assert "没有导入、等改好的订单：T1" in report.text()


def test_rows_far_apart_form_one_order_that_is_imported_completely_or_not_at_all(take):
    between = [BAG.replace("T1,", f"X{row},") for row in range(250)]
    take(HEAD, BAG, *between, SECOND)
    report = take(HEAD, BAG.replace("T1,", "T2,"), *between, BAD.replace("T1,", "T2,"))

    assert sums("T1") == (15, "335.00")
    assert (report.orders, report.repeated, Order.objects.filter(number="T2").exists()) == (0, 250, False)


@pytest.mark.parametrize(
    "mended",
    [
        (HEAD, BAG, SECOND),
        (HEAD, SECOND, BAG),
        (HEAD, SECOND),
        (HEAD, BAG.replace("28.50", "30"), SECOND.replace(",5,10,", ",5,7,")),
    ],
    ids=["the mended file", "in another order", "only the mended row", "everything written anew"],
)
def test_refused_rows_are_imported_once_they_are_corrected(take, mended):
    take(HEAD, BAG, BAD)
    assert UnfinishedDocument.objects.get().missing == 1

    report = take(*mended)

    assert (report.orders, report.rejected) == (1, 0)
    assert sums("T1") == (15, "335.00")
    assert Order.objects.get().customer.phone == "+8613900000001"
    assert not UnfinishedDocument.objects.exists()


def test_correcting_one_of_two_refused_rows_does_not_complete_the_order(take):
    take(HEAD, BAG, BAD, BAD.replace("TB-2", "TB-3"))
    report = take(HEAD, SECOND)

    assert (report.orders, list(report.reasons)) == (0, ["这张单以前有 2 行读不懂，还没有收齐"])
    assert take(HEAD, SECOND, SECOND.replace("TB-2", "TB-3")).orders == 1


def test_the_same_bad_file_again_is_refused_again(take):
    take(HEAD, BAG, BAD)
    report = take(HEAD, BAG, BAD)

    assert (report.orders, report.rejected, UnfinishedDocument.objects.count()) == (0, 2, 1)


def test_rows_waiting_for_others_are_deleted_after_ninety_days(take):
    with time_machine.travel("2026-03-01T00:00:00Z", tick=False):
        take(HEAD, BAG, BAD)
    with time_machine.travel("2026-05-29T00:00:00Z", tick=False):
        take(HEAD, BAG.replace("T1,", "T2,"))
        assert UnfinishedDocument.objects.count() == 1
    with time_machine.travel("2026-06-01T00:00:00Z", tick=False):
        take(HEAD, BAG.replace("T1,", "T3,"))
        assert not UnfinishedDocument.objects.exists()


def test_rows_of_an_already_imported_order_change_nothing(take):
    take(HEAD, BAG, SECOND)
    report = take(HEAD, SECOND)

    assert (report.repeated, report.rejected, sums("T1")) == (1, 0, (15, "335.00"))


def test_different_rows_for_an_already_imported_order_are_refused(take):
    take(HEAD, BAG)
    report = take(HEAD, BAG, SECOND)

    assert (report.reasons, sums("T1")) == ({"单据已导入过，内容不同": 2}, (10, "285.00"))


def test_an_order_changed_since_its_import_is_reported_and_left_alone(take):
    take(f"{HEAD},订单状态", f"{BAG},等待买家付款")
    report = take(f"{HEAD},订单状态", f"{BAG},交易成功")

    assert list(report.reasons) == ["单据已按“待支付”导入过，现在是“已完成”：请在订单里处理"]
    assert Order.objects.get().status == "pending_payment"


def test_the_list_of_refused_rows_never_overwrites_another_file(take, tmp_path):
    refused = take(HEAD, BAG, BAD).rejected_file
    refused.write_text("mended by hand")
    again = take(HEAD, BAG, BAD).rejected_file
    content = "\n".join([HEAD, BAG, BAD]).encode()
    third = take(content, name="orders.rejected-2.csv").rejected_file

    assert [each.name for each in (refused, again)] == ["orders.rejected.csv", "orders.rejected-2.csv"]
    assert refused.read_text() == "mended by hand"
    assert third.name == "orders.rejected-3.csv"
    assert again.read_bytes() == content


def test_a_clean_run_keeps_the_list_of_refused_rows_of_an_earlier_run(take):
    refused = take(HEAD, BAG, BAD).rejected_file
    report = take(HEAD, BAG, SECOND)

    assert (refused.exists(), report.rejected_file) == (True, None)


def test_formulas_in_the_list_of_refused_rows_are_disarmed_and_read_back_unchanged(take):
    evil = BAG.replace("托特包", '"=HYPERLINK(""http://x"",1)"').replace("张姐", "@SUM(A1)")
    phone = evil.replace("13900000001", "+8613900000001").replace("A区12号", "+cmd|x")
    refused = take(HEAD, phone, BAD.replace("手提包", "-2+3")).rejected_file
    cells = rows_in_list(refused)

    assert not [cell for row in cells for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert '\'=HYPERLINK("http://x",1)' in cells[1]

    mended = refused.read_text("utf-8-sig").replace("五个", "5")
    assert take(mended, name="mended.csv").orders == 1
    order = Order.objects.get()
    assert (order.customer.phone, order.lines.first().name) == ("+8613900000001", '=HYPERLINK("http://x",1)')


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_every_formula_prefix_is_disarmed(cell):
    assert without_formula(cell) == f"'{cell}"


def test_a_corrected_list_of_refused_rows_can_be_imported_also_with_merged_cells(take):
    merged = ",TB-2,手提包,红,五个,10,,,,"
    refused = take(HEAD, BAG, merged).rejected_file
    assert [row[2] for row in rows_in_list(refused)] == ["订单号", "T1", "T1"]

    report = take(refused.read_text("utf-8-sig").replace("五个", "5"), name="mended.csv")

    assert (report.orders, report.rejected, report.unused) == (1, 0, ())
    assert sums("T1") == (15, "335.00")


def test_a_list_of_refused_rows_that_is_refused_again_does_not_grow_columns(take):
    refused = take(HEAD, BAG, BAD).rejected_file
    again = take(refused.read_text("utf-8-sig"), name="again.csv").rejected_file

    assert [len(row) for row in rows_in_list(again)] == [len(row) for row in rows_in_list(refused)]
    assert rows_in_list(again)[0] == rows_in_list(refused)[0]


def test_an_order_that_cannot_be_written_does_not_undo_others_of_its_batch(take):
    """Two hundred orders share a transaction; one of them meets what somebody else has written meanwhile."""
    other = make_order()
    Payment.objects.create(
        order=other,
        amount=1,
        method=Payment.Method.TRANSFER,
        reference="import:T2",
        received_at=timezone.now(),
    )
    rows = [BAG.replace("T1,", f"T{n},") for n in (1, 2, 3)]
    report = take(HEAD, *rows)

    assert list(Order.objects.exclude(pk=other.pk).order_by("number").values_list("number", flat=True)) == [
        "T1",
        "T3",
    ]
    assert report.reasons == {"同一单据正被另一个导入处理": 1}
    assert (report.orders, report.lines, report.sold["CNY"]) == (2, 2, 570)
    assert not ImportedDocument.objects.filter(number="T2").exists()


def test_importing_many_orders_takes_as_many_queries_as_few(take):
    """Of new customers with phones, who are the dearest."""

    def rows(count: int, first: int) -> list[str]:
        return [
            BAG.replace("T1,", f"T{n},").replace("13900000001", f"139{n:08}")
            for n in range(first, first + count)
        ]

    take(HEAD, *rows(3, 1))
    with CaptureQueriesContext(connection) as few:
        take(HEAD, *rows(3, 100))
    with CaptureQueriesContext(connection) as many:
        take(HEAD, *rows(60, 1000))

    assert len(many) <= len(few) < 40
    assert Customer.objects.count() == 66


def test_a_long_import_forgets_the_plans_of_the_empty_tables_it_began_with(take):
    rows = [BAG.replace("T1,", f"T{number},") for number in range(FIRST_ROWS)]
    with CaptureQueriesContext(connection) as asked:
        take(HEAD, *rows)
    assert [each["sql"] for each in asked if each["sql"] == FORGET_PLANS] == [FORGET_PLANS]
