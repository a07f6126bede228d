"""An import invents no money: status, freight, discount and what was paid count, and multiplying comes before rounding."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.models import Conversation
from orders.models import Order, Payment, Product, Refund, ShortageTask, StockMovement, Variant
from orders.selectors.catalogue import catalogue_page
from orders.services.imports.amounts import amounts_of
from orders.services.imports.columns import Dialect
from orders.services.imports.documents import Document
from orders.services.imports.outcomes import Outcome
from orders.services.imports.rows import parse_row
from orders.services.imports.values import RowRefused
from shopcomm.core.accounts.models import Customer
from shopcomm.core.events.models import DomainEvent
from tests.factories import VariantFactory
from tests.orders.imports.conftest import BAG, HEAD, sums

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "status", "paid", "moved"),
    [
        ("交易成功", "completed", "285.00", 2),
        ("交易关闭", "cancelled", "0.00", 0),
        ("已取消", "cancelled", "0.00", 0),
        ("付款以前,卖家或买家主动关闭交易", "cancelled", "0.00", 0),
        ("等待买家付款", "pending_payment", "0.00", 0),
        ("买家已付款,等待卖家发货", "paid", "285.00", 0),
        ("卖家已发货，等待买家确认", "shipped", "285.00", 2),
        ("已发货", "shipped", "285.00", 2),
        ("退款成功", "refunded", "285.00", 0),
    ],
)
def test_the_status_column_is_mapped_to_an_order_status(take, said, status, paid, moved):
    report = take(f"{HEAD},订单状态", f'{BAG},"{said}"')
    order = Order.objects.get()
    path = [event.data["status_to"] for event in DomainEvent.objects.filter(order_id=order.pk).order_by("id")]

    assert (order.status, str(order.paid_amount), sums("T1")) == (status, paid, (10, "285.00"))
    assert Payment.objects.count() == (paid != "0.00")
    assert StockMovement.objects.filter(on_hand_delta__gt=0).count() * 2 == moved
    assert (path[0], path[-1]) == ("pending_payment", status)
    assert order.version == DomainEvent.objects.filter(order_id=order.pk).count()
    assert Conversation.objects.get().last_seq == order.version
    assert report.sold == ({"CNY": Decimal(paid)} if paid != "0.00" else {})


def test_an_imported_refund_is_booked_as_returned(take):
    take(f"{HEAD},订单状态,退款金额", f"{BAG},交易成功,28.50", f"{BAG.replace('T1,', 'T2,')},退款成功,285")
    part, whole = Order.objects.order_by("number")

    assert (part.status, part.paid_amount, part.refunded_amount) == (
        "completed",
        Decimal(285),
        Decimal("28.50"),
    )
    assert (whole.status, whole.paid_amount, whole.refunded_amount) == (
        "refunded",
        Decimal(285),
        Decimal(285),
    )
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [Decimal("28.50"), Decimal(285)]


def test_an_imported_paid_order_reserves_available_stock_and_is_short_of_the_rest(take):
    variant = VariantFactory(sku="TB-1", on_hand=4)
    take(f"{HEAD},订单状态", f"{BAG},待发货")
    variant.refresh_from_db()

    assert (variant.on_hand, variant.reserved) == (4, 4)
    assert (Order.objects.get().shortage, ShortageTask.objects.get().missing) == (True, 6)


def test_an_imported_unpaid_order_reserves_no_stock(take):
    variant = VariantFactory(sku="TB-1", on_hand=4)
    take(f"{HEAD},订单状态", f"{BAG},等待买家付款")
    variant.refresh_from_db()

    assert (variant.on_hand, variant.reserved, Order.objects.get().pay_by) == (4, 0, None)


@pytest.mark.parametrize("said", ["部分发货", "退款中", "foo", ""])
def test_an_unknown_status_is_refused_and_not_taken_as_paid(take, said):
    report = take(f"{HEAD},订单状态", f"{BAG},{said}")

    assert (report.orders, report.rejected, Order.objects.count(), Customer.objects.count()) == (0, 1, 0, 0)
    assert list(report.reasons) == ["不认识的订单状态：" + said if said else "没有写订单状态"]


def test_an_order_with_two_statuses_is_refused(take):
    report = take(f"{HEAD},订单状态", f"{BAG},交易成功", f"{BAG},交易关闭")

    assert (report.orders, report.reasons) == (0, {"同一订单写了两种状态": 2})


@pytest.mark.parametrize(
    ("heads", "cells", "total", "fee", "discount"),
    [
        ("运费(元),涨价或折扣(元),实付款(元)", "15.00,-20.00,280.00", "280.00", "15.00", "20.00"),
        ("运费,涨价或折扣", "0,5.00", "290.00", "5.00", "0.00"),
        ("运费,优惠金额", "15,20", "280.00", "15.00", "20.00"),
        ("运费,折扣", "15,-20", "280.00", "15.00", "20.00"),
        ("邮费,实付金额", "15,250.00", "250.00", "15.00", "50.00"),
        ("实付款", "285.00", "285.00", "0.00", "0.00"),
        ("实付款", "", "285.00", "0.00", "0.00"),
    ],
)
def test_the_total_of_an_imported_order_is_the_sum_paid(take, heads, cells, total, fee, discount):
    take(f"{HEAD},{heads}", f"{BAG},{cells}")
    order = Order.objects.get()

    assert (str(order.total), str(order.paid_amount)) == (total, total)
    assert (str(order.shipping_fee), str(order.discount)) == (fee, discount)
    assert order.goods_total + order.shipping_fee - order.discount == order.total


def test_order_sums_repeated_on_every_row_count_once(take):
    second = BAG.replace("TB-1", "TB-2").replace(",10,28.50,", ",5,10,")
    take(f"{HEAD},运费,实付款", f"{BAG},15,350", f"{second},15,350")

    assert sums("T1") == (15, "350.00")


def test_row_sums_are_added_up_to_the_order_total(take):
    second = BAG.replace("TB-1", "TB-2").replace(",10,28.50,", ",5,10,")
    take(f"{HEAD},实付款", f"{BAG},285", f"{second},50")

    assert sums("T1") == (15, "335.00")


def test_an_order_with_an_unexplained_overpayment_is_refused(take):
    report = take(f"{HEAD},运费,实付款", f"{BAG},15,310")

    assert (report.orders, list(report.reasons)) == (
        0,
        ["实付款 310.00 与商品、运费、优惠算出的 300.00 不符"],
    )


def test_an_order_without_payment_is_not_assumed_completed(take):
    report = take(f"{HEAD},实付款", f"{BAG},0")

    assert (report.orders, list(report.reasons)) == (0, ["实付款为 0，状态却不是待付款或已关闭"])


def test_an_implied_discount_is_reported(take):
    assert take(f"{HEAD},实付款", f"{BAG},280").implied_discounts == 1


def test_a_line_amount_is_rounded_after_multiplication(take):
    take(HEAD, BAG.replace(",10,28.50,", ",1000,0.855,"))
    order = Order.objects.get()

    assert (sums("T1"), order.lines.get().unit_price) == ((1000, "855.00"), Decimal("0.86"))
    assert (order.goods_total, order.discount) == (Decimal("860.00"), Decimal("5.00"))


@pytest.mark.parametrize("written", ["1,028.50", "1028.5", "1 028,50", "1.028,50", "1'028.50"])
def test_thousands_and_decimal_separators_are_told_apart(take, written):
    take(HEAD, BAG.replace(",10,28.50,", f',"1,000","{written}",'))

    assert sums("T1") == (1000, "1028500.00")


def test_an_ambiguous_number_is_refused(take):
    report = take(HEAD.replace(",", ";"), BAG.replace(",", ";").replace("28.50", "1,028"))

    assert (report.orders, list(report.reasons)) == (0, ["单价读不懂：1,028"])


@pytest.mark.parametrize("count", ["2箱", "3打", "1.5", "-10", "0", "十", "100001", "²"])
def test_an_invalid_quantity_is_refused(take, count):
    assert (take(HEAD, BAG.replace(",10,", f",{count},")).orders, Order.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("price", "head", "code"),
    [("£28.50", "单价", "GBP"), ("$28.50", "单价", "USD"), ("28.50 USD", "单价", "USD"), ("28.50", "单价(美元)", "USD"),
     ("€28.50", "单价", "EUR"), ("HK$28.50", "单价", "HKD"), ("¥28.50", "单价", "CNY"), ("28.50", "单价(元)", "CNY")],
)  # fmt: skip
def test_imported_sums_keep_their_currency(take, price, head, code):
    report = take(HEAD.replace("单价", head), BAG.replace("28.50", price))

    assert (Order.objects.get().currency, sums("T1")) == (code, (10, "285.00"))
    assert f"285.00 {code}" in report.text()


def test_two_currencies_in_one_order_are_refused(take):
    report = take(f"{HEAD},币种", f"{BAG},人民币", f"{BAG},USD", f"{BAG.replace('T1,', 'T2,')},XXX")

    assert (report.orders, report.reasons) == (0, {"同一订单写了两种币种": 2, "不认识的币种：XXX": 1})


def test_variants_created_by_an_import_are_off_sale_and_have_no_foreign_price(take):
    shown = VariantFactory(sku="NEW-1", product__name="今年的新款")
    take(f"{HEAD},币种", f"{BAG},GBP", f"{BAG.replace('T1,TB-1', 'T2,TB-2')},CNY")

    assert [style.product for style in catalogue_page().styles] == [shown.product]
    assert Product.objects.filter(is_active=True).count() == 1
    assert list(
        Variant.objects.filter(sku__startswith="TB").order_by("sku").values_list("price", flat=True)
    ) == [
        Decimal(0),
        Decimal("28.50"),
    ]


def test_an_import_leaves_variants_on_sale(take):
    VariantFactory(sku="TB-1")
    take(HEAD, BAG)

    assert Variant.objects.get(sku="TB-1").is_active


def test_an_order_number_starting_with_c_is_a_return_only_in_uci_files(take):
    report = take(HEAD, BAG.replace("T1,", "C1001,"))

    assert (sums("C1001"), report.returns) == ((10, "285.00"), 0)


def test_a_free_row_without_a_customer_is_an_order_with_total_zero(take):
    report = take("订单号,货号,数量,单价,下单时间", "G1,TB-1,2,0,2026-03-05")

    assert (sums("G1"), report.stock_rows) == ((2, "0.00"), 0)


def test_two_buyers_with_one_marketplace_phone_number_stay_two_customers(take):
    take(
        HEAD,
        BAG.replace("13900000001", "18412345678-1234"),
        BAG.replace("T1,", "T2,").replace("13900000001", "18412345678转9999"),
    )

    assert sorted(Customer.objects.values_list("phone", flat=True)) == [
        "+8618412345678-1234",
        "+8618412345678-9999",
    ]
    assert sorted(Order.objects.values_list("receiver_phone", flat=True)) == [
        "18412345678-1234",
        "18412345678-9999",
    ]


def test_a_member_with_a_different_phone_for_each_order_is_one_customer(take):
    head = HEAD.replace("客户", "买家会员名")
    take(
        head,
        BAG.replace("13900000001", "18412345678-1"),
        BAG.replace("T1,", "T2,").replace("13900000001", "18412345678-2"),
    )

    assert Customer.objects.get().external_id == "member:河北白沟张姐"


def test_an_invalid_phone_is_reported_and_merges_no_customers(take):
    report = take(
        HEAD,
        *(
            BAG.replace("T1", f"T{n}").replace("张姐", n * "张").replace("13900000001", "1.39E+10")
            for n in (1, 2)
        ),
    )

    assert (report.odd_phones, Customer.objects.count()) == (2, 2)


ROWS = st.lists(
    st.tuples(st.integers(1, 2000), st.decimals("0.001", "500", places=3)), min_size=1, max_size=8
)


@given(ROWS, st.decimals(0, 50, places=2), st.decimals(0, "0.01", places=2))
@settings(max_examples=60, deadline=None)
def test_goods_plus_freight_minus_discount_always_equal_the_total(rows, freight, discount):
    fields = {"invoice": "1", "placed_at": "2026-03-05", "freight": str(freight), "discount": str(discount)}
    document = Document(
        "1",
        [
            parse_row(
                line,
                fields | {"sku": f"S{line}", "quantity": count, "unit_price": str(price)},
                dialect=Dialect.GENERAL,
            )
            for line, (count, price) in enumerate(rows)
        ],
    )
    exact = sum((count * price for count, price in rows), Decimal(0)) + freight - discount
    if exact <= Decimal("-0.005"):
        with pytest.raises(RowRefused):
            amounts_of(document, Outcome.COMPLETED)
        return
    made = amounts_of(document, Outcome.COMPLETED)

    assert made.goods + made.fee - made.discount == made.total
    assert abs(made.total - exact) <= Decimal("0.005")
    assert made.discount >= 0 <= made.fee
