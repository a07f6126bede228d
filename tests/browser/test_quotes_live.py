"""A quote and a shortage from the desk to the phone and back, in two real browsers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order, Quote, ShortageTask, Status, Variant
from orders.selectors.items import ItemInput
from orders.services.shortages import report_missing
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import ready
from tests.factories import VariantFactory, integration, make_order

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def phone(browse, live) -> Callable[[Order], Page]:
    """The chat of an order on its customer's phone."""

    def pick_up(order: Order) -> Page:
        token = link_token(make_link(customer=order.customer, order_id=order.pk))
        return ready(browse(f"{live.url}/o/{token}/chat/", **PHONE, has_touch=True))

    return pick_up


def test_sales_send_a_quote_and_the_customer_accepts_it_on_the_phone(
    order, variant, sales, live, browse, phone
):
    Order.objects.filter(pk=order.pk).update(assigned_to=sales)
    held = phone(order)
    desk = browse(f"{live.url}/orders/{order.number}/", staff=sales)
    ready(desk).get_by_role("link", name="报价", exact=True).click()
    desk.get_by_role("link", name="新建报价单").click()
    expect(desk.locator("[data-picker]")).to_be_visible()
    desk.locator("[data-variant-search]").press_sequentially(variant.sku)
    desk.locator("[data-variant]").first.click()
    desk.locator(".line .qty").fill("6")
    desk.locator(".line .price").fill("150")
    desk.get_by_label("运费").fill("30")
    expect(desk.locator("[data-price-total]")).to_have_text("¥930.00")
    desk.get_by_role("button", name="发给客户").click()
    ready(desk)
    expect(desk.locator("[data-card=quote]").get_by_text("客户在电话里答应了")).to_be_visible()

    card = held.locator("[data-card=quote]")
    expect(card.get_by_text("¥930.00", exact=True)).to_be_visible()
    card.get_by_text("接受报价，下单").click()
    expect(card.get_by_label("详细地址")).to_have_value("机场路 88 号")
    card.get_by_label("详细地址").fill("文一西路 969 号")
    card.get_by_role("button", name="按 ¥930.00 下单").tap()
    expect(card.get_by_text("已接受")).to_be_visible()

    placed = Quote.objects.get().order
    assert (placed.total, placed.street, placed.customer) == (930, "文一西路 969 号", order.customer)
    assert Variant.objects.get(pk=variant.pk).reserved == 8
    # The desk sees it without a reload; the link of one order opens no other, the customer's own pages do.
    expect(desk.locator("[data-card=quote]").get_by_text("已接受")).to_be_visible()
    expect(desk.locator(".log").get_by_text(f"已生成订单 {placed.number}")).to_be_visible()
    expect(card.get_by_role("link", name="查看订单")).to_have_attribute(
        "href", f"/my/orders/{placed.number}/"
    )


def test_a_shortage_is_reported_offered_and_chosen_with_one_tap_each(
    customer, sales, warehouse, live, browse, phone
):
    variant = VariantFactory(on_hand=5)
    blue = VariantFactory(product=variant.product, color="雾霾蓝", on_hand=9)
    order = make_order(
        customer=customer, status=Status.PAID, items=[ItemInput(variant.sku, 5)], assigned_to=sales
    )
    held = phone(order)
    shelf = browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse, width=1280)
    shelf.get_by_text("报缺货").click()
    shelf.get_by_label("少了几件").fill("2")
    shelf.get_by_role("button", name="报给销售").click()
    expect(shelf.get_by_text("缺 2 件，等销售和客户商量")).to_be_visible()

    desk = browse(f"{live.url}/orders/{order.number}/", staff=sales)
    question = ready(desk).locator(".ask", has_text="缺货")
    question.get_by_label("退款，不要缺的").uncheck()
    question.get_by_role("button", name="发给客户选择").click()

    card = held.locator("[data-card=shortage]")
    expect(card.get_by_role("button")).to_have_count(3)
    card.get_by_role("button", name="换 20 寸 · 雾霾蓝").tap()
    expect(card.get_by_text("已选", exact=True)).to_be_visible()

    lines = list(order.lines.order_by("pk").values_list("sku", "quantity"))
    assert lines == [(variant.sku, 3), (blue.sku, 2)]
    assert (ShortageTask.objects.get().state, Order.objects.get().shortage) == ("settled", False)
    assert Variant.objects.get(pk=blue.pk).reserved == 2
    expect(ready(desk).locator(".log").get_by_text("客户选择：换成")).to_be_visible()


def test_answering_a_shortage_that_has_grown_meanwhile_is_refused_on_the_card(
    customer, sales, live, browse, phone
):
    order = make_order(customer=customer, status=Status.PAID, assigned_to=sales)
    report_missing(actor=integration(), line_id=order.lines.get().pk, missing=1)
    desk = browse(f"{live.url}/orders/{order.number}/", staff=sales)
    ready(desk).get_by_role("button", name="发给客户选择").click()
    card = phone(order).locator("[data-card=shortage]")
    expect(card.get_by_role("button").first).to_be_visible()
    report_missing(actor=integration(), line_id=order.lines.get().pk, missing=1)
    # Nobody told the phone; what it shows is old.
    card.get_by_role("button", name="先发有货的").or_(card.get_by_role("button", name="等到货")).first.tap()
    expect(card.get_by_role("alert")).to_contain_text("缺货数量刚刚有变化")
    expect(card.get_by_text("缺 2 件").first).to_be_visible()
    assert ShortageTask.objects.get().state == "offered"


def test_what_the_customer_chose_by_phone_is_entered_over_the_order_and_on_a_page_without_scripts(
    live, browse, sales
):
    for how in ({}, {"java_script_enabled": False}):
        order = make_order(status=Status.PAID, assigned_to=sales)
        report_missing(actor=integration(), line_id=order.lines.get().pk, missing=1)
        desk = browse(f"{live.url}/orders/{order.number}/", staff=sales, **how)
        desk.get_by_role("link", name="客户在电话里选好了").click()
        desk.get_by_label("客户选的方案").select_option(label="先发有货的")
        desk.get_by_label("客户怎么说的").fill("电话里说分批")
        desk.get_by_role("button", name="照办").click()
        expect(desk.locator(".ask", has_text="缺货")).to_contain_text("电话里说分批")
        expect(desk).to_have_url(f"{live.url}/orders/{order.number}/")
