"""When a phone is asked whether it may be woken: not at the first look, but when there is something to hear about."""

import base64
import os

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from messaging.models import PushSubscription
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import message, ready, say, until
from tests.browser.painted import fits
from tests.browser.test_notices_live import paid_and_told

pytestmark = pytest.mark.django_db(transaction=True)


def _random(size: int) -> str:
    return base64.urlsafe_b64encode(os.urandom(size)).decode().rstrip("=")


# No push service answers in a test; all else is the browser's own.
SUBSCRIBES = """
  let made = null;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async () => (made = {
    endpoint: "https://93.184.216.34/push/1",
    toJSON: () => ({ endpoint: "https://93.184.216.34/push/1", keys: { p256dh: "%s", auth: "%s" } }),
    unsubscribe: async () => { made = null; },
  });
  let answer = "default";
  Object.defineProperty(Notification, "permission", { get: () => answer });
  Notification.requestPermission = async () => (answer = "granted");
"""


@pytest.fixture
def phone(browse, live, order) -> Page:
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    page = browse("about:blank", width=360, height=740)
    point = base64.urlsafe_b64encode(b"\x04" + os.urandom(64)).decode().rstrip("=")
    page.add_init_script(SUBSCRIBES % (point, _random(16)))
    page.goto(live.url + reverse("portal:chat", args=[token]))
    return ready(page)


def push_question(page: Page):
    return page.locator('[data-module="portal/ask_push.js"]')


def test_push_is_offered_after_the_first_message_and_then_delivered(phone, order):
    expect(push_question(phone)).to_be_hidden()
    say(phone, "什么时候到")
    expect(push_question(phone)).to_be_visible()
    assert fits(phone)
    push_question(phone).get_by_role("button", name="提醒我").click()
    expect(push_question(phone)).to_be_hidden()
    phone.wait_for_function("Notification.permission === 'granted'")
    until(phone, PushSubscription.objects.exists)
    kept = PushSubscription.objects.get()
    assert (kept.owner_kind, kept.owner_id) == ("customer", order.customer_id)
    assert [link.order_id for link in kept.links.all()] == [order.pk]
    say(phone, "谢谢")
    expect(message(phone, "谢谢")).to_be_visible()
    expect(push_question(phone)).to_be_hidden()


def test_push_is_offered_when_the_order_moves_and_not_again_after_not_now(phone, order):
    expect(push_question(phone)).to_be_hidden()
    paid_and_told(order)
    expect(push_question(phone)).to_be_visible()
    push_question(phone).get_by_role("button", name="以后再说").click()
    expect(push_question(phone)).to_be_hidden()
    phone.reload()
    say(ready(phone), "好的")
    expect(message(phone, "好的")).to_be_visible()
    expect(push_question(phone)).to_be_hidden()
    assert not PushSubscription.objects.exists()


def test_the_notification_page_explains_adding_the_shop_to_the_home_screen(phone):
    phone.get_by_role("link", name="通知设置").click()
    card = phone.locator('[data-module="portal/install.js"]')
    expect(phone.get_by_role("button", name="在这台设备上打开提醒")).to_be_visible()
    expect(card).to_be_hidden()
    phone.wait_for_load_state("networkidle")
    phone.evaluate("""() => {
      const event = new Event("beforeinstallprompt", { cancelable: true });
      event.prompt = () => { window.asked = true; };
      window.dispatchEvent(event);
    }""")
    card.get_by_role("button", name="添加到桌面").click()
    assert phone.evaluate("window.asked")


def test_a_browser_without_push_says_why_and_what_can_be_done(phone):
    phone.get_by_role("link", name="通知设置").click()
    button, why = phone.get_by_role("button", name="在这台设备上打开提醒"), phone.locator("[data-push-why]")
    expect(button).to_be_visible()
    phone.evaluate("""() => {
      Notification.requestPermission = async () => 'granted';
      PushManager.prototype.subscribe = async () => { throw new DOMException('no', 'AbortError'); };
    }""")
    button.click()
    expect(why).to_contain_text("连不上它自己的推送服务")
    assert fits(phone)


def test_on_an_iphone_the_way_to_the_home_screen_is_described(browse, live, order):
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    phone = browse(
        f"{live.url}{reverse('portal:wishes', args=[token])}",
        width=390,
        height=844,
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    )
    expect(phone.get_by_text("添加到主屏幕”；")).to_be_visible()
