"""Notices as people meet them: in the chat of a phone, at the bell, in the editor of rules, and said later."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import NotificationRule, NotificationTemplate
from messaging.services.notifications.release import release_due
from orders.models import Order
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.events.relay import relay
from tests.browser.chat import BOX, elsewhere, ready
from tests.factories import move

pytestmark = pytest.mark.django_db(transaction=True)


def paid_and_told(order: Order) -> None:
    """A payment, and what the workers make of it."""

    def work() -> None:
        move(order, "paid")
        relay()
        release_due()

    elsewhere(work)


@pytest.fixture
def at_any_hour(transactional_db) -> None:
    NotificationRule.objects.update(outside="send")


@pytest.fixture
def managers_hear_of_payments(at_any_hour) -> None:
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


@pytest.mark.usefixtures("managers_hear_of_payments")
def test_a_payment_appears_on_the_phone_and_at_the_bell_without_a_reload(
    browse, live, order, manager
) -> None:
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    phone = ready(browse(f"{live.url}/o/{token}/chat/", width=390, height=844))
    desk = browse(f"{live.url}/orders/", staff=manager)
    expect(desk.locator("html[data-online]")).to_be_attached()

    paid_and_told(order)

    expect(phone.locator(".log").get_by_text("已收到，我们马上安排配货")).to_be_visible()
    # What happened and the notice of it are one entry.
    expect(phone.locator(".log .msg--notice").first).to_be_visible()
    expect(phone.locator(".log .sys:visible")).to_have_count(0)
    expect(desk.locator('[data-module="messaging/bell.js"] .badge [aria-hidden]')).to_have_text("1")
    expect(desk.get_by_text(f"{order.number} 已付款").first).to_be_visible()

    pocket = browse(f"{live.url}/preferences/", staff=manager, width=390, height=844)
    expect(pocket.locator(".tabbar [data-new-notices] .badge [aria-hidden]")).to_have_text("1")
    pocket.get_by_role("navigation", name="更多页面").get_by_role("link", name="通知中心").click()
    expect(pocket.get_by_text(f"{order.number} 已付款").first).to_be_visible()

    desk.locator('[data-module="messaging/bell.js"]').click()
    desk.get_by_text(f"{order.number} 已付款").first.click()
    desk.wait_for_url(f"**/orders/{order.number}/")
    expect(desk.locator('[data-module="messaging/bell.js"] .badge')).to_be_hidden()


def test_the_bell_updates_on_a_page_that_follows_no_feed(
    browse, live, order, warehouse, managers_hear_of_payments
) -> None:
    NotificationRule.objects.filter(name="大额到账").update(role="warehouse")
    page = browse(f"{live.url}/preferences/", staff=warehouse)
    expect(page.locator('[data-module="messaging/bell.js"] .badge')).to_be_hidden()

    paid_and_told(order)

    expect(page.locator('[data-module="messaging/bell.js"] .badge [aria-hidden]')).to_have_text("1")


def test_the_rule_editor_previews_the_template_and_refuses_an_unknown_placeholder(
    browse, live, order, manager
) -> None:
    rule = NotificationRule.objects.get(key="shipped")
    page = browse(f"{live.url}/rules/{rule.pk}/", staff=manager)
    words = page.locator("#words-zh-hans textarea").first

    words.fill("您好，{{订单号}} 出发了")
    expect(page.locator("[data-preview-text]")).to_have_text(f"您好，{order.number} 出发了")

    words.fill("您好，{{订单好}} 出发了")
    page.get_by_role("button", name="保存规则").click()
    expect(page.locator(".callout.bad")).to_contain_text("没有“订单好”这个变量")
    expect(page.locator(".callout.bad")).to_be_in_viewport()
    assert (
        "{{订单好}}" not in NotificationTemplate.objects.get(rule=rule, language="zh-hans", channel="").body
    )


def test_a_scheduled_message_is_listed_by_the_chat_until_it_is_changed_or_cancelled(
    browse, live, order, manager
) -> None:
    desk = ready(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    desk.locator(BOX).fill("明早给您发货")
    desk.locator('[data-open-waiting="schedule"]').click()
    dialog = desk.locator('dialog[data-dialog="schedule"]')
    expect(dialog.locator("textarea")).to_have_value("明早给您发货")
    dialog.get_by_role("button", name="定时发送").click()

    waiting = desk.locator(".waiting .delay", has_text="明早给您发货")
    expect(waiting).to_contain_text(re.compile(r"定时 \d\d-\d\d \d\d:\d\d"))
    expect(desk.locator(BOX)).to_have_value("")

    waiting.get_by_role("button", name="修改").click()
    dialog.locator("textarea").fill("后天给您发货")
    dialog.get_by_role("button", name="定时发送").click()
    waiting = desk.locator(".waiting .delay", has_text="后天给您发货")
    waiting.get_by_role("button", name="取消").click()
    expect(desk.locator(".waiting .delay")).to_have_count(0)
