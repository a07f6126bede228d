"""Orders of which an older version took only some rows are made whole by the mended file, or the reason is named."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from orders.models import ImportedDocument, Order, Payment, StockMovement
from shopcomm.core.events.models import DomainEvent
from tests.orders.imports.conftest import BAG, HEAD, sums

pytestmark = pytest.mark.django_db

SECOND = BAG.replace("TB-1,托特包,黑色,10,28.50", "TB-2,手提包,红,5,10")
BAD = SECOND.replace(",5,10,", ",五个,10,")


@pytest.fixture
def half(take) -> Order:
    """What an older version made of an order with one unreadable row, and what it kept of it."""
    take(HEAD, BAG)
    ImportedDocument.objects.update(marks=[], outcome="")
    return Order.objects.get()


def test_importing_the_corrected_file_completes_the_order(take, half):
    report = take(HEAD, BAG, SECOND)
    order = Order.objects.get()

    assert (sums("T1"), order.paid_amount, report.completed) == ((15, "335.00"), Decimal(335), ["T1"])
    assert (report.orders, report.rejected) == (0, 0)
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [Decimal(50), Decimal(285)]
    assert {line.shipped_quantity for line in order.lines.all()} == {10, 5}
    assert order.shipments.get().lines.count() == 2
    assert sorted(StockMovement.objects.values_list("on_hand_delta", flat=True)) == [-10, -5, 5, 10]
    assert order.goods_total + order.shipping_fee - order.discount == order.total
    assert order.version == DomainEvent.objects.filter(order_id=order.pk).count() == 5
    assert "旧版本只导入了一部分、这次补齐的订单：T1" in report.text()


def test_importing_the_corrected_file_again_changes_nothing(take, half):
    take(HEAD, BAG, SECOND)
    report = take(HEAD, BAG, SECOND)

    assert (report.completed, report.repeated, sums("T1")) == ([], 1, (15, "335.00"))
    assert Payment.objects.count() == 2


def test_a_corrected_row_without_the_rest_of_its_order_is_refused(take, half):
    report = take(HEAD, SECOND)

    assert (report.reasons, sums("T1")) == ({"单据已导入过，内容不同": 1}, (10, "285.00"))


@pytest.mark.parametrize(
    ("changes", "lines", "reason"),
    [
        ({"version": 7}, (HEAD, BAG, SECOND), "之后订单有改动：请在订单里补上"),
        ({"refunded_amount": 5}, (HEAD, BAG, SECOND), "之后订单有改动：请在订单里补上"),
        ({}, (f"{HEAD},订单状态", f"{BAG},交易关闭", f"{SECOND},交易关闭"), "现在文件里的状态不同"),
        ({}, (f"{HEAD},实付款", f"{BAG},200", f"{SECOND},200"), "补齐后的金额反而更少"),
    ],
)
def test_an_order_that_cannot_be_completed_is_reported_with_the_reason(take, half, changes, lines, reason):
    Order.objects.update(**changes)
    report = take(*lines)
    (said,) = report.reasons

    assert said.startswith("旧版本只导入了这张单 2 行中的 1 行，")
    assert reason in said
    assert (sums("T1"), Payment.objects.count(), report.completed) == ((10, "285.00"), 1, [])


def test_rows_that_differ_from_the_imported_order_are_refused_as_other_content(take, half):
    report = take(HEAD, BAG.replace(",10,", ",11,"), SECOND)

    assert (report.reasons, sums("T1")) == ({"单据已导入过，内容不同": 2}, (10, "285.00"))


def test_the_command_lists_orders_that_still_wait_for_rows(take):
    take(HEAD, BAG, BAD)
    told, nothing = StringIO(), StringIO()
    call_command("import_orders", "--waiting", stdout=told)
    take(HEAD, BAG, SECOND)
    call_command("import_orders", "--waiting", stdout=nothing)

    assert told.getvalue().startswith("T1：读得懂 1 行，缺 1 行，")
    assert nothing.getvalue().strip() == "没有等待补齐的订单"


def test_the_import_command_requires_a_file():
    with pytest.raises(CommandError, match="请给出要导入的文件"):
        call_command("import_orders")
