"""A customer on a phone: logs in by a code, looks around, asks, is seen at the desk, and orders the same again."""

import re
from unittest import mock

import pytest
from playwright.sync_api import expect

from orders.models import Order, Status
from tests.browser.chat import elsewhere, ready
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def demo(settings):
    """No gateway: the code is shown on the page."""
    settings.SHOW_LOGIN_CODES = True
    with mock.patch("shopcomm.core.accounts.services.one_time_codes.seconds_to_wait", return_value=0.0):
        yield


def log_in(page, phone: str) -> None:
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("验证码").fill(page.locator("[data-code]").inner_text())
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_label("验证码")).to_have_count(0)


def test_a_customer_logs_in_and_asks_and_the_desk_sees_the_question(browse, live, order, variant, manager):
    page = browse(f"{live.url}/my/", **PHONE)
    log_in(page, "138 0013 8000")
    expect(page.get_by_text(order.number)).to_be_visible()
    # The list is live.
    expect(page.get_by_text("等待付款")).to_be_visible()
    elsewhere(lambda: move(order, Status.PAID))
    expect(page.get_by_text("已收到付款，等待配货")).to_be_visible()

    page.get_by_role("link", name="选货").click()
    page.get_by_role("link", name=re.compile(variant.product.name)).click()
    page.get_by_label("数量").fill("50")
    page.get_by_label("问题（选填）").fill("能印 logo 吗")
    page.get_by_role("button", name="询价", exact=True).click()
    page.wait_for_url("**/my/chat/*/")
    ready(page)
    card = page.locator(".cardlet__in")
    expect(card).to_contain_text(variant.product.name)
    expect(card).to_contain_text("能印 logo 吗")

    desk = ready(browse(f"{live.url}/inbox/{page.url.split('/')[-2]}/", staff=manager))
    expect(desk.locator(".cardlet__in")).to_contain_text("×50")
    desk.locator("[data-composer] textarea").fill("可以的，50 个起印")
    desk.locator("[data-composer] textarea").press("Enter")
    expect(page.locator(".log")).to_contain_text("50 个起印")
    page.locator("[data-composer] textarea").fill("好，报个价")
    page.locator("[data-composer] textarea").press("Enter")
    expect(desk.locator(".log")).to_contain_text("好，报个价")


def test_a_customer_reorders_an_earlier_order(browse, live, customer, variant):
    old = make_order(customer=customer, status=Status.COMPLETED)
    page = browse(f"{live.url}/my/orders/{old.number}/again/", **PHONE)
    log_in(page, customer.phone)
    expect(page).to_have_url(f"{live.url}/my/orders/{old.number}/again/")

    page.get_by_label("的数量").fill("3")
    expect(page.locator("[data-total]")).to_have_text("¥597.00")
    page.get_by_role("button", name="提交订单").click()
    page.wait_for_url(re.compile(r"/my/orders/[^/]+/$"))
    new = Order.objects.exclude(pk=old.pk).get(customer=customer)
    expect(page.get_by_role("main")).to_contain_text(new.number)
    expect(page.get_by_role("main")).to_contain_text("¥597.00")
    assert new.status == Status.PENDING_PAYMENT


def test_ending_the_session_closes_the_customers_chat(browse, live, order, customer):
    page = browse(f"{live.url}/my/chat/{order.conversation.pk}/", **PHONE)
    log_in(page, customer.phone)
    ready(page)
    page.goto(f"{live.url}/my/me/")
    page.get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(f"{live.url}/my/login/")
    page.goto(f"{live.url}/my/chat/{order.conversation.pk}/")
    expect(page.get_by_label("手机号")).to_be_visible()
