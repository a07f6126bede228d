"""One file for each shape that people's files have; all say the same: ten pieces, 285.00, on 5 March 2026."""

import gzip
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.models import Order
from orders.services.imports import import_orders
from shopcomm.core.accounts.actors import Actor
from tests.orders.imports.conftest import BAG, HEAD, sums, workbook

pytestmark = pytest.mark.django_db

PLAIN = f"{HEAD}\n{BAG}\n"
ADDRESS = "河北省保定市白沟镇A区12号"


SHAPES = {
    "utf-8": PLAIN.encode(),
    "utf-8 with a mark": PLAIN.encode("utf-8-sig"),
    "gb18030": PLAIN.encode("gb18030"),
    "utf-16 of Excel, tabs": PLAIN.replace(",", "\t").encode("utf-16"),
    "utf-16 without a mark": PLAIN.replace(",", "\t").encode("utf-16-le"),
    "utf-16 of a Mac": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "carriage returns": PLAIN.replace("\n", "\r").encode(),
    "packed": gzip.compress(PLAIN.encode()),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "decimal comma": PLAIN.replace(",", ";").replace("28.50", "28,50").encode(),
    "bars": PLAIN.replace(",", "|").encode(),
    "a line for Excel": f"sep=,\n{PLAIN}".encode(),
    "title rows": f"2026年3月白沟批发订单明细,,,,,,,,,\n,,,,,,,,,\n{PLAIN}".encode(),
    "the head again": f"{PLAIN}{HEAD}\n".encode(),
    "totals below": f"{PLAIN},,,合计,10,285.00,,,,\n总计,,,,10,,,,,\n".encode(),
    "full-width digits": PLAIN.replace(",10,28.50,", ",１０,２８．５０,").encode(),
    "full-width codes": PLAIN.replace("T1,TB-1", "Ｔ１,ＴＢ－1").encode(),
    "units": PLAIN.replace(",10,28.50,", ",10 个,28.50元,").encode(),
    "yuan signs": PLAIN.replace(",28.50,", ",￥28.50,").encode(),
    "marks against Excel": PLAIN.replace("T1,TB-1", '="T1",\'TB-1').encode(),
    "a stray byte": PLAIN.encode().replace("黑色".encode(), b"Ren\xe9"),
    "line break, comma and quotes in a cell": PLAIN.replace("托特包", '"托特包,大号""新款""\r\n"').encode(),
    "heads of a marketplace": PLAIN.replace(
        HEAD,
        "订单编号 ,商品编码,商品名称,颜色分类,商品数量,商品单价,订单创建时间,买家会员名,联系手机,收货地址",
    ).encode(),
    "heads with units": PLAIN.replace("单价", "单价(元)").replace("数量", "数量（件）").encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_orders_in_any_file_format_import_alike(take, shape):
    report = take(SHAPES[shape])
    order = Order.objects.get()

    assert (report.orders, report.rejected) == (1, 0)
    assert sums("T1") == (10, "285.00")
    assert (order.lines.get().sku, order.street, order.currency) == ("TB-1", ADDRESS, "CNY")
    assert (order.receiver_name, order.receiver_phone) == ("河北白沟张姐", "13900000001")
    assert timezone.localtime(order.placed_at).isoformat() == "2026-03-05T09:05:00+08:00"


@pytest.mark.parametrize(
    "written",
    ["2026/3/5 9:05", "2026.03.05 09:05", "2026年3月5日 9:05", "2026-03-05T09:05:00+08:00", "2026-03-05T01:05:00Z",
     "2026-03-05 09:05:00 +0800", "20260305090500", "46086.378472", "3/5/2026 9:05", "2026-03-05 9:05:00 AM", "202603050905", "1772672700", "2026/3/5 上午9:05:00", "2026年3月5日 9时5分"],
)  # fmt: skip
def test_times_are_parsed_in_any_usual_format(take, written):
    take(HEAD, BAG.replace("2026-03-05 09:05:00", written))

    assert timezone.localtime(Order.objects.get().placed_at).isoformat() == "2026-03-05T09:05:00+08:00"


def test_dates_are_day_first_in_all_rows_when_one_row_proves_it(take):
    take(
        HEAD,
        BAG.replace("2026-03-05 09:05:00", "5/3/2026"),
        BAG.replace("T1,", "T2,").replace("2026-03-05 09:05:00", "25/3/2026"),
    )
    days = [timezone.localtime(order.placed_at).date() for order in Order.objects.order_by("number")]

    assert [day.isoformat() for day in days] == ["2026-03-05", "2026-03-25"]


@pytest.mark.parametrize("written", ["2026-02-30", "26/3/5", "2026030509", "1985-01-01", "yesterday", ""])
def test_a_row_with_an_invalid_time_is_refused(take, written):
    assert take(HEAD, BAG.replace("2026-03-05 09:05:00", written)).orders == 0


def test_the_encoding_is_detected_from_the_whole_file(take):
    head = "InvoiceNo,SKU,Quantity,Price,Date,Customer,Note"
    plain = [f"E1,TB-{row},1,28.50,2026-03-05,Zhang,{'x' * 150_000}" for row in range(3)]
    lines = "\n".join([head, *plain, "T1,TB-1,10,28.50,2026-03-05,河北白沟张姐,"])
    take(lines.encode("gb18030"))

    assert Order.objects.get(number="T1").receiver_name == "河北白沟张姐"


def test_an_undecodable_byte_is_reported_and_spoils_no_other_name(take):
    content = f"{HEAD}\n{BAG}\n{BAG.replace('T1,', 'T2,')}".encode()
    report = take(content[: content.rindex("河北白沟张姐".encode())] + b"Ren\xe9,13900000001,x\n")

    assert [order.receiver_name for order in Order.objects.order_by("number")] == ["河北白沟张姐", "René"]
    assert "1 个字节不合文件的编码" in report.text()


MERGED_TOP = [*BAG.split(",")[:4], 10, 28.5, *BAG.split(",")[6:]]
MERGED_BELOW = ["", "TB-2", "手提包", "红", 5, 10, "", "", "", ""]


def test_merged_order_cells_count_for_all_their_rows(tmp_path):
    rows = [HEAD.split(","), MERGED_TOP, MERGED_BELOW, ["T2", *MERGED_TOP[1:]], MERGED_BELOW]
    import_orders(workbook(tmp_path / "订单.xlsx", {"订单": rows}), actor=Actor.system())

    assert (sums("T1"), sums("T2")) == ((15, "335.00"), (15, "335.00"))
    assert {line.order.street for order in Order.objects.all() for line in order.lines.all()} == {ADDRESS}


def test_a_row_without_an_order_number_of_another_customer_is_refused(take):
    report = take(HEAD, BAG, BAG.replace("T1,", ",").replace("张姐", "李姐"))

    assert (sums("T1"), report.rejected, report.reasons) == ((10, "285.00"), 1, {"没有订单号": 1})


def test_orders_below_a_title_on_the_second_sheet_are_found(tmp_path):
    rows = [["三月订单"], [], HEAD.split(","), MERGED_TOP]
    path = workbook(tmp_path / "x.xlsx", {"说明": [["填表说明：请勿改动表头"]], "订单": rows, "备份": rows})
    report = import_orders(path, actor=Actor.system())

    assert sums("T1") == (10, "285.00")
    assert (report.orders, report.sheet, report.other_sheets) == (1, "订单", ("备份",))
    assert "没有读：备份" in report.text()


def test_the_sheet_to_import_can_be_named(tmp_path):
    first, second = [HEAD.split(","), MERGED_TOP], [HEAD.split(","), ["T2", *MERGED_TOP[1:]]]
    path = workbook(tmp_path / "x.xlsx", {"三月": first, "四月": second})
    import_orders(path, actor=Actor.system(), sheet="四月")

    assert list(Order.objects.values_list("number", flat=True)) == ["T2"]


def test_a_1688_export_is_imported_with_status_freight_and_discount(take):
    head = (
        "订单编号,买家公司名,买家会员名,卖家公司名,货品总价(元),运费(元),涨价或折扣(元),实付款(元),订单状态,订单创建时间,"
        "收货人姓名,收货地址,联系电话,联系手机,货品标题,单价(元),数量,单位,货号,Offer ID"
    )
    first = (
        "26000000000000007043,,bag_buyer01,白沟箱包厂,335.00,15.00,-20.00,330.00,交易成功,2026-03-05 09:05:00,"
        "张三,河北省 保定市 白沟镇 A区,,13900000001,托特包,28.50,10,个,TB-1,"
    )
    report = take((f"{head}\n{first}\n" + "," * 14 + "手提包,10.00,5,个,TB-2,\n").encode("gb18030"))
    order = Order.objects.get()

    assert sums("26000000000000007043") == (15, "330.00")
    assert (order.shipping_fee, order.discount, order.paid_amount) == (Decimal(15), Decimal(20), Decimal(330))
    assert (order.receiver_name, order.customer.name) == ("张三", "bag_buyer01")
    assert "没有用到的列：卖家公司名、货品总价(元)、单位、Offer ID" in report.text()


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping City,Shipping Phone,Id"
)


def test_a_shopify_export_is_imported_with_tax_in_its_own_currency(take):
    first = (
        "#1001,a@example.com,paid,x,fulfilled,USD,90.00,10.00,5.00,105.00,10.00,2026-03-05 09:05:00 +0800,"
        "2,Tote,40.00,TB-1,Jane Doe,Austin,,6543210987654"
    )
    take(SHOPIFY, first, "#1001,a@example.com" + "," * 11 + "1,Clutch,20.00,TB-2" + "," * 4)
    order = Order.objects.get()

    assert (sums("1001"), order.currency, order.status) == ((3, "105.00"), "USD", "completed")
    assert (order.shipping_fee, order.discount) == (Decimal(15), Decimal(10))
    assert (order.receiver_name, order.customer.external_id) == ("Jane Doe", "member:a@example.com")


def test_an_order_number_in_scientific_notation_is_refused_as_ambiguous(take):
    report = take(HEAD, *(BAG.replace("T1,", "2.45678E+18,").replace("张姐", name) for name in ("张", "李")))

    assert (report.orders, report.rejected) == (0, 2)
    assert list(report.reasons) == ["号码被表格软件改成了科学计数，末位已丢：2.45678E+18"]


def test_a_long_order_number_rounded_by_a_workbook_is_refused(tmp_path):
    path = workbook(tmp_path / "x.xlsx", {"a": [HEAD.split(","), [26000000000000007043, *MERGED_TOP[1:]]]})
    report = import_orders(path, actor=Actor.system())

    assert (report.orders, list(report.reasons)) == (
        0,
        ["号码被表格软件改成了科学计数，末位已丢：2.60000E+19"],
    )


def test_ignored_columns_are_reported(take):
    report = take(f"{HEAD},箱规,卖家备注", f"{BAG},12,老客户")

    assert report.unused == ("箱规", "卖家备注")
    assert "没有用到的列：箱规、卖家备注" in report.text()
