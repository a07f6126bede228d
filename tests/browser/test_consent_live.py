"""A change by the customer's word, in two browsers: asked on a phone from a message, or agreed to by a tap."""

import os

import pytest
from playwright.sync_api import Page, expect

from orders.models import ChangeRequest, Order, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import message, ready, say
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 760}


def customer_page(live, order: Order) -> str:
    return f"{live.url}/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/"


def keep_screenshot(page: Page, name: str) -> None:
    """Keeps a picture where somebody asks for one."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_customer_turns_their_own_message_into_a_change_request(browse, live, customer) -> None:
    order = make_order(customer=customer, status=Status.PICKING)
    phone = ready(browse(customer_page(live, order) + "chat/", **PHONE))
    say(phone, "帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000")
    line = message(phone, "帮我改下地址").last
    expect(line.locator("[data-take]")).to_be_visible()
    keep_screenshot(phone, "offer")
    # At its first word: the number at its end would be called.
    line.locator(".bubble .text").click(position={"x": 4, "y": 8})
    line.locator("[data-change]").click()

    expect(phone.locator("[name=street]")).to_have_value("文一西路969号")
    keep_screenshot(phone, "change")
    phone.get_by_role("button", name="提交新地址").click()

    expect(phone.get_by_text("等待处理").first).to_be_visible()
    request = order.change_requests.get()
    assert (request.handler, request.source_message_seq is not None) == ("warehouse", True)


def test_one_tap_applies_an_address_offered_from_a_message(browse, live, customer) -> None:
    order = make_order(customer=customer, status=Status.PAID)
    phone = ready(browse(customer_page(live, order) + "chat/", **PHONE))
    say(phone, "帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000")

    phone.locator("[data-take]").click()

    expect(phone.locator(".toast")).to_have_text("已修改")
    order.refresh_from_db()
    assert order.street == "文一西路969号"


def test_an_edit_by_sales_is_applied_when_the_customer_taps_agree(browse, live, customer, manager) -> None:
    order = make_order(customer=customer, status=Status.PAID)
    phone = ready(browse(customer_page(live, order) + "chat/", **PHONE))
    desk = browse(f"{live.url}/orders/{order.number}/edit/", staff=manager)
    desk.locator("[name=street]").fill("文一西路 969 号")
    desk.get_by_role("button", name="保存修改").click()
    expect(desk.locator("[data-asked]")).to_contain_text("等客户在手机上点“同意”")
    keep_screenshot(ready(desk), "desk-asked")

    card = phone.locator(".cardlet")
    expect(card).to_contain_text("文一西路 969 号")
    keep_screenshot(phone, "card")
    card.get_by_role("button", name="同意", exact=True).click()

    expect(card).to_contain_text("已生效")
    expect(desk.locator(".odetail").get_by_text("文一西路 969 号").first).to_be_visible()
    expect(desk.locator("[data-asked]")).to_have_count(0)
    order.refresh_from_db()
    assert order.street == "文一西路 969 号"
    assert order.change_requests.get().state == ChangeRequest.State.ACCEPTED


def test_the_desk_turns_a_customers_message_into_a_change_request(browse, live, customer, manager) -> None:
    order = make_order(customer=customer, status=Status.PAID)
    phone = ready(browse(customer_page(live, order) + "chat/", **PHONE))
    say(phone, "送货前打个电话")
    desk = ready(browse(f"{live.url}/orders/{order.number}/", staff=manager, width=1440, height=900))

    line = message(desk, "送货前打个电话").last
    line.hover()
    line.locator("[data-change]").click()
    expect(desk.locator("[name=note]")).to_have_value("送货前打个电话")
    keep_screenshot(desk, "desk-form")
    desk.get_by_role("button", name="保存备注").click()

    expect(desk.locator(".odetail").get_by_text("送货前打个电话").first).to_be_visible()


def test_the_parcel_slip_and_the_board_show_an_open_change_and_who_must_answer(
    browse, live, customer, manager, warehouse
) -> None:
    order = make_order(customer=customer, status=Status.PICKING)
    slip = f"{live.url}/warehouse/orders/{order.number}/parcel/"
    page = browse(slip, staff=warehouse, width=1024, height=768)
    expect(page.locator(".slip__address")).to_contain_text(order.street)
    keep_screenshot(page, "slip")
    phone = browse(customer_page(live, order) + "change/", **PHONE)
    phone.locator("[name=street]").fill("文一西路 969 号")
    phone.get_by_role("button", name="提交新地址").click()
    expect(phone.get_by_text("等待处理").first).to_be_visible()

    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("内答复")
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{live.url}/warehouse/?order={order.number}")
        expect(page.locator("[data-alert]").first).to_contain_text("内答复")
        keep_screenshot(page, f"board-{width}")


@pytest.mark.parametrize("paper", ["", "parcel/"])
def test_a_parcel_slip_prints_dark_on_light_in_the_dark_theme_too(browse, live, warehouse, paper) -> None:
    order = make_order(status=Status.PICKING)
    page = browse(f"{live.url}/warehouse/orders/{order.number}/{paper}", staff=warehouse)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    lightness = "getComputedStyle(document.querySelector('main b')).color.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    assert page.evaluate(lightness) > 450

    page.emulate_media(media="print")
    assert page.evaluate(lightness) < 200
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.qr-code')).backgroundColor")
        == "rgb(255, 255, 255)"
    )
