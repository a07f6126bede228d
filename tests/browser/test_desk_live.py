"""One order on three screens at once: the desk, the warehouse's board, the customer's phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from orders.models import Order, Status
from orders.services.editing import edit_order
from orders.views.presenting import NEWEST
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.browser.chat import elsewhere, ready, say
from tests.factories import integration, make_order, make_orders

pytestmark = pytest.mark.django_db(transaction=True)


def customer_page(live, order: Order) -> str:
    return f"{live.url}/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/"


def online(page: Page) -> Page:
    """Waits until the page hears of what happens elsewhere."""
    expect(page.locator("html[data-online]")).to_be_attached()
    # The socket may be there before a behaviour that is a file of its own.
    expect(page.locator("html[data-mounted]")).to_be_attached()
    return page


def book_payment(desk: Page) -> None:
    """Says on the desk that the money is there: the button, then the dialog's own."""
    desk.locator('#actions a[href$="/to/paid/"]').click()
    desk.locator("dialog[open] [name=reference]").fill("4200001")
    desk.locator("dialog[open] form footer button").click()
    expect(desk.locator("dialog[open]")).to_have_count(0)


def test_customer_desk_and_warehouse_follow_one_order_without_a_reload(
    browse, live, order, manager, warehouse
) -> None:
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))
    phone = ready(browse(customer_page(live, order), width=390, height=844))
    for page in (desk, board, phone):
        page.evaluate("window.notReloaded = true")

    book_payment(desk)
    card = board.locator(f'.wcol--new [data-number="{order.number}"]')
    expect(card).to_be_visible()
    expect(phone.locator(".hero .tag")).to_have_text("已支付待配货")
    expect(desk.locator(".ohead .tag")).to_have_text("已支付待配货")

    card.get_by_role("button", name="开始配货").click()
    expect(desk.locator(".ohead .tag")).to_have_text("配货中")
    expect(phone.locator(".hero .tag")).to_have_text("配货中")

    board.locator(".pick input[type=checkbox]").click()
    board.locator("#tracking").fill("SF1234567890123")
    board.locator("[data-ship] .btn.primary").click()
    expect(board.locator(f'.wcol--shipped [data-number="{order.number}"]')).to_be_visible()
    expect(desk.locator(".ohead .tag")).to_have_text("已发货")
    expect(desk.get_by_text("SF1234567890123").first).to_be_visible()
    expect(phone.locator(".hero .tag")).to_have_text("已发货")
    expect(desk.locator(f'[data-order="{order.number}"] .tag')).to_have_text("已发货")
    expect(desk.locator('[data-tab="shipped"] b')).to_have_text("1")
    for page in (desk, board, phone):
        assert page.evaluate("window.notReloaded") is True


def test_a_customers_change_request_blocks_shipping_until_the_warehouse_accepts(
    browse, live, customer, manager, warehouse
) -> None:
    order = make_order(customer=customer, status=Status.PICKING)
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))
    phone = ready(browse(customer_page(live, order), width=390, height=844))

    phone.get_by_role("link", name="改订单").click()
    phone.locator("[name=street]").fill("文一西路 969 号")
    phone.get_by_role("button", name="提交新地址").click()
    expect(phone.get_by_text("等待处理")).to_be_visible()
    expect(desk.locator("[data-asked]")).to_contain_text("文一西路 969 号")
    expect(board.locator("[data-alert]")).to_contain_text("文一西路 969 号")
    expect(board.get_by_text("处理前不能打印和发货")).to_be_visible()

    board.get_by_role("button", name="同意修改").click()
    expect(phone.get_by_text("已接受")).to_be_visible()
    expect(desk.locator("[data-asked]")).to_have_count(0)
    expect(desk.locator("#receiver-h ~ *, .body").get_by_text("文一西路 969 号").first).to_be_visible()
    expect(board.locator("[data-alert]")).to_have_count(0)


def test_an_edited_address_blocks_shipping_until_the_warehouse_has_seen_it(
    browse, live, customer, manager, warehouse
) -> None:
    order = make_order(customer=customer, status=Status.PICKING)
    desk = browse(f"{live.url}/orders/{order.number}/edit/", staff=manager)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))

    desk.locator("[name=street]").fill("文一西路 969 号")
    desk.locator("form[method=post] .btn.primary").last.click()
    desk.wait_for_url(lambda url: not url.endswith("/edit/"))
    expect(desk.locator("[data-asked]")).to_contain_text("等客户在手机上点“同意”")
    expect(board.get_by_text("等客户处理修改申请后可以发货")).to_be_visible()
    expect(board.locator("[data-ship]")).to_have_count(0)

    desk.get_by_text("客户在电话中同意了").first.click()
    desk.get_by_role("button", name="记录并生效").first.click()
    alert = board.locator("[data-alert]")
    expect(alert).to_contain_text("文一西路 969 号")
    board.locator(".pick input[type=checkbox]").click()
    expect(board.get_by_text("等仓库处理修改申请后可以发货")).to_be_visible()
    expect(board.locator("[data-ship]")).to_have_count(0)
    assert Order.objects.get(pk=order.pk).status == Status.PICKING

    alert.get_by_role("button", name="同意修改").click()
    expect(alert).to_have_count(0)
    board.locator("#tracking").fill("SF1234567890123")
    board.locator("[data-ship] .btn.primary").click()
    expect(board.locator(f'.wcol--shipped [data-number="{order.number}"]')).to_be_visible()


def test_the_later_of_two_editors_is_shown_what_changed_meanwhile(
    browse, live, order, manager, sales
) -> None:
    first = browse(f"{live.url}/orders/{order.number}/edit/", staff=manager)
    second = browse(f"{live.url}/orders/{order.number}/edit/", staff=sales)

    first.locator("[name=street]").fill("文一西路 969 号")
    first.locator("form[method=post] .btn.primary").last.click()
    first.wait_for_url(lambda url: not url.endswith("/edit/"))
    second.locator("[name=note]").fill("周末不收货")
    second.locator("form[method=post] .btn.primary").last.click()

    expect(second.locator("[role=alert]").first).to_contain_text(manager.display_name)
    expect(second.locator("[role=alert]").first).to_contain_text("文一西路 969 号")
    expect(second.locator("[name=note]")).to_have_value("周末不收货")
    assert Order.objects.get(pk=order.pk).note == ""


def test_a_new_order_appears_in_the_list(browse, live, manager, variant, sales) -> None:
    desk = online(browse(f"{live.url}/orders/", staff=manager))
    expect(desk.locator("[data-order]")).to_have_count(0)

    other = browse(f"{live.url}/orders/new/", staff=sales)
    other.locator("[name=name]").fill("吴丽华")
    other.locator("[name=phone]").fill("13800138000")
    for name, value in (("province", "广东省"), ("city", "广州市"), ("street", "机场路 88 号")):
        other.locator(f"[name={name}]").fill(value)
    other.locator("[data-variant-search]").fill(variant.sku)
    other.locator("[data-variant]").first.click()
    other.locator("[name=quantity]").first.fill("2")
    # Nobody sends a price they have not seen.
    expect(other.locator("[data-price-total]")).to_have_text("¥398.00")
    other.locator("form[method=post] .btn.primary").last.click()
    other.wait_for_url(lambda url: not url.endswith("/new/"))

    expect(desk.locator("[data-order]")).to_have_count(1)


def test_a_customers_message_is_announced_at_a_desk_that_has_another_order_open(
    browse, live, order, manager
) -> None:
    other = make_order()
    desk = online(browse(f"{live.url}/orders/{other.number}/", staff=manager))
    phone = ready(browse(f"{customer_page(live, order)}chat/", width=390, height=844))

    say(phone, "今天能加急发吗")

    row = desk.locator(f'[data-order="{order.number}"]')
    expect(row).to_contain_text("客户：今天能加急发吗")
    expect(row.locator(".badge")).to_have_text(re.compile("1"))
    expect(desk.locator('.rail a[href="/inbox/"] .badge')).to_contain_text("1")
    row.locator("a").click()
    desk.wait_for_url(f"**/orders/{order.number}/**")
    ready(desk)
    expect(desk.locator(f'[data-order="{order.number}"] .badge')).to_have_count(0)
    expect(desk.locator('.rail a[href="/inbox/"] .badge')).to_be_hidden()


def test_the_desk_can_be_used_by_keyboard(browse, live, manager) -> None:
    newest = make_orders(3)[-1]
    desk = online(browse(f"{live.url}/orders/{newest.number}/", staff=manager))

    desk.keyboard.press("j")
    desk.wait_for_url(lambda url: newest.number not in url)
    online(desk)
    desk.keyboard.press("k")
    desk.wait_for_url(lambda url: newest.number in url)
    online(desk)
    desk.keyboard.press("g")
    expect(desk.locator("dialog[open]")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    desk.keyboard.press("/")
    expect(desk.locator("#order-search")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.locator("h1.reference").click()
    desk.keyboard.press("?")
    expect(desk.locator("dialog[open]")).to_be_visible()


def test_a_barcode_scanner_opens_an_order_and_then_ships_it(browse, live, warehouse) -> None:
    order = make_order(status=Status.PICKING)
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))

    board.keyboard.press("F2")
    board.keyboard.type(order.number)
    board.keyboard.press("Enter")
    expect(board.locator(f'[data-pick="{order.number}"]')).to_be_visible()
    board.locator(".pick input[type=checkbox]").click()
    expect(board.locator("#tracking")).to_be_visible()
    board.keyboard.press("F2")
    board.keyboard.type("SF1234567890123")
    board.keyboard.press("Enter")
    expect(board.locator("#tracking")).to_have_value("SF1234567890123")
    expect(board.locator("#carrier")).to_have_value("shunfeng")


def test_the_warehouse_board_works_on_a_phone(browse, live, warehouse) -> None:
    order = make_order(status=Status.PICKING)
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse, width=390, height=844))

    board.locator("[data-column=picking]").click()
    board.locator(f'.wcol--picking [data-open="{order.number}"]').click()
    board.locator(".pick input[type=checkbox]").click()
    expect(board.locator("#tracking")).to_be_visible()
    board.locator("[data-column=new]").click()
    expect(board.locator(".pick")).to_have_count(0)


def test_the_boards_sound_can_be_muted_and_stays_muted(browse, live, warehouse) -> None:
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))
    button = board.locator("button[data-sound]")

    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    board.reload()

    expect(button).to_have_attribute("aria-pressed", "false")


def test_an_address_in_the_chat_is_applied_with_one_tap_and_one_confirmation(
    browse, live, order, manager
) -> None:
    phone = ready(browse(customer_page(live, order) + "chat/", width=390, height=844))
    say(phone, "帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000")

    phone.locator("[data-offer]").click()
    expect(phone.locator("[name=street]")).to_have_value("文一西路969号")
    expect(phone.locator("[name=name]")).to_have_value("张三")
    phone.get_by_role("button", name="提交新地址").click()

    expect(phone.locator(".v-progress").get_by_text("浙江省杭州市余杭区文一西路969号")).to_be_visible()
    order.refresh_from_db()
    assert (order.receiver_name, order.street) == ("张三", "文一西路969号")


def test_timeline_icons_and_alarm_sounds_come_from_the_event_kinds(browse, live, order, manager) -> None:
    desk = ready(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    expect(desk.locator(".sys .icon").first).to_have_class(re.compile("i-plus$"))

    alarms = "import('lib/modules.js').then(({ together }) => [...together.get('lib/kinds.js').ALARM_EVENTS])"
    heard = desk.evaluate(alarms)
    assert heard == [
        "order.change_escalated", "order.change_requested", "order.changed", "order.paid", "order.urged",
    ]  # fmt: skip


def change_note(order: Order, *texts: str) -> None:
    """Changes the order's note, to one text after the other."""
    for text in texts:
        edit_order(actor=integration(), order_id=order.pk, version=None, changes={"note": text})


def test_older_events_of_an_order_come_when_asked_for_and_stay(browse, live, order, manager) -> None:
    change_note(order, *map(str, range(NEWEST + 4)))
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    happened = desk.locator(".timeline > li")
    expect(happened).to_have_count(NEWEST)

    desk.locator("[data-all-events]").click()
    expect(happened).to_have_count(NEWEST + 5)
    expect(happened.nth(NEWEST)).to_be_focused()
    expect(happened.last).to_contain_text("创建订单")
    expect(desk.locator("[data-all-events]")).to_have_count(0)

    elsewhere(lambda: change_note(order, "最后一次"))
    expect(happened).to_have_count(NEWEST + 6)


def test_older_events_of_an_order_are_a_page_without_scripts_and_a_tab_on_a_phone(
    browse, live, order, manager
) -> None:
    change_note(order, *map(str, range(NEWEST + 4)))
    address = f"{live.url}/orders/{order.number}/"
    for how in ({"java_script_enabled": False}, {"width": 390, "height": 844}):
        page = browse(address, staff=manager, **how)
        page.locator("[data-all-events]").click()
        page.wait_for_url(f"{address}events/#events")
        expect(page.locator(".timeline > li")).to_have_count(NEWEST + 5)
