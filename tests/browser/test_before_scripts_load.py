"""A slow line brings the page long before its scripts: what is pressed and written meanwhile is not lost."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from messaging.models import Message
from orders.models import Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import BOX, message, ready, until
from tests.browser.conftest import session_cookie
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"width": 360, "height": 740}
SCRIPTS = re.compile(r"/static/js/")


@pytest.fixture
def path(order) -> str:
    return reverse("portal:chat", args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


def without_scripts(page: Page, url: str) -> Page:
    """The page as it is while its scripts are still on their way."""
    page.route(SCRIPTS, lambda route: route.abort())
    page.goto(url)
    return page


def scripts_come(page: Page) -> None:
    page.unroute(SCRIPTS)


def stored_messages(order) -> list[tuple[str, str]]:
    written = Message.objects.filter(conversation__order=order).exclude(kind="event").order_by("seq")
    return list(written.values_list("sender_kind", "body"))


def test_a_message_sent_before_the_scripts_load_is_stored_and_shown(browse, live, order, path):
    phone = without_scripts(browse("about:blank", **SMALL), f"{live.url}{path}")
    phone.locator(BOX).fill("什么时候发货？")
    scripts_come(phone)
    phone.get_by_role("button", name="发送").click()
    expect(message(ready(phone), "什么时候发货？")).to_be_visible()
    assert phone.url == f"{live.url}{path}"
    assert stored_messages(order) == [("customer", "什么时候发货？")]


def test_a_refused_message_stays_in_the_form(browse, live, order, path, monkeypatch):
    monkeypatch.setattr("messaging.views.saying.seconds_until_more", lambda _actor: 30)
    phone = without_scripts(browse("about:blank", **SMALL), f"{live.url}{path}")
    phone.locator(BOX).fill("很急")
    phone.get_by_role("button", name="发送").click()
    expect(phone.get_by_role("heading", name="没有发出去")).to_be_visible()
    expect(phone.locator("textarea")).to_have_value("很急")
    monkeypatch.undo()
    phone.get_by_role("button", name="发送").click()
    until(phone, lambda: stored_messages(order) == [("customer", "很急")])


def test_staff_cannot_send_before_the_scripts_that_choose_the_audience_have_loaded(
    browse, live, order, manager
):
    desk = browse("about:blank")
    desk.context.add_cookies([session_cookie(manager, f"{live.url}/")])
    without_scripts(desk, f"{live.url}/inbox/{order.conversation.pk}/")
    button = desk.locator("[data-composer] .btn.primary")
    expect(button).to_be_disabled()
    expect(button).to_contain_text("正在载入")
    expect(desk.locator("[data-mode]:enabled")).to_have_count(0)
    scripts_come(desk)
    desk.reload()
    ready(desk)
    expect(button).to_be_enabled()
    expect(button).to_contain_text("发送")


def test_pressing_urge_before_the_scripts_load_counts_once(browse, live, customer):
    order = make_order(customer=customer, status=Status.PAID)
    address = reverse("portal:order", args=[link_token(make_link(customer=customer, order_id=order.pk))])
    phone = without_scripts(browse("about:blank", **SMALL), f"{live.url}{address}")
    phone.get_by_role("button", name="催一下").click()
    expect(phone.get_by_text("已帮您催了")).to_be_visible()
    assert order.urges.get().times == 1
