"""A small phone on a bad line: 360 px, 400 ms, 1.6 Mbit/s, and one that drops again and again."""

import re
import time
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Request, Route, expect

from messaging.models import Message
from orders.models import ChangeRequest, Order, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.events.models import DomainEvent
from tests.bad_network import Line
from tests.browser.chat import message, ready, say, texts, until
from tests.browser.painted import PAINTED, fits, painted
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"width": 360, "height": 740}
# 400 ms there and back, 1.6 Mbit/s down, 750 kbit/s up: a phone at the market hall's far end.
WEAK = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
EACH, BETWEEN_DROPS = 32, 8


@pytest.fixture
def path(order) -> str:
    return reverse("portal:order", args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


@pytest.fixture
def shaky(live):
    """A line with 200 ms there and back."""
    line = Line(live.url, delay=0.1, rate=200_000)
    yield line
    line.close()


def throttle_network(page: Page) -> Page:
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", WEAK)
    return page


def stored_messages(order, **which) -> list[str]:
    written = Message.objects.filter(conversation__order=order, **which).exclude(kind="event")
    return list(written.order_by("seq").values_list("body", flat=True))


def test_on_a_slow_connection_the_order_page_loads_soon_and_chat_works(browse, live, order, path, manager):
    line = Line(live.url, delay=0.2, rate=200_000)
    desk = ready(browse(f"{live.url}/inbox/{order.conversation.pk}/", staff=manager))
    phone = throttle_network(browse("about:blank", **SMALL))
    started = time.monotonic()
    phone.goto(f"{line.url}{path}", wait_until="commit")
    expect(painted(phone).locator(".hero h2")).to_be_visible()
    # Static files come one by one here; as the product serves them there are few and small.
    assert time.monotonic() - started < 15
    assert fits(phone)
    phone.get_by_role("link", name="客服").click()
    ready(phone)
    say(phone, "什么时候发货")
    expect(message(desk, "什么时候发货")).to_be_visible()
    say(desk, "今天下午")
    expect(message(phone, "今天下午")).to_be_visible()
    assert fits(phone)
    line.close()


def test_the_page_is_not_shown_before_its_style_sheets_have_loaded(browse, live, path):
    held: list[Route] = []
    phone = browse("about:blank", **SMALL)
    phone.route(re.compile(r"/shop[^/]*\.css"), lambda route: held.append(route))
    with phone.expect_event("requestfinished", lambda request: "/portal" in request.url):
        phone.goto(f"{live.url}{path}", wait_until="commit")
    until(phone, lambda: held)
    # It is laid out by some of its sheets, for whoever asks; a reader has an empty page.
    expect(phone.locator(".hero h2")).to_be_visible()
    assert not phone.evaluate(PAINTED)
    held[0].continue_()
    assert fits(phone)


def test_messages_over_a_dropping_connection_are_neither_lost_nor_doubled(
    browse, live, shaky, order, path, manager
):
    desk = ready(browse(f"{live.url}/inbox/{order.conversation.pk}/", staff=manager))
    phone = ready(browse(f"{shaky.url}{path}chat/", **SMALL))
    asked = [f"客户第 {number} 句" for number in range(EACH)]
    answered = [f"客服第 {number} 句" for number in range(EACH)]
    for number, (question, answer) in enumerate(zip(asked, answered, strict=True)):
        say(phone, question)
        say(desk, answer)
        if number % BETWEEN_DROPS == 3:
            # While the last words are on their way; the next ones are written without a line.
            shaky.drop()
        elif number % BETWEEN_DROPS == 7:
            ready(phone)
    for page in (phone, desk):
        expect(message(page, asked[-1])).to_be_visible(timeout=60000)
        expect(message(page, answered[-1])).to_be_visible(timeout=60000)
        expect(page.locator("[data-unsent] .msg")).to_have_count(0)
    assert stored_messages(order, sender_kind="customer") == asked
    assert stored_messages(order, sender_kind="staff") == answered
    both = stored_messages(order)
    assert [text for text in texts(phone) if text in both] == both
    assert [text for text in texts(desk) if text in both] == both
    assert list(
        Message.objects.filter(conversation__order=order).order_by("seq").values_list("seq", flat=True)
    ) == list(range(1, Message.objects.filter(conversation__order=order).count() + 1))


def test_a_script_that_failed_to_load_is_loaded_again(browse, live, order, path):
    phone = browse("about:blank", **SMALL)
    lost: list[str] = []

    def once(route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request.url)
        return route.abort("connectionreset")

    phone.route(re.compile(r"/js/shop[^/]*\.js"), once)
    phone.goto(f"{live.url}{path}chat/")
    ready(phone)
    assert lost
    expect(phone.get_by_role("link", name="重新加载")).to_have_count(0)


def test_a_script_that_never_loads_does_not_lose_the_typed_text(browse, live, order, path):
    phone = browse("about:blank", **SMALL)
    phone.route(re.compile(r"/js/shop[^/]*\.js"), lambda route: route.abort("connectionreset"))
    phone.goto(f"{live.url}{path}chat/")
    phone.locator("textarea").fill("请问")
    expect(phone.get_by_role("link", name="重新加载")).to_be_visible(timeout=15000)
    expect(phone.locator("textarea")).to_have_value("请问")


def posted_into_the_void(phone: Page, wire: Line, button: Locator, done: Callable[[], object]) -> None:
    """Sends a form that the shop receives and whose answer never comes, until the browser gives it up."""
    over: list[Request] = []
    for end in ("requestfailed", "requestfinished"):
        phone.on(end, lambda request: over.append(request))
    # There is a line when the form is sent; it is lost on the way back.
    phone.route("**/healthz", lambda route: route.fulfill(status=200))
    wire.cut_answers()
    button.click(no_wait_after=True)
    until(phone, done)
    wire.mend()
    # The browser may itself send it once more when the line is lost.
    until(phone, lambda: [request for request in over if request.method == "POST"])


def test_an_urge_whose_answer_was_lost_can_be_pressed_again(browse, wire, customer):
    order = make_order(customer=customer, status=Status.PAID)
    path = reverse("portal:order", args=[link_token(make_link(customer=customer, order_id=order.pk))])
    phone = browse(f"{wire.url}{path}", **SMALL)
    posted_into_the_void(phone, wire, phone.get_by_role("button", name="催一下"), order.urges.exists)
    pressed = order.urges.get().times
    phone.goto(f"{wire.url}{path}")
    phone.get_by_role("button", name="催一下").click()
    expect(phone.get_by_text("已经在催了")).to_be_visible()
    until(phone, lambda: order.urges.get().times == pressed + 1)
    assert DomainEvent.objects.filter(type="order.urged").count() == 1


def test_a_change_request_whose_answer_was_lost_is_made_once(browse, wire, customer):
    order = make_order(customer=customer, status=Status.PICKING)
    path = reverse("portal:order", args=[link_token(make_link(customer=customer, order_id=order.pk))])
    phone = browse(f"{wire.url}{path}change/", **SMALL)
    form = phone.locator("form", has=phone.locator('[name="kind"][value="address"]'))
    form.locator('[name="street"]').fill("文一西路 969 号")
    key = form.locator('[name="key"]').input_value()
    posted_into_the_void(
        phone, wire, form.get_by_role("button", name="提交新地址"), ChangeRequest.objects.exists
    )
    assert ChangeRequest.objects.get().key == key
    # The same form once more, as after Back.
    phone.goto(f"{wire.url}{path}change/")
    form.locator('[name="street"]').fill("文一西路 969 号")
    form.locator('[name="key"]').evaluate("(field, key) => { field.value = key; }", key)
    form.get_by_role("button", name="提交新地址").click()
    phone.wait_for_url(f"{wire.url}{path}")
    assert ChangeRequest.objects.filter(order=order).count() == 1


def test_a_receipt_confirmation_whose_answer_was_lost_counts(browse, wire, customer):
    order = make_order(customer=customer, status=Status.DELIVERED)
    path = reverse("portal:order", args=[link_token(make_link(customer=customer, order_id=order.pk))])
    phone = browse(f"{wire.url}{path}", **SMALL)
    phone.locator("summary", has_text="确认收货").click()
    completed = Order.objects.filter(pk=order.pk, status=Status.COMPLETED)
    posted_into_the_void(phone, wire, phone.get_by_role("button", name="收到了，没有问题"), completed.exists)
    phone.goto(f"{wire.url}{path}")
    expect(phone.locator(".hero h2")).to_have_text("订单已完成")
    assert Order.objects.get(pk=order.pk).status == Status.COMPLETED
