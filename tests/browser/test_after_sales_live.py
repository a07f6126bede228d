"""Goods that come back, money that goes back, and stars: from the phone to the desk and the stockroom."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from orders.models import AfterSalesCase, Order, OrderLine, Refund, Status
from orders.services.after_sales import CaseInput, CaseLine, approve_case, open_case
from orders.services.orders import ItemInput
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import VariantFactory, make_order
from tests.messaging.pictures import picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone(browse, live) -> Callable[..., Page]:
    """An order on its customer's phone."""

    def pick_up(order: Order, part: str = "") -> Page:
        token = link_token(make_link(customer=order.customer, order_id=order.pk))
        return browse(f"{live.url}/o/{token}/{part}", width=390, height=844, has_touch=True)

    return pick_up


@pytest.fixture
def delivered(customer) -> Order:
    items = [ItemInput(VariantFactory().sku, count) for count in (3, 2)]
    return make_order(customer=customer, status=Status.DELIVERED, items=items)


def agreed_return(order: Order, staff: Staff, line: OrderLine) -> AfterSalesCase:
    """A case about a line whose goods are to come back."""
    wanted = CaseInput("return", "damaged", [CaseLine(line.pk, 1)])
    case = open_case(actor=Actor.customer(order.customer), order_id=order.pk, wanted=wanted)
    return approve_case(actor=Actor.staff(staff), case_id=case.pk, answer="可以退")


def make_photo(tmp_path) -> str:
    path = tmp_path / "zip.jpg"
    path.write_bytes(picture())
    return str(path)


def test_a_customer_returns_part_of_an_order_with_a_photo_and_is_refunded(
    browse, live, phone, delivered, manager, warehouse, tmp_path
) -> None:
    held = phone(delivered)
    held.get_by_role("link", name="退换货").tap()
    row = held.locator("[data-claim]").first
    row.get_by_role("spinbutton").fill("2")
    held.locator(".seg").get_by_text("退货").tap()
    held.get_by_text("破损、质量问题").tap()
    held.get_by_label("说明").fill("拉链坏了")
    held.locator("input[type=file]").set_input_files(make_photo(tmp_path))
    expect(held.locator(".photos img")).to_be_visible()
    held.get_by_role("button", name="提交申请").tap()
    expect(held.get_by_text("等待商家处理")).to_be_visible()

    desk = browse(f"{live.url}/orders/{delivered.number}/", staff=manager)
    case = desk.locator(f"#case-{AfterSalesCase.objects.get().pk}")
    expect(case.get_by_text("拉链坏了")).to_be_visible()
    case.get_by_label("退货地址").fill("广州市白云区机场路 1 号 仓库")
    case.get_by_label("答复").fill("寄回来吧")
    case.get_by_role("button", name="同意").click()
    expect(case.locator(".pill").first).to_have_text("等待寄回")
    expect(case.get_by_text("寄到 广州市白云区机场路 1 号 仓库")).to_be_visible()

    # The phone shows it by itself.
    expect(held.get_by_text("寄回来吧")).to_be_visible()
    held.get_by_label("寄回运单号").fill("75123456789012")
    held.get_by_role("button", name="我已寄出").tap()
    expect(held.get_by_text("寄回途中")).to_be_visible()
    board = browse(f"{live.url}/warehouse/returns/?q=75123456789012", staff=warehouse)
    board.get_by_label("完好").fill("1")
    board.get_by_label("残次").fill("1")
    board.get_by_role("button", name="验收入库").click()

    expect(board.get_by_text("没有等待验收的退货。")).to_be_visible()

    # Something was damaged: a person has the last word on the money.
    desk.reload()
    case.get_by_role("button", name="同意退款").click()
    expect(case.locator(".pill")).to_have_text("等待退款")
    variant = delivered.lines.order_by("pk")[0].variant
    variant.refresh_from_db()
    assert variant.damaged == 1
    assert Refund.objects.get().amount == 2 * variant.price


def test_a_customer_confirms_receipt_and_rates_and_the_desk_reads_the_rating(
    browse, live, phone, customer, manager, tmp_path
) -> None:
    order = make_order(customer=customer, status=Status.SHIPPED)
    held = phone(order)
    held.get_by_text("确认收货").tap()
    held.get_by_role("button", name="收到了，没有问题").tap()
    expect(held.locator(".hero .tag")).to_have_text("已完成")
    held.get_by_role("link", name="评价", exact=True).tap()
    held.get_by_role("group", name="商品").get_by_text("5 星").tap(force=True)
    held.get_by_role("group", name="服务").get_by_text("4 星").tap(force=True)
    held.get_by_label("说几句").fill("皮子很好")
    held.get_by_role("button", name="提交评价").tap()
    expect(held.get_by_text("皮子很好").first).to_be_visible()

    desk = browse(f"{live.url}/orders/{order.number}/", staff=manager)
    expect(desk.get_by_role("img", name="服务 4 星").first).to_be_visible()
    expect(desk.get_by_text("皮子很好").first).to_be_visible()


def test_a_return_parcel_is_entered_over_the_order_and_on_a_page_without_scripts(
    browse, live, delivered, manager
) -> None:
    cases = [agreed_return(delivered, manager, line) for line in delivered.lines.all()]
    for case, how in zip(cases, ({}, {"java_script_enabled": False}), strict=True):
        desk = browse(f"{live.url}/orders/{delivered.number}/", staff=manager, **how)
        desk.locator(f"#case-{case.pk}").get_by_role("link", name="登记寄回运单号").click()
        desk.get_by_label("寄回承运商").select_option(label="中通快递")
        desk.get_by_label("客户寄回的运单号").fill(f"7512345678901{case.pk % 10}")
        desk.get_by_role("button", name="登记", exact=True).click()
        expect(desk.locator(f"#case-{case.pk}")).to_contain_text("寄回途中")
        expect(desk).to_have_url(f"{live.url}/orders/{delivered.number}/")
