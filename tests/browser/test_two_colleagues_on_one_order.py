"""Two people at one order: both see the truth without a reload, and nothing that is typed is lost."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from orders.models import ChangeRequest, Order, OrderLine, Status
from orders.services.after_sales import CaseInput, CaseLine, open_case
from orders.services.change_requests.request import request_change
from orders.services.warehouse import acknowledge_order
from shopcomm.core.accounts.actors import Actor
from tests.browser.painted import fits
from tests.browser.test_desk_live import online
from tests.factories import make_order, move, parcel

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


def request_change_of(order: Order, kind: str = "address", data: dict | None = None) -> ChangeRequest:
    """The order's own customer asks for something."""
    actor = Actor.customer(order.customer, order_id=order.pk)
    return request_change(
        actor=actor, order_id=order.pk, kind=kind, data=data or {"street": "文一西路 969 号"}
    )


def elsewhere(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Done by somebody else: in a thread of its own, so that what it publishes is on its way at once."""

    def run() -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def picked_order(**fields) -> Order:
    """An order in the stockroom with everything ticked off."""
    order = make_order(status=Status.PICKING, **fields)
    for line in OrderLine.objects.filter(order=order):
        OrderLine.objects.filter(pk=line.pk).update(picked_quantity=line.quantity)
    return order


def primary_buttons(page: Page, part: str) -> list[str]:
    return [text.strip() for text in page.locator(f"{part} .btn.primary:visible").all_inner_texts()]


def test_the_warehouse_has_no_ship_form_while_a_change_is_pending(browse, live, warehouse) -> None:
    order = picked_order()
    request_change_of(order)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))

    expect(board.get_by_text("等仓库处理修改申请后可以发货")).to_be_visible()
    expect(board.locator("[data-ship]")).to_have_count(0)
    expect(board.get_by_role("link", name="打印面单")).to_have_count(0)


def test_a_manager_overrides_a_pending_change_by_a_red_button_and_only_with_a_reason(
    browse, live, manager
) -> None:
    order = picked_order()
    request_change_of(order)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=manager))
    button = board.get_by_role("button", name="仍要发货")

    expect(button).to_have_class(re.compile(r"\bdanger solid\b"))
    assert board.locator("#override").get_attribute("required") is not None
    board.locator("#tracking").fill("SF1234567890123")
    button.click()
    expect(board.locator("#override:invalid")).to_be_focused()
    assert Order.objects.get(pk=order.pk).status == Status.PICKING

    board.locator("#override").fill("客户电话里说按原地址发")
    button.click()
    expect(board.locator(f'.wcol--shipped [data-number="{order.number}"]')).to_be_visible()


def test_the_a_key_marks_an_alert_as_seen_but_answers_no_change_request(browse, live, warehouse) -> None:
    changed, asked = make_order(status=Status.PAID), make_order(status=Status.PICKING)
    acknowledge_order(actor=Actor.staff(warehouse), order_id=changed.pk)
    request_change_of(changed)
    request = request_change_of(asked)
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))
    expect(board.locator("[data-alert]")).to_have_count(2)

    board.keyboard.press("a")
    expect(board.locator("[data-alert]")).to_have_count(1)
    expect(board.locator("[data-alerts]")).to_have_attribute("open", "")
    board.keyboard.press("a")
    expect(board.get_by_role("button", name="同意修改")).to_be_focused()
    request.refresh_from_db()
    assert request.state == ChangeRequest.State.OPEN

    board.keyboard.press("Enter")
    expect(board.locator(f'[data-alert="asked-{request.pk}"]')).to_have_count(0)
    request.refresh_from_db()
    assert request.state == ChangeRequest.State.ACCEPTED


def test_a_half_typed_decline_reason_survives_a_board_refresh(browse, live, warehouse) -> None:
    order, other = make_order(status=Status.PICKING), make_order(status=Status.PAID)
    request_change_of(order)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))
    reason = board.get_by_label("做不到的原因")

    reason.press_sequentially("面单已经")
    elsewhere(move, other, "picking")
    expect(board.locator(f'.wcol--picking [data-number="{other.number}"]')).to_be_visible()
    expect(reason).to_have_value("面单已经")
    expect(reason).to_be_focused()
    board.keyboard.type("贴好")
    expect(reason).to_have_value("面单已经贴好")


def test_a_typed_tracking_number_stays_in_the_form_of_its_order(browse, live, warehouse) -> None:
    order, other = picked_order(), make_order(status=Status.PAID)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))

    board.get_by_text("分包裹发货").click()
    board.locator("#tracking-part").press_sequentially("SF123")
    elsewhere(move, other, "picking")

    expect(board.locator(f'.wcol--picking [data-number="{other.number}"]')).to_be_visible()
    expect(board.locator("#tracking-part")).to_have_value("SF123")
    expect(board.locator("#tracking")).to_have_value("")


def test_a_half_typed_decline_reason_survives_a_desk_refresh(browse, live, manager) -> None:
    order = make_order(status=Status.PICKING)
    request_change_of(order)
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    reason = desk.get_by_label("拒绝的原因")
    money = desk.locator("details", has=desk.locator("form[action$='/payments/']"))

    money.locator("summary").click()
    reason.press_sequentially("面单已经贴好")
    elsewhere(request_change_of, order, "note", {"note": "放门卫"})

    expect(desk.locator("#receiver-h ~ *, .body").get_by_text("放门卫").first).to_be_visible()
    expect(reason).to_have_value("面单已经贴好")
    # What was folded out and not typed into stays open, too.
    expect(money).to_have_attribute("open", "")


def test_an_open_dialog_shows_a_new_change_request_and_keeps_its_input(browse, live, manager) -> None:
    order = picked_order()
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    desk.locator('#actions a[href$="/to/shipped/"]').click()
    number = desk.locator("dialog[open] [name=tracking_number]")
    number.fill("SF1234567890123")

    elsewhere(request_change_of, order)

    expect(desk.locator("dialog[open] [data-renewed]")).to_contain_text("订单刚有变化")
    expect(number).to_have_value("SF1234567890123")
    desk.locator("dialog[open] form footer button").click()
    expect(desk.locator("dialog[open] [name=override]")).to_be_visible()
    expect(desk.locator("dialog[open] [name=tracking_number]")).to_have_value("SF1234567890123")
    assert Order.objects.get(pk=order.pk).status == Status.PICKING
    desk.keyboard.press("Escape")
    expect(desk.locator('#actions a[href$="/to/shipped/"]')).to_be_focused()


def test_an_open_ship_dialog_says_that_the_warehouse_has_just_shipped(browse, live, manager) -> None:
    order = picked_order()
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))
    desk.locator('#actions a[href$="/to/shipped/"]').click()
    expect(desk.locator("dialog[open]")).to_be_visible()

    elsewhere(move, order, "shipped", **parcel())

    expect(desk.locator("dialog[open] [data-renewed]")).to_contain_text("订单已是“已发货”")
    expect(desk.locator("dialog[open] form footer button")).to_be_disabled()
    expect(desk.locator(".ohead .tag")).to_have_text("已发货")


def test_the_desk_shows_only_one_primary_button_at_a_time(browse, live, manager, customer) -> None:
    order = make_order(customer=customer, status=Status.SHIPPED)
    line = order.lines.get()
    for reason in ("damaged", "missing"):
        open_case(
            actor=Actor.customer(customer, order_id=order.pk),
            order_id=order.pk,
            wanted=CaseInput("refund", reason, lines=[CaseLine(line.pk, 1)]),
        )
    desk = online(browse(f"{live.url}/orders/{order.number}/", staff=manager))

    expect(desk.locator(".odetail .ask")).to_have_count(2)
    assert primary_buttons(desk, ".odetail") == ["同意"]
    # What is live shows it before the answer to the press has come.
    with desk.expect_navigation():
        desk.locator(".odetail .ask .btn.primary").click()
    expect(desk.locator(".odetail .ask .btn.primary")).to_have_count(1)
    assert primary_buttons(desk, ".odetail") == ["同意"]


def test_on_a_phone_the_open_tab_stays_open_when_the_order_changes(browse, live, manager) -> None:
    order = make_order(status=Status.PAID)
    desk = online(browse(f"{live.url}/orders/{order.number}/events/", staff=manager, **PHONE))

    elsewhere(move, order, "picking")

    expect(desk.locator(".ohead .tag")).to_have_text("配货中")
    expect(desk.locator(".mtabs [aria-current]")).to_have_text("动态")


def test_the_change_policy_page_is_readable_on_a_phone(browse, live, manager) -> None:
    page = browse(f"{live.url}/orders/changes/", staff=manager, **PHONE)

    assert fits(page)
    assert all(box.bounding_box()["height"] < 40 for box in page.locator("thead th").all())
    assert all(box.bounding_box()["width"] > 100 for box in page.locator(".policy select").all())


def test_a_board_refresh_does_not_interrupt_input_method_composition(browse, live, warehouse) -> None:
    order, other = make_order(status=Status.PICKING), make_order(status=Status.PAID)
    request_change_of(order)
    board = online(browse(f"{live.url}/warehouse/", staff=warehouse))
    reason = board.get_by_label("做不到的原因")
    reason.focus()
    keyboard = board.context.new_cdp_session(board)

    keyboard.send("Input.imeSetComposition", {"text": "mian", "selectionStart": 4, "selectionEnd": 4})
    with board.expect_response(lambda answer: answer.url.endswith("/warehouse/")):
        elsewhere(move, other, "picking")
    keyboard.send("Input.insertText", {"text": "面单"})

    expect(board.locator(f'.wcol--picking [data-number="{other.number}"]')).to_be_visible()
    expect(reason).to_have_value("面单")
    expect(reason).to_be_focused()


def test_editing_an_order_that_shipped_meanwhile_is_refused_and_keeps_the_input(
    browse, live, manager
) -> None:
    order = picked_order()
    desk = browse(f"{live.url}/orders/{order.number}/edit/", staff=manager)
    desk.locator("[name=note]").fill("周末不收货")

    elsewhere(move, order, "shipped", **parcel())
    desk.locator("form[method=post] .btn.primary").last.click()

    expect(desk.locator("[role=alert]").first).to_be_visible()
    expect(desk.locator("[name=note]")).to_have_value("周末不收货")


def test_a_half_set_filter_survives_the_arrival_of_an_order(browse, live, manager) -> None:
    desk = online(browse(f"{live.url}/orders/", staff=manager))
    desk.locator("#filters summary").click()
    desk.locator("#f-since").fill("2026-11-01")
    desk.locator("#f-source").select_option("phone")

    order = elsewhere(make_order)

    expect(desk.locator(f'[data-order="{order.number}"]')).to_be_visible()
    expect(desk.locator("#f-since")).to_have_value("2026-11-01")
    expect(desk.locator("#f-source")).to_have_value("phone")
    expect(desk.locator("#f-since")).to_be_visible()
