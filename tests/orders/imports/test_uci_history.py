"""Order history from files, in every dialect people have, with every oddity a real file holds."""

import csv
import gzip
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from messaging.models import Conversation
from orders.models import Order, OrderLine, Product, StockMovement, Variant
from orders.services.imports import documents, import_orders
from orders.services.imports.report import Report
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.events.models import DomainEvent
from tests.orders.imports.conftest import workbook

pytestmark = pytest.mark.django_db

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SALE = "536370,22661,CHARLOTTE BAG,20,2010-12-01 08:45:00,0.85,12583.0,France"


@pytest.fixture
def bring_in(tmp_path):
    """Imports lines below the UCI header and answers the report."""

    def take(*lines: str) -> Report:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join([UCI, *lines]) + "\n")
        return import_orders(path, actor=Actor.system("导入"))

    return take


def rejected_rows(report: Report) -> list[list[str]]:
    with report.rejected_file.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_a_sale_becomes_a_completed_order_with_its_own_number_and_currency(bring_in):
    report = bring_in(SALE)
    order = Order.objects.get()

    assert (order.number, order.external_id, order.status) == ("536370", "import:536370", "completed")
    assert (order.total, order.paid_amount, order.currency) == (Decimal("17.00"), Decimal("17.00"), "GBP")
    assert order.placed_at.isoformat() == "2010-12-01T00:45:00+00:00"
    assert (report.orders, report.lines, report.customers, report.products) == (1, 1, 1, 1)
    assert order.customer.external_id == "12583"


def test_an_imported_order_has_events_and_a_conversation_like_any_order(bring_in):
    bring_in(SALE)
    order, conversation = Order.objects.get(), Conversation.objects.get()
    path = [event.data["status_to"] for event in DomainEvent.objects.order_by("id")]
    lines = list(conversation.messages.order_by("seq"))

    assert path == ["pending_payment", "paid", "shipped", "completed"]
    assert order.version == DomainEvent.objects.filter(order_id=order.pk).count()
    assert [line.seq for line in lines] == [1, 2, 3, 4]
    assert conversation.last_seq == 4
    assert {line.created_at.date() for line in lines} == {order.placed_at.date()}


def test_imported_orders_leave_todays_stock_unchanged_but_record_their_movements(bring_in):
    bring_in(SALE)
    variant = Variant.objects.get()

    assert (variant.on_hand, variant.reserved) == (0, 0)
    assert sorted(StockMovement.objects.values_list("on_hand_delta", flat=True)) == [-20, 20]


def test_the_same_file_again_changes_nothing_and_says_so(bring_in):
    bring_in(SALE)
    report = bring_in(SALE)

    assert (report.orders, report.repeated, report.rejected) == (0, 1, 0)
    assert (Order.objects.count(), Conversation.objects.count(), Customer.objects.count()) == (1, 1, 1)


def test_an_interrupted_import_is_completed_by_the_next_run(bring_in):
    second = SALE.replace("536370", "536371")
    bring_in(SALE)
    report = bring_in(SALE, second)

    assert (report.orders, report.repeated) == (1, 1)


def test_the_same_invoice_with_other_content_is_refused(bring_in):
    bring_in(SALE)
    report = bring_in(SALE.replace(",20,", ",21,"))

    assert report.rejected == 1
    assert Order.objects.get().total == Decimal("17.00")


def test_a_return_is_booked_on_the_customers_latest_sale_of_the_article(bring_in):
    report = bring_in(
        SALE,
        SALE.replace("536370", "536380").replace("12-01", "12-05"),
        "C536400,22661,CHARLOTTE BAG,-5,2010-12-09 10:00:00,0.85,12583.0,France",
    )
    older, newer = Order.objects.order_by("placed_at")

    assert (report.orders, report.returns, report.return_lines) == (2, 1, 1)
    assert (older.refunded_amount, newer.refunded_amount) == (Decimal(0), Decimal("4.25"))
    assert newer.lines.get().returned_quantity == 5
    assert newer.status == "completed"
    assert newer.version == DomainEvent.objects.filter(order_id=newer.pk).count()


def test_an_order_returned_in_full_is_refunded(bring_in):
    bring_in(SALE, "C536400,22661,CHARLOTTE BAG,-20,2010-12-09 10:00:00,0.85,12583.0,France")
    order = Order.objects.get()

    assert (order.status, order.refunded_amount) == ("refunded", Decimal("17.00"))
    assert order.version == DomainEvent.objects.filter(order_id=order.pk).count()


def test_a_return_without_a_sale_is_rejected_with_its_line_and_reason(bring_in):
    report = bring_in(SALE, "C536400,22661,CHARLOTTE BAG,-5,2010-12-09 10:00:00,0.85,99999.0,France")

    assert report.returns == 0
    assert rejected_rows(report)[0][:3] == ["3", "退货找不到对应的销售", "C536400"]


BACK = "C536400,22661,CHARLOTTE BAG,-5,2010-12-09 10:00:00,0.85,12583.0,France"


def test_refused_rows_are_reported_again_by_the_next_run_of_the_same_file(bring_in):
    stray = BACK.replace("22661", "99999")
    bring_in(SALE, BACK, stray)
    report = bring_in(SALE, BACK, stray)

    assert (report.repeated, report.return_lines, report.rejected) == (2, 0, 1)
    assert rejected_rows(report)[0][:4] == ["4", "退货找不到对应的销售", "C536400", "99999"]
    assert Order.objects.get().refunded_amount == Decimal("4.25")


def test_a_return_is_booked_once_its_sale_has_been_imported(bring_in):
    assert bring_in(BACK).rejected == 1
    bring_in(SALE)

    report = bring_in(BACK)

    assert (report.rejected, report.returns, report.return_lines) == (0, 1, 1)
    assert Order.objects.get().refunded_amount == Decimal("4.25")
    assert (bring_in(BACK).return_lines, Order.objects.get().refunded_amount) == (0, Decimal("4.25"))


def test_a_repeated_return_is_refunded_once(bring_in):
    back = "C536400,22661,CHARLOTTE BAG,-5,2010-12-09 10:00:00,0.85,12583.0,France"
    bring_in(SALE, back)
    bring_in(SALE, back)

    assert Order.objects.get().refunded_amount == Decimal("4.25")


def test_rows_at_price_nil_without_a_customer_are_stock_movements(bring_in):
    report = bring_in("537014,21040,damaged,-20,2010-12-03 15:40:00,0.0,,United Kingdom")

    assert (report.stock_rows, report.orders, Order.objects.count()) == (1, 0, 0)
    assert StockMovement.objects.aggregate(sum=Sum("on_hand_delta"))["sum"] == 0
    assert StockMovement.objects.filter(kind="written_off", on_hand_delta=-20).exists()


def test_lower_case_codes_and_different_names_belong_to_one_product(bring_in):
    bring_in(
        "1,84872a,TEATIME BAG,1,2010-12-01 08:00:00,1.00,1.0,UK",
        "2,84872A,TEATIME BAG,1,2010-12-02 08:00:00,1.00,1.0,UK",
        "3,84872A,wrongly marked,1,2010-12-03 08:00:00,1.00,1.0,UK",
        "4,84872A,,1,2010-12-04 08:00:00,1.00,1.0,UK",
    )

    assert Product.objects.get().name == "TEATIME BAG"
    assert list(OrderLine.objects.order_by("order__number").values_list("name", flat=True)) == [
        "TEATIME BAG",
        "TEATIME BAG",
        "wrongly marked",
        "TEATIME BAG",
    ]


def test_guests_share_one_customer_for_each_country(bring_in):
    report = bring_in(SALE.replace("12583.0", ""), SALE.replace("536370", "536371").replace("12583.0", ""))

    assert (report.guest_rows, Customer.objects.count()) == (2, 1)
    assert Customer.objects.get().name == "散客（France）"


def test_duplicate_rows_of_an_invoice_are_kept(bring_in):
    report = bring_in(SALE, SALE)

    assert report.doubled_rows == 1
    assert Order.objects.get().total == Decimal("34.00")


def test_carriage_and_discount_rows_become_no_products(bring_in):
    bring_in(
        SALE,
        "536370,POST,POSTAGE,1,2010-12-01 08:45:00,18.00,12583.0,France",
        "536370,D,Discount,-1,2010-12-01 08:45:00,5.00,12583.0,France",
        "536370,M,Manual,1,2010-12-01 08:45:00,3.00,12583.0,France",
    )
    order = Order.objects.get()

    assert (order.shipping_fee, order.discount, order.total) == (Decimal(18), Decimal(5), Decimal(30))
    assert Variant.objects.count() == 1


def test_rows_of_an_invoice_need_not_be_adjacent(bring_in):
    bring_in(SALE, SALE.replace("536370", "536371"), SALE.replace("22661", "22662"))

    assert Order.objects.get(number="536370").lines.count() == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SALE.replace(",20,", ",twenty,"), "数量读不懂：twenty"),
        (SALE.replace(",20,", ",0,"), "数量不正确：0"),
        (SALE.replace(",20,", ",-20,"), "数量为负，但不是退货单"),
        (SALE.replace("0.85", "free"), "单价读不懂：free"),
        (SALE.replace("0.85", "-1"), "单价不正确：-1"),
        (SALE.replace("2010-12-01 08:45:00", "yesterday"), "时间读不懂：yesterday"),
        (SALE.replace("22661", ""), "没有货号"),
        (SALE.replace("536370", ""), "没有订单号"),
        (SALE.replace("536370", "C536370"), "退货单里的数量应为负数"),
    ],
)
def test_an_unusable_row_is_reported_and_the_import_continues(bring_in, line, reason):
    report = bring_in(line, SALE.replace("536370", "536399"))

    assert (report.orders, report.rejected) == (1, 1)
    assert rejected_rows(report)[0][:2] == ["2", reason]


CHINESE = [
    ["订单号", "货号", "品名", "颜色", "数量", "单价", "下单时间", "客户", "手机", "省", "市", "详细地址"],
    ["XS001", "LX20-BK", "远行拉杆箱", "黑", 2, "268.00", "2025-03-08 10:20", "吴丽华", "13800138000", "浙江省", "杭州市", "文三路 1 号"],
]  # fmt: skip


def check_chinese() -> None:
    order = Order.objects.get()
    line = order.lines.get()
    assert (order.number, order.total, order.currency) == ("XS001", Decimal("536.00"), "CNY")
    assert (line.sku, line.name, line.variant.color) == ("LX20-BK", "远行拉杆箱", "黑")
    assert (order.customer.phone, order.receiver_name, order.city) == ("+8613800138000", "吴丽华", "杭州市")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_file_is_imported_in_any_usual_encoding(tmp_path, encoding):
    path = tmp_path / "历史订单.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in CHINESE), encoding=encoding)
    import_orders(path, actor=Actor.system())

    check_chinese()


def test_a_workbook_is_imported(tmp_path):
    path = workbook(tmp_path / "历史订单.xlsx", {"订单": CHINESE})
    import_orders(path, actor=Actor.system())

    check_chinese()


def test_the_command_imports_a_zipped_file_and_prints_the_report(tmp_path):
    path, out = tmp_path / "orders.csv.gz", StringIO()
    path.write_bytes(gzip.compress(f"{UCI}\n{SALE}\n".encode()))
    call_command("import_orders", str(path), stdout=out)

    assert "订单: 1" in out.getvalue()
    assert "全部行金额: 17.00" in out.getvalue()


def test_a_file_without_the_needed_columns_is_refused_by_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="订单号"):
        call_command("import_orders", str(path))


def test_a_missing_file_is_reported_in_one_line(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_orders", str(tmp_path / "nowhere.csv"))


def test_an_invoice_is_written_as_soon_as_its_last_row_is_read():
    handed_out = 0

    def rows():
        nonlocal handed_out
        for line in range(1000):
            handed_out += 1
            yield documents.Fault(line, str(line // 2), "")

    last = {str(number): 2 * number + 1 for number in range(500)}
    first = next(documents.gather_documents(rows(), last))

    assert (first.number, first.lines, handed_out) == ("0", [0, 1], 2)


def test_a_file_in_a_read_only_folder_can_be_imported(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "orders.csv").write_text(f"{UCI}\n{SALE.replace('0.85', 'free')}\n")
    opened = Path.open

    def refuse(self, mode="r", *args, **kwargs):
        if "x" in mode and self.parent == inbox:
            raise PermissionError(13, "read-only")
        return opened(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    report = import_orders(inbox / "orders.csv", actor=Actor.system())

    assert report.rejected_file == settings.DATA_DIR / "orders.rejected.csv"
