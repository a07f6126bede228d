"""The table of keys lists what a key does on the page it is opened on, and each of them does it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import ready
from tests.browser.conftest import MOUNTED
from tests.browser.test_catch_up_after_absence import say
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)


def keys_listed(page: Page) -> list[str]:
    page.keyboard.press("?")
    table = page.locator("#shortcuts")
    expect(table).to_be_visible()
    keys = [line.strip() for line in table.locator("dt:visible").all_inner_texts()]
    page.keyboard.press("Escape")
    expect(table).to_be_hidden()
    return keys


def test_every_shortcut_that_a_page_lists_works(browse, live, order, manager) -> None:
    newest = make_order(customer=order.customer)
    desk = browse(f"{live.url}/orders/", staff=manager)
    assert keys_listed(desk) == ["J", "/", "1–9", "N", "?", "Esc"]
    desk.keyboard.press("/")
    expect(desk.locator("#order-search")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("2")
    expect(desk.locator('[role=tab][aria-selected="true"]')).to_have_attribute("data-key", "2")
    desk.keyboard.press("j")
    expect(desk).to_have_url(re.compile(newest.number))

    ready(desk)
    assert keys_listed(desk) == ["J", "K", "/", "1–9", "C", "N", "G", "E", "Ctrl Shift N", "?", "Esc"]
    desk.keyboard.press("j")
    expect(desk).to_have_url(re.compile(order.number))
    ready(desk).keyboard.press("k")
    expect(desk).to_have_url(re.compile(newest.number))
    ready(desk).keyboard.press("c")
    expect(desk.locator("[data-composer] textarea")).to_be_focused()
    desk.keyboard.press("Control+Shift+N")
    expect(desk.locator("[data-mode=note]")).to_have_attribute("aria-checked", "true")
    desk.keyboard.press("Escape")
    desk.keyboard.press("g")
    expect(desk.locator("#order-dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.keyboard.press("e")
    expect(desk).to_have_url(re.compile(f"{newest.number}/edit/"))
    desk.goto(f"{live.url}/orders/")
    desk.wait_for_function(MOUNTED)
    assert "N" in keys_listed(desk)
    desk.keyboard.press("n")
    expect(desk).to_have_url(re.compile("/orders/new/"))


def test_shortcuts_move_between_search_hits(browse, live, order, manager) -> None:
    for count in range(30):
        say(order, f"雾霾蓝还有吗 {count}" if count in (0, 29) else f"第 {count} 句")
    address = f"{live.url}/inbox/{order.conversation.pk}/?q=雾霾蓝"
    inbox = ready(browse(address, staff=manager))
    assert keys_listed(inbox) == ["K", "/", "C", "Ctrl Shift N", "?", "Esc"]

    for number, text in ((2, "雾霾蓝还有吗 29"), (1, "雾霾蓝还有吗 0")):
        inbox.keyboard.press("k")
        expect(inbox.locator(".jump")).to_contain_text(f"第 {number} 条，共 2 条")
        expect(ready(inbox).locator(".log .found")).to_contain_text(text)
        expect(inbox.locator(".log .found")).to_be_in_viewport()


def test_a_page_lists_only_the_shortcuts_that_it_has(browse, live, order, manager) -> None:
    inbox = browse(f"{live.url}/inbox/", staff=manager)
    assert keys_listed(inbox) == ["/", "?", "Esc"]
    inbox.keyboard.press("/")
    expect(inbox.locator(".clist [type=search]")).to_be_focused()
    board = browse(f"{live.url}/warehouse/", staff=manager)
    assert keys_listed(board) == ["F2", "?", "Esc"]
