"""Two links, a log-in, staff: pages of one browser, each of which stays alive and whose it is."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from messaging.consumers import session_recheck
from messaging.models import Message
from messaging.services.messages import send_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from tests.browser.chat import elsewhere, message, ready, say, until
from tests.browser.conftest import MOUNTED, session_cookie
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"width": 390, "height": 800}
BAR = '[data-module="lib/netbar.js"]'


def path_of(order, view: str = "portal:chat") -> str:
    return reverse(view, args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


def open_beside(page: Page, url: str) -> Page:
    """Another tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(url)
    tab.wait_for_function(MOUNTED)
    return tab


def answer(order, manager, text: str) -> None:
    def speak() -> None:
        send_message(
            actor=Actor.staff(manager),
            conversation_id=order.conversation.pk,
            client_id=str(uuid4()),
            body=text,
        )

    elsewhere(speak)


def stored_messages(order) -> list[tuple[str, str]]:
    written = Message.objects.filter(conversation__order=order).exclude(kind="event").order_by("seq")
    return list(written.values_list("sender_kind", "body"))


def test_pages_of_two_orders_in_one_browser_both_stay_live(browse, live, order, other_customer, manager):
    second = make_order(customer=other_customer)
    first_page = ready(browse(f"{live.url}{path_of(order)}", **SMALL))
    second_page = ready(open_beside(first_page, f"{live.url}{path_of(second)}"))
    for page, mine, text in ((first_page, order, "第一张"), (second_page, second, "第二张")):
        say(page, text)
        expect(page.locator(".log [data-seq]", has_text=text)).to_be_visible()
        answer(mine, manager, f"答{text}")
        expect(message(page, f"答{text}")).to_be_visible()
    # Its own line breaks: it comes back as what it was.
    first_page.reload()
    answer(order, manager, "回来以后")
    expect(message(ready(first_page), "回来以后")).to_be_visible()
    assert stored_messages(order) == [("customer", "第一张"), ("staff", "答第一张"), ("staff", "回来以后")]


def test_a_customer_page_still_writes_as_the_customer_after_staff_logged_in_alongside(
    browse, live, order, manager, monkeypatch
):
    # The watch soon finds that the session has another key, and sends the line away.
    monkeypatch.setattr(session_recheck, "ROUND_SECONDS", 0.1)
    phone = ready(browse(f"{live.url}{path_of(order)}", **SMALL))
    held = session_key(phone)
    log_in_beside(phone, live, manager)
    assert session_key(phone) != held
    with phone.expect_websocket():
        # The old key's moment is over.
        Session.objects.filter(session_key=held).delete()
    ready(phone)
    say(phone, "我是客户")
    expect(phone.locator(".log [data-seq]", has_text="我是客户")).to_be_visible()
    assert stored_messages(order) == [("customer", "我是客户")]


def session_key(page: Page) -> str:
    return next(each["value"] for each in page.context.cookies() if each["name"] == "sessionid")


def log_in_beside(phone: Page, live, manager) -> None:
    """Staff log in in another tab: the session gets another key, and what was in it stays."""
    manager.set_password("correct horse 9")
    manager.save()
    tab = open_beside(phone, f"{live.url}/login/")
    tab.locator("[name=username]").fill(manager.username)
    tab.locator("[name=password]").fill("correct horse 9")
    tab.locator("form button.primary").first.click()
    tab.wait_for_url(f"{live.url}/orders/**")


def test_a_customers_page_restores_its_ended_session_by_itself(browse, wire, order, manager):
    phone = ready(browse(f"{wire.url}{path_of(order, 'portal:order')}", **SMALL))
    Session.objects.all().delete()
    wire.drop()
    answer(order, manager, "今天发货")
    expect(phone.locator("[data-unread]")).to_have_text("1")
    expect(phone.locator(BAR)).to_be_hidden()


def test_the_progress_page_says_that_its_link_was_revoked(browse, live, order):
    phone = browse(f"{live.url}{path_of(order, 'portal:order')}", **SMALL)
    # The progress that is asked for again would bring the page that says so; here only the line knows.
    phone.route("**/progress/", lambda route: route.abort())
    ready(phone)
    elsewhere(lambda: revoke_links(order_id=order.pk))
    expect(phone.locator(BAR)).to_contain_text("这个链接已停用")
    expect(phone.locator(BAR).get_by_role("button")).to_have_count(0)
    phone.unroute("**/progress/")
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(phone.get_by_role("heading", name="这个链接打不开了")).to_be_visible()


def test_a_logged_out_desk_says_so_and_recovers_after_the_next_log_in(browse, wire, order, manager):
    talk = f"{wire.url}/inbox/{order.conversation.pk}/"
    desk = browse(f"{wire.url}/login/", service_workers="block")
    desk.context.add_cookies([session_cookie(manager, wire.url)])
    # A request would be led to the log-in; here only the line knows.
    for count in ("**/inbox/unread/", "**/orders/todo/count/"):
        desk.route(count, lambda route: route.fulfill(json={"unread": 0, "shown": "", "label": ""}))
    for asked in ("**/notices/unseen/", "**/conversations/*/messages/**"):
        desk.route(asked, lambda route: route.abort())
    parts = {"fetch": lambda route: route.abort()}
    desk.route("**/inbox/*/", lambda route: parts.get(route.request.resource_type, Route.continue_)(route))
    desk.goto(talk)
    ready(desk)
    Session.objects.all().delete()
    wire.drop()
    expect(desk.locator(BAR)).to_contain_text("登录已失效")
    expect(desk.locator(BAR).get_by_role("button", name="刷新")).to_be_visible()
    desk.context.add_cookies([session_cookie(manager, wire.url)])
    desk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    ready(desk)
    expect(desk.locator(BAR)).to_be_hidden(timeout=10_000)
    answer(order, manager, "又活了")
    expect(message(desk, "又活了")).to_be_visible()


# A part of the page that asks for itself, and what a script sends: the one is sent to the log-in, the other refused.
ASKED = {
    "a part": "document.dispatchEvent(new Event('visibilitychange'))",
    "a message": """import('lib/modules.js').then(({ together }) => {
      together.get('lib/http.js').post(location.pathname.replace('inbox', 'conversations') + 'messages/', {});
    })""",
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_an_ended_staff_session_leads_to_the_log_in_and_back_to_the_page(browse, live, order, manager, asked):
    talk = f"/inbox/{order.conversation.pk}/"
    desk = ready(browse(f"{live.url}{talk}", staff=manager))
    Session.objects.all().delete()
    desk.evaluate(asked)
    until(desk, lambda: "/login/" in desk.url)

    assert parse_qs(urlsplit(desk.url).query)["next"] == [talk]


def test_the_customer_sees_the_shop_online_while_sales_have_any_page_open(browse, live, order, sales):
    phone = ready(browse(f"{live.url}{path_of(order)}", **SMALL))
    browse(f"{live.url}/orders/", staff=sales)
    expect(phone.locator("[data-presence]")).to_have_text("在线")


def test_the_language_chosen_on_the_order_page_is_kept(browse, live, order):
    phone = browse(f"{live.url}{path_of(order, 'portal:order')}", **SMALL)
    phone.get_by_role("button", name="English").click()
    expect(phone.get_by_role("link", name="Customer service")).to_be_visible()
    assert phone.evaluate("document.documentElement.lang") == "en"
    order.customer.refresh_from_db()
    assert order.customer.language == "en"
