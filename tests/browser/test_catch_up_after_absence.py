"""A frame that got lost, a close that means something, and everything that changed while the line was down."""

import json
import time
from uuid import uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import Page, WebSocketRoute, expect

from messaging.models import Message, NotificationRule, NotificationTemplate
from messaging.services.messages import recall_message, send_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import BOX, cut_off, elsewhere, message, ready, until
from tests.browser.test_notices_live import paid_and_told
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)


class Tap:
    """Stands on a page's socket: loses frames, sends some of its own, closes it."""

    def __init__(self, page: Page) -> None:
        self.opened, self.lost, self.losing = 0, 0, False
        page.route_web_socket("**/ws/", self._open)

    def _open(self, near: WebSocketRoute) -> None:
        self.opened += 1
        self.near, self.far = near, near.connect_to_server()
        self.far.on_message(self._pass_on)

    def _pass_on(self, text: str) -> None:
        if self.losing and json.loads(text)["type"] == "message.new":
            self.lost += 1
        else:
            self.near.send(text)


def say(order, text: str) -> Message:
    return send_message(
        actor=Actor.customer(order.customer, order_id=order.pk),
        conversation_id=order.conversation.pk,
        client_id=uuid4(),
        kind="text",
        body=text,
    ).message


@pytest.fixture
def tapped(browse, live, manager):
    """Opens a page of a manager's with a tap on its socket."""

    def open_page(path: str) -> tuple[Page, Tap]:
        page = browse("about:blank", staff=None)
        from tests.browser.conftest import session_cookie

        page.context.add_cookies([session_cookie(manager, live.url)])
        tap = Tap(page)
        page.goto(live.url + path)
        return page, tap

    return open_page


def test_a_page_that_missed_a_message_learns_it_from_the_pong_and_fetches_it(tapped, order):
    page, tap = tapped(f"/inbox/{order.conversation.pk}/")
    ready(page)
    tap.losing = True
    elsewhere(lambda: say(order, "这条丢在路上"))
    until(page, lambda: tap.lost)
    expect(message(page, "这条丢在路上")).to_have_count(0)
    tap.losing = False
    tap.far.send('{"type":"ping"}')
    expect(message(page, "这条丢在路上")).to_have_count(1, timeout=3000)
    assert tap.opened == 1


def test_a_page_closed_for_slowness_reconnects_and_shows_what_it_missed(tapped, order):
    page, tap = tapped(f"/inbox/{order.conversation.pk}/")
    ready(page)
    tap.near.close(code=4408, reason="")
    elsewhere(lambda: say(order, "太慢的时候来的"))
    expect(message(page, "太慢的时候来的")).to_have_count(1)
    expect(page.locator('[data-module="messaging/pane.js"][data-connected]')).to_be_attached()
    assert tap.opened == 2


def test_a_window_over_the_socket_limit_says_so_and_does_not_reconnect(tapped, order):
    page, tap = tapped(f"/inbox/{order.conversation.pk}/")
    ready(page)
    page.clock.install()
    tap.near.close(code=4429, reason="")
    expect(page.get_by_text("打开的窗口太多").first).to_be_visible()
    page.clock.run_for("05:00")
    assert tap.opened == 1
    # What is written goes by HTTP all the same.
    page.locator(BOX).fill("还能写")
    page.locator(BOX).press("Enter")
    expect(message(page, "还能写")).to_have_count(1)


def test_an_order_list_that_is_told_to_resync_is_fetched_again(tapped, order):
    page, tap = tapped("/orders/")
    expect(page.locator("html[data-online]")).to_be_attached()
    expect(page.locator(f'[data-order="{order.number}"]')).to_be_visible()
    # Nothing tells the page of this one.
    tap.losing = True
    tap.far.on_message(lambda text: None)
    made = []
    elsewhere(lambda: made.append(make_order(customer=order.customer)))
    row = page.locator(f'[data-order="{made[0].number}"]')
    expect(row).to_have_count(0)
    tap.near.send(json.dumps({"type": "resync", "feed": "orders", "cursor": "9"}))
    expect(row).to_be_visible(timeout=3000)


@pytest.fixture
def managers_hear_of_payments(transactional_db) -> None:
    NotificationRule.objects.update(outside="send")
    rule = NotificationRule.objects.create(
        name="大额到账",
        enabled=True,
        trigger="paid",
        audience="role",
        role="manager",
        outside="send",
        version=1,
    )
    NotificationTemplate.objects.create(rule=rule, language="zh-hans", channel="", body="{{订单号}} 已付款")


def back_online(page: Page) -> float:
    """Waits until the page has its line again, and says when that was."""
    page.evaluate("window.dispatchEvent(new Event('online'))")
    ready(page)
    return time.monotonic()


@pytest.mark.usefixtures("managers_hear_of_payments")
def test_pages_show_missed_changes_within_three_seconds_after_reconnecting(
    browse, live, wire, order, manager
):
    taken_back = say(order, "我写错了价格")
    desk = ready(browse(f"{wire.url}/inbox/{order.conversation.pk}/", staff=manager))
    elsewhere_page = browse(f"{wire.url}/notices/", staff=manager)
    expect(elsewhere_page.locator("html[data-online]")).to_be_attached()
    unread = elsewhere_page.locator('[data-unread-url="/inbox/unread/"] .badge [aria-hidden]').first
    bell = desk.locator('[data-module="messaging/bell.js"] .badge [aria-hidden]')
    expect(desk.locator("[data-presence]").first).to_have_text("离线")
    wire.cut()
    cut_off(desk)
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    phone = ready(browse(live.url + reverse("portal:chat", args=[token]), width=390, height=844))
    other = make_order(customer=order.customer)
    elsewhere(lambda: say(other, "另一单的话"))
    buyer = Actor.customer(order.customer, order_id=order.pk)
    elsewhere(lambda: recall_message(actor=buyer, conversation_id=order.conversation.pk, seq=taken_back.seq))
    paid_and_told(order)
    phone.locator(BOX).press_sequentially("我在打字")
    wire.mend()
    back = back_online(desk)
    within = {"timeout": 3000}
    expect(desk.locator("[data-presence]").first).to_have_text("在线", **within)
    expect(message(desk, "我写错了价格")).to_have_count(0, **within)
    expect(bell).to_have_text("1", **within)
    assert time.monotonic() - back < 3.5
    # Whoever types says so every three seconds.
    phone.locator(BOX).press_sequentially("还在慢慢打", delay=700)
    expect(desk.locator("[data-typing]")).to_be_visible(timeout=1000)
    elsewhere_page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(elsewhere_page.locator("html[data-online]")).to_be_attached()
    expect(unread).to_have_text("1", timeout=3000)
