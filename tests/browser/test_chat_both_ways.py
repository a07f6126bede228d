"""Two real browsers, one conversation."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from messaging.services.renditions import draw_waiting
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import BOX, elsewhere, message, ready, say, texts, until
from tests.browser.painted import fits
from tests.factories import move

CASES = json.loads((Path(__file__).parents[1] / "messaging/links.json").read_text())

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer_url(live, order) -> str:
    link = make_link(customer=order.customer, order_id=order.pk)
    return live.url + reverse("portal:order", args=[link_token(link)])


@pytest.fixture
def desk_url(live, order) -> str:
    return f"{live.url}/inbox/{order.conversation.pk}/"


@pytest.fixture
def desk(browse, desk_url, manager):
    return ready(browse(desk_url, staff=manager))


@pytest.fixture
def phone(browse, customer_url):
    return ready(browse(f"{customer_url}chat/", width=390, height=844))


def test_customer_and_shop_see_each_others_messages(desk, phone):
    say(desk, "您好，今天就能发货")
    expect(message(phone, "您好，今天就能发货")).to_be_visible()
    say(phone, "太好了 🎉")
    expect(message(desk, "太好了 🎉")).to_be_visible()
    # Who sees it come needs no line that says so; who was away does.
    expect(phone.locator(".unread-line")).to_have_count(0)
    address = phone.url
    phone.goto("about:blank")
    say(desk, "还有别的吗")
    expect(message(desk, "还有别的吗")).to_be_visible()
    phone.goto(address)
    expect(phone.locator(".unread-line + [data-seq]")).to_contain_text("还有别的吗")
    assert [text for text in texts(desk) if text in ("您好，今天就能发货", "太好了 🎉")] == [
        "您好，今天就能发货",
        "太好了 🎉",
    ]


def test_the_sender_sees_a_message_marked_delivered_and_then_read(desk, phone):
    say(desk, "请看一下")
    expect(message(phone, "请看一下")).to_be_visible()
    expect(message(desk, "请看一下").locator(".read")).to_be_visible()


def test_typing_is_shown_to_the_other_side(desk, phone):
    phone.locator("[data-composer] textarea").press_sequentially("在吗")
    expect(desk.locator("[data-typing]")).to_be_visible()
    phone.locator("[data-composer] textarea").fill("")
    phone.locator("[data-composer] textarea").blur()
    expect(desk.locator("[data-typing]")).to_be_hidden()


def test_an_internal_note_never_reaches_the_customer(desk, phone):
    desk.locator('[data-mode="note"]').click()
    say(desk, "这个客户总是拖款")
    expect(desk.locator(".note", has_text="这个客户总是拖款")).to_be_visible()
    desk.locator('[data-mode="reply"]').click()
    say(desk, "已经在处理")
    expect(message(phone, "已经在处理")).to_be_visible()
    assert "拖款" not in phone.content()
    phone.reload()
    ready(phone)
    expect(message(phone, "已经在处理")).to_be_visible()
    assert "拖款" not in phone.content()


def test_a_message_can_be_recalled(desk, phone):
    say(desk, "发错了，请忽略")
    expect(message(phone, "发错了，请忽略")).to_be_visible()
    row = message(desk, "发错了，请忽略")
    row.hover()
    row.locator("[data-recall]").click()
    expect(phone.locator(".recalled")).to_be_visible()
    expect(message(phone, "发错了，请忽略")).to_have_count(0)


def test_enter_while_composing_chinese_does_not_send(desk):
    box = desk.locator("[data-composer] textarea")
    box.fill("ni hao")
    box.evaluate(
        """box => {
          box.dispatchEvent(new CompositionEvent("compositionstart"));
          box.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", keyCode: 229, isComposing: true, bubbles: true}));
        }"""
    )
    assert box.input_value() == "ni hao"
    expect(desk.locator("[data-unsent] > *")).to_have_count(0)
    box.evaluate(
        """box => {
          box.dispatchEvent(new CompositionEvent("compositionend"));
          return new Promise(done => setTimeout(done));
        }"""
    )
    box.press("Enter")
    expect(message(desk, "ni hao")).to_be_visible()


def test_shift_enter_breaks_the_line(desk):
    box = desk.locator("[data-composer] textarea")
    box.fill("第一行")
    box.press("Shift+Enter")
    box.type("第二行")
    box.press("Enter")
    expect(message(desk, "第一行")).to_contain_text("第二行")


def test_markup_in_a_message_is_shown_as_text(desk, phone):
    said = "<img src=x onerror=alert(1)><b>粗</b>"
    say(phone, said)
    expect(message(desk, said).locator(".text")).to_have_text(said)


def test_links_and_numbers_in_messages_are_tappable_as_on_the_server(desk, phone):
    say(phone, "看 https://a.example/x?b=1 或打 138 0000 6612，javascript:alert(1)")
    said = message(desk, "javascript:alert(1)").locator(".text")
    expect(said.locator("a")).to_have_count(2)
    address, number = said.locator("a").all()
    expect(address).to_have_attribute("href", "https://a.example/x?b=1")
    expect(address).to_have_attribute("rel", "noopener noreferrer")
    expect(number).to_have_attribute("href", "tel:13800006612")
    parts = desk.evaluate(
        """async (texts) => {
          const { together } = await import("lib/modules.js");
          const { linkParts } = together.get("messaging/linked.js");
          return texts.map((text) => linkParts(text).map(([label, href]) => [label, href ?? ""]));
        }""",
        [text for text, _parts in CASES],
    )
    assert parts == [expected for _text, expected in CASES]


def test_a_pasted_picture_is_sent_and_opens_large(desk, phone):
    desk.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), {width: 640, height: 480});
          canvas.getContext("2d").fillRect(0, 0, 640, 480);
          const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
          const data = new DataTransfer();
          data.items.add(new File([blob], "不要.png", {type: "image/png"}));
          data.items.add(new File([blob], "样品.png", {type: "image/png"}));
          document.querySelector("[data-composer] textarea").dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    shown = desk.locator("[data-tray] figure")
    expect(shown).to_have_count(2)
    expect(phone.locator(".log .photo")).to_have_count(0)
    shown.first.get_by_role("button", name="不发这个").click()
    desk.locator(BOX).press("Enter")
    expect(shown).to_have_count(0)
    until(phone, draw_waiting)
    photo = phone.locator(".log [data-seq] .photo[data-full]")
    expect(photo).to_be_visible(timeout=15_000)
    expect(phone.locator(".log .photo img")).to_have_attribute("alt", "图片 样品.png")
    photo.click()
    expect(phone.locator("dialog.lightbox")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(phone.locator("dialog.lightbox")).to_be_hidden()


def test_the_emoji_picker_finds_emoji_by_chinese_name(desk):
    desk.locator("[data-emoji-button]").click()
    desk.locator(".emoji input").fill("手提包")
    expect(desk.locator(".emoji__grid button")).to_have_count(1)
    desk.locator(".emoji input").press("Enter")
    expect(desk.locator("[data-composer] textarea")).to_have_value("👜")


def test_a_draft_is_kept_for_its_conversation(desk):
    desk.locator("[data-composer] textarea").fill("还没写完")
    desk.reload()
    expect(desk.locator("[data-composer] textarea")).to_have_value("还没写完")


@pytest.mark.parametrize("width", [360, 390])
def test_the_customer_page_fits_a_phone(browse, customer_url, width):
    for address in (customer_url, f"{customer_url}chat/"):
        page = browse(address, width=width, height=740)
        assert fits(page)


def test_the_customers_page_shows_a_new_status_without_a_reload(browse, customer_url, order):
    page = ready(browse(customer_url, width=390, height=844))
    expect(page.locator(".hero .tag")).to_have_text("待支付")
    page.evaluate("window.notReloaded = true")
    elsewhere(lambda: move(order, "paid", amount=order.total, method="transfer", reference="T-1"))
    expect(page.locator(".hero .tag")).to_have_text("已支付待配货")
    assert page.evaluate("window.notReloaded") is True


def test_customer_and_shop_read_the_timeline_in_their_own_language(browse, desk, customer_url):
    abroad = browse(f"{customer_url}chat/", width=390, height=844)
    abroad.context.add_cookies([{"name": "django_language", "value": "en", "url": customer_url}])
    abroad.reload()
    expect(ready(abroad).get_by_text("Order created, total ¥")).to_be_visible()
    expect(desk.locator(".sys").filter(has_text="创建订单，合计 ¥")).to_be_visible()
