"""A day in the stockroom: scanning bags and waybills, a board that stays where it is, and two pickers at one order."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from orders.models import Order, OrderLine, Status, WarehouseAlert
from orders.selectors import board as board_columns
from orders.services.orders import ItemInput
from shopcomm.core.accounts.actors import Actor
from tests.browser.chat import until
from tests.browser.painted import fits
from tests.browser.test_desk_live import online
from tests.browser.test_two_colleagues_on_one_order import elsewhere, picked_order, request_change_of
from tests.factories import VariantFactory, make_order, make_orders, move

pytestmark = pytest.mark.django_db(transaction=True)
BARCODE, OTHER = "6901234567892", "6909999999991"
# Notes what the page plays: how high, and of which form.
LISTENS = """() => { window.heard = []; const Real = window.OscillatorNode;
  window.OscillatorNode = class extends Real { constructor(context, options) {
    super(context, options); window.heard.push(options.type); } }; }"""


def scan(page: Page, text: str) -> None:
    """A scanner at the field for it."""
    page.keyboard.press("F2")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def scan_anywhere(page: Page, text: str) -> None:
    """A scanner while the focus is nowhere: keys faster than any hand."""
    page.evaluate(
        """(keys) => { for (const key of [...keys, "Enter"]) document.body.dispatchEvent(
          new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); }""",
        text,
    )


def refresh_board(page: Page, order: Order) -> None:
    """Something happens elsewhere, and the board has shown it."""
    elsewhere(move, order, "picking")
    expect(page.locator(f'.wcol--picking [data-number="{order.number}"]')).to_be_visible()


def wanted(*, barcode: str = BARCODE, pieces: int = 2) -> Order:
    bag = VariantFactory(barcode=barcode, location="A-03-2")
    return make_order(status=Status.PICKING, items=[ItemInput(bag.sku, pieces)])


def test_a_scanned_waybill_survives_a_board_refresh_until_the_ship_form_appears(
    browse, live, warehouse
) -> None:
    order, other, third = wanted(), make_order(status=Status.PAID), make_order(status=Status.PAID)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))

    scan(board, "SF1234567890123")
    expect(board.locator("[data-said]").first).to_contain_text("拣完自动填好")
    for _ in range(2):
        scan(board, BARCODE)
    expect(board.locator("#tracking")).to_have_value("SF1234567890123")
    expect(board.locator("#carrier")).to_have_value("shunfeng")

    refresh_board(board, other)
    expect(board.locator("#tracking")).to_have_value("SF1234567890123")
    # The form goes while a customer's wish is open, and comes back with what was in it.
    elsewhere(request_change_of, order)
    expect(board.locator("#tracking")).to_have_count(0)
    board.get_by_role("button", name="同意修改").click()
    expect(board.locator("#tracking")).to_have_value("SF1234567890123")
    refresh_board(board, third)
    expect(board.locator("#carrier")).to_have_value("shunfeng")


def test_a_waybill_from_the_url_survives_a_board_refresh(browse, live, warehouse) -> None:
    order, other = picked_order(), make_order(status=Status.PAID)
    url = f"{live.url}/warehouse/?order={order.number}&tracking_number=YT8812345678901"
    board = online(browse(url, staff=warehouse))

    refresh_board(board, other)

    expect(board.locator("#tracking")).to_have_value("YT8812345678901")
    expect(board.locator("#carrier")).to_have_value("yuantong")


def test_every_field_of_the_board_keeps_its_content_when_the_board_refreshes(browse, live, manager) -> None:
    order, other = picked_order(), make_order(status=Status.PAID)
    request_change_of(order)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=manager))
    fields = board.locator(
        "main :is(input:not([type=hidden], [type=checkbox], [name=q], [name=code]), select):visible"
    )
    filled = {}
    for field in fields.all():
        key = field.get_attribute("id") or field.get_attribute("name")
        if field.evaluate("(field) => field.tagName") == "SELECT":
            filled[key] = field.locator("option").nth(1).get_attribute("value")
            field.select_option(filled[key])
        else:
            filled[key] = "12"
            field.fill("12")
    assert set(filled) >= {"tracking", "carrier", "override", "reason"}

    refresh_board(board, other)

    for key, value in filled.items():
        expect(board.locator(f'[id="{key}"], [name="{key}"]').locator("visible=true").first).to_have_value(
            value
        )


def test_a_scanned_product_is_counted_and_never_taken_for_a_waybill(browse, live, warehouse) -> None:
    order = wanted(pieces=2)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))
    board.evaluate(LISTENS)
    said = board.locator("[data-said]").first

    scan(board, BARCODE)
    expect(said).to_contain_text("1 / 2 件")
    expect(board.locator("[data-got]")).to_have_text("1 /")
    scan_anywhere(board, order.lines.get().sku.lower())
    expect(said).to_contain_text("2 / 2 件")
    assert board.evaluate("window.heard") == ["sine", "sine"]

    # The cursor is in the field for the waybill, and the picker scans one bag more.
    board.locator("#tracking").click()
    board.keyboard.type(BARCODE)
    board.keyboard.press("Enter")
    expect(said).to_contain_text("已经够数")
    expect(said).to_have_class(re.compile(r"\bbad\b"))
    expect(board.locator("#tracking")).to_have_value("")
    assert board.evaluate("window.heard.slice(2)") == ["square", "square"]
    assert Order.objects.get(pk=order.pk).status == Status.PICKING


def test_the_answer_to_a_scan_reaches_a_board_that_was_refreshed_meanwhile(browse, live, warehouse) -> None:
    order, other, third = picked_order(), make_order(status=Status.PAID), make_order(status=Status.PAID)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))
    held: list[Route] = []
    board.route("**/warehouse/scan/", lambda route: held.append(route))

    def read_while(text: str, changed: Order) -> None:
        board.locator("#tracking").fill(text)
        with board.expect_request("**/warehouse/scan/"):
            board.locator("#tracking").press("Enter")
        refresh_board(board, changed)
        held.pop().continue_()

    read_while(BARCODE, other)
    expect(board.locator("#tracking")).to_have_value("")
    read_while("SF1234567890123", third)
    until(board, order.shipments.exists)
    assert order.shipments.get().tracking_number == "SF1234567890123"


def test_a_wrong_product_is_refused_with_a_sound(browse, live, warehouse) -> None:
    order = wanted()
    wrong = VariantFactory(barcode=OTHER)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))
    board.evaluate(LISTENS)
    said = board.locator("[data-said]").first

    for text, answer in (
        (OTHER, f"{wrong.sku}.*拿错了"),
        ("4006381333931", "没有登记在任何商品上"),
    ):
        scan(board, text)
        expect(said).to_have_text(re.compile(answer))
        expect(said).to_have_attribute("role", "alert")
    assert board.evaluate("window.heard") == ["square"] * 4
    assert OrderLine.objects.get(order=order).picked_quantity == 0


def test_letters_of_a_scanned_code_do_not_trigger_shortcuts(browse, live, warehouse) -> None:
    changed = make_order(status=Status.PICKING)
    WarehouseAlert.objects.create(order=changed, kind="note", order_version=changed.version)
    bag = VariantFactory(sku="AAA-BAG-A")
    order = make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 1)])
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))

    scan_anywhere(board, "AAA-BAG-A")

    expect(board.locator("[data-said]").first).to_contain_text("1 / 1 件")
    expect(board.locator("[data-alert]")).to_have_count(1)


CAMERA = """() => { window.BarcodeDetector = class { static getSupportedFormats() { return Promise.resolve(["ean_13"]); }
    detect() { window.looks = (window.looks ?? 0) + 1; return Promise.resolve(window.inView ? [{ rawValue: window.inView }] : []); } };
  navigator.mediaDevices.getUserMedia = () => Promise.resolve(document.createElement("canvas").captureStream()); }"""


def test_the_phone_camera_counts_a_product_once_while_it_is_in_view(browse, live, warehouse) -> None:
    order = wanted()
    board = browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse, width=390, height=844)
    board.evaluate(CAMERA)

    board.get_by_role("button", name="用摄像头扫码").click()
    dialog = board.get_by_role("dialog")
    expect(dialog.locator("video")).to_be_visible()
    board.evaluate(f"window.inView = '{BARCODE}'")
    expect(dialog.locator("[data-said]")).to_contain_text("1 / 2 件")
    # It has been looked at several times since.
    looks = board.evaluate("window.looks")
    board.wait_for_function(f"() => window.looks > {looks} + 3")
    assert OrderLine.objects.get(order=order).picked_quantity == 1

    dialog.get_by_role("button", name="关闭").click()
    board.wait_for_function("() => !document.querySelector('[data-camera-dialog] video').srcObject")


def test_a_browser_without_barcode_detection_explains_it_and_accepts_typed_codes(
    browse, live, warehouse
) -> None:
    order = wanted()
    board = browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse, width=390, height=844)
    board.evaluate("() => { delete window.BarcodeDetector; }")

    board.get_by_role("button", name="用摄像头扫码").click()
    dialog = board.get_by_role("dialog")
    expect(dialog.get_by_text("这个浏览器不能用摄像头读条码")).to_be_visible()
    dialog.get_by_label("条码、SKU 或订单号").fill(BARCODE)
    dialog.get_by_role("button", name="确定").click()

    expect(dialog.locator("[data-said]")).to_contain_text("1 / 2 件")


def test_a_full_column_shows_its_true_count_and_can_be_paged(browse, live, warehouse, monkeypatch) -> None:
    monkeypatch.setattr(board_columns, "COLUMN_PAGE", 2)
    orders = make_orders(5, status=Status.PICKING)
    packed_one = picked_order()
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))
    cards = board.locator(".wcol--picking [data-number]")

    expect(board.locator("#column-picking + .cnt")).to_have_text("5")
    expect(board.locator("#column-packed + .cnt")).to_have_text("1")
    expect(board.locator(f'.wcol--packed [data-number="{packed_one.number}"]')).to_be_visible()
    board.locator("#later-picking").click()
    expect(board.locator(".wcol--picking .wpages .num")).to_have_text("2 / 3")
    expect(cards.first).to_have_attribute("data-number", orders[2].number)
    # Others' work leaves one on the page one has turned to.
    elsewhere(move, orders[0], "paid")
    expect(board.locator("#column-picking + .cnt")).to_have_text("4")
    expect(board.locator(".wcol--picking .wpages .num")).to_have_text("2 / 2")


def test_scanning_a_number_opens_an_order_that_is_not_drawn(browse, live, warehouse, monkeypatch) -> None:
    monkeypatch.setattr(board_columns, "COLUMN_PAGE", 2)
    last = make_orders(5, status=Status.PAID)[-1]
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))
    expect(board.locator(f'[data-number="{last.number}"]')).to_have_count(0)

    scan(board, last.number)

    expect(board.locator(f'[data-pick="{last.number}"]')).to_be_visible()


def test_cards_are_worked_on_without_scripts(browse, live, warehouse) -> None:
    seen, begun = [make_order(status=Status.PAID) for _ in range(2)]
    board = browse(f"{live.url}/warehouse/", staff=warehouse, java_script_enabled=False)

    board.locator(f'[data-number="{seen.number}"]').get_by_role("button", name="已看到").click()
    board.goto(f"{live.url}/warehouse/")
    expect(
        board.locator(f'[data-number="{seen.number}"]').get_by_role("button", name="已看到")
    ).to_have_count(0)
    board.locator(f'[data-number="{begun.number}"]').get_by_role("button", name="开始配货").click()
    board.goto(f"{live.url}/warehouse/")
    expect(board.locator(f'.wcol--picking [data-number="{begun.number}"]')).to_be_visible()
    seen.refresh_from_db()
    assert (seen.status, seen.acknowledged_version) == (Status.PAID, seen.version)


def test_an_event_touches_only_the_cards_that_it_is_about(browse, live, warehouse) -> None:
    orders, other = make_orders(12, status=Status.PAID), picked_order()
    board = online(browse(f"{live.url}/warehouse/?order={other.number}", staff=warehouse))
    board.wait_for_load_state("networkidle")
    board.locator("#tracking").fill("SF12345")
    board.evaluate("window.stood = [...document.querySelectorAll('.wcard, #tracking')]")

    with board.expect_response("**/warehouse/?order=*") as told:
        elsewhere(move, orders[3], "picking")
    expect(board.locator(f'.wcol--picking [data-number="{orders[3].number}"]')).to_be_visible()

    gone = board.evaluate(
        "window.stood.filter((each) => !each.isConnected).map((each) => each.dataset.number ?? each.id)"
    )
    assert gone == [orders[3].number]
    assert len(told.value.body()) < 5000
    expect(board.locator("#column-new + .cnt")).to_have_text("11")
    expect(board.locator("#tab-new .cnt")).to_have_text("11")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_many_alerts_leave_room_for_the_board_and_stay_wide_enough_to_read(
    browse, live, warehouse, width: int, height: int
) -> None:
    orders = [make_order(status=Status.PICKING, urgent=n == 7) for n in range(8)]
    text = {"street": "娄桥街道古岸路 86 号 2 号仓", "note": "周五开业要用，外箱贴店名", "city": "温州市"}
    for order in orders:
        WarehouseAlert.objects.create(
            order=order, kind="address", before=dict.fromkeys(text, "黄龙商贸城 3 区 2 楼 B217"), after=text,
            order_version=order.version,
        )  # fmt: skip
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse, width=width, height=height))

    # In one step: the board renews itself once it hears.
    narrowest = "all => Math.min(...all.map((each) => each.getBoundingClientRect().width))"
    assert board.locator(".alert .diff dd").evaluate_all(narrowest) > 120
    expect(board.locator("[data-alert]").first).to_contain_text(orders[7].number)
    expect(board.locator("[data-alerts] summary")).to_contain_text("8 条")
    expect(board.locator("[data-alerts] summary")).to_contain_text("加急 1")
    top = "all => Math.min(...all.map((each) => each.getBoundingClientRect().y || innerHeight))"
    assert board.locator(".wtabs, .wcols").evaluate_all(top) < height * 0.68
    assert fits(board)

    board.locator("[data-alerts] summary").click()
    refresh_board(board, make_order(status=Status.PAID)) if width > 1000 else None
    expect(board.locator("[data-alert]").first).to_be_hidden()


def test_the_second_picker_is_told_who_is_picking_the_order(browse, live, warehouse, manager) -> None:
    order = make_order(status=Status.PAID)
    second = online(browse(f"{live.url}/warehouse/", staff=manager))
    # Both look at the board of a moment ago: the second one's learns of the first one's touch only by its own.
    second.route("**/warehouse/", lambda route: route.abort())
    elsewhere(move, order, "picking", actor=Actor.staff(warehouse))
    second.locator(".wcol--new").get_by_role("button", name="开始配货").click()

    expect(second.locator("#toasts")).to_contain_text(f"{warehouse} 在")
    expect(second.locator("#toasts")).to_contain_text("已经开始配这个订单")
    expect(second.locator(f'[data-pick="{order.number}"] .banner.warn')).to_contain_text(
        f"{warehouse}在配这个订单"
    )


def test_the_board_shows_the_days_figures_on_top(browse, live, warehouse) -> None:
    make_order(status=Status.PAID), make_order(status=Status.SHIPPED)
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))

    expect(board.locator("[data-figures]")).to_contain_text("今天进单 2")
    expect(board.locator("[data-figures]")).to_contain_text("已出库 1")
    refresh_board(board, make_order(status=Status.PAID))
    expect(board.locator("[data-figures]")).to_contain_text("今天进单 3")
