"""What a thumb and a keyboard meet on the customer's pages."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from orders.models import Status
from orders.selectors.items import ItemInput
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import BOX, ready, say, until
from tests.browser.painted import fits
from tests.browser.test_phone_offline import wait_until_cached
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"width": 360, "height": 740}
TOUCH = SMALL | {"has_touch": True, "is_mobile": True}


def path_of(order, page: str = "order") -> str:
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    return reverse(f"portal:{page}", args=[token])


def test_opening_the_emoji_grid_does_not_open_the_keyboard(browse, live, order):
    phone = ready(browse(f"{live.url}{path_of(order, 'chat')}", **TOUCH))
    phone.locator(BOX).tap()
    phone.get_by_role("button", name="表情").tap()
    expect(phone.locator("[data-grid] button").first).to_be_visible()
    assert phone.evaluate("document.activeElement.matches('input, textarea')") is False


def test_the_chat_log_keeps_200_pixels_above_an_open_keyboard(browse, live, order):
    phone = ready(browse(f"{live.url}{path_of(order, 'chat')}", width=360, height=360))
    phone.locator(BOX).focus()
    expect(phone.locator(".topbar")).to_be_hidden()
    assert phone.locator("[data-log]").bounding_box()["height"] >= 200


def test_the_menu_of_the_newest_message_opens_in_view(browse, live, order):
    phone = ready(browse(f"{live.url}{path_of(order, 'chat')}", **TOUCH))
    for number in range(12):
        say(phone, f"第 {number} 句")
    newest = phone.locator(".log [data-seq]", has_text="第 11 句")
    newest.locator(".bubble").tap()
    tools = newest.locator("[data-tools]")
    expect(tools).to_be_visible()
    composer = phone.locator("[data-composer]")

    def foot() -> float:
        box = tools.bounding_box()
        return box["y"] + box["height"]

    until(phone, lambda: foot() <= composer.bounding_box()["y"])


def test_the_chat_opens_offline_when_only_the_progress_page_was_opened_before(browse, wire, order):
    path = path_of(order)
    phone = browse(f"{wire.url}{path}", **SMALL)
    wait_until_cached(phone, path)
    wire.cut()
    phone.get_by_role("link", name="客服").click()
    phone.wait_for_url(f"{wire.url}{path}chat/")
    expect(phone.locator(BOX)).to_be_visible()
    expect(phone.get_by_text("还没有存在手机里")).to_have_count(0)


def test_the_actions_of_an_order_of_forty_lines_stay_within_reach(browse, live, customer):
    items = [ItemInput(VariantFactory(sku=f"LONG-{number:02}", on_hand=50).sku, 1) for number in range(40)]
    order = make_order(customer=customer, items=items, status=Status.PAID)
    phone = browse(f"{live.url}{path_of(order)}", **SMALL)
    edit = phone.get_by_role("link", name="改订单")
    assert edit.evaluate("(each) => each.getBoundingClientRect().top + scrollY") < 1200
    phone.get_by_text("全部 40 款").click()
    expect(phone.locator(".portal__lines .thumb")).to_have_count(40)

    phone.goto(f"{live.url}{path_of(order, 'change')}?kind=items")
    lines = phone.locator("[data-line-text]:not([hidden])")
    expect(lines).to_have_count(5)
    lines.first.locator("input[name^=quantity]").fill("3")
    phone.locator("[data-filter-lines]").fill("LONG-37")
    # The one that was changed, and the one looked for.
    expect(lines).to_have_count(2)
    assert fits(phone)


def test_a_declined_push_permission_is_explained_with_alternatives(browse, live, order):
    phone = browse(f"{live.url}{path_of(order, 'wishes')}", **SMALL)
    phone.evaluate("Notification.requestPermission = async () => 'default'")
    phone.get_by_role("button", name="在这台设备上打开提醒").click()
    expect(phone.locator("[data-push-why]")).to_contain_text("再按一次，选“允许”")
    expect(phone.get_by_text("没有打开也不会漏掉")).to_be_visible()


def test_every_control_is_large_enough_to_tap(browse, live, order):
    phone = browse(f"{live.url}{path_of(order, 'chat')}", **TOUCH)
    small = """(found) => found.filter((each) => each.offsetParent)
      .map((each) => [each.textContent.trim() || each.getAttribute("aria-label"), each.getBoundingClientRect()])
      .filter(([, box]) => box.height < 44).map(([name]) => name)"""
    for page in ("chat", "order", "wishes"):
        phone.goto(f"{live.url}{path_of(order, page)}")
        pressed = phone.locator(
            ".composer__asks summary, .language button, label.check, .quick a, .quick button"
        )
        assert pressed.evaluate_all(small) == []
