"""A salesperson's errands in a browser: what waits, whose order it is, that a parcel has left."""

import pytest
from playwright.sync_api import expect

from orders.models import Order, Status
from tests.browser.test_desk_live import online
from tests.factories import make_order

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_todo_queue_updates_while_it_is_open(browse, live, customer, sales) -> None:
    order = make_order(customer=customer, status=Status.DELIVERED, assigned_to=sales)
    desk = online(browse(f"{live.url}/orders/", staff=sales))
    badge = desk.locator('.rail [data-unread-url="/orders/todo/count/"] .badge')
    expect(badge).to_be_hidden()
    phone = browse(f"{live.url}/orders/{order.number}/after-sales/", staff=sales)

    phone.get_by_text("破损、质量问题").click()
    phone.get_by_role("button", name="登记").click()
    expect(badge).to_contain_text("1")
    chip = desk.locator("#chips a", has_text="待我处理")
    expect(chip).to_contain_text("1")
    chip.click()
    row = desk.locator("[data-todo]")
    expect(row).to_contain_text(order.number)
    row.locator("a").click()
    desk.wait_for_url(f"**/orders/{order.number}/?todo=1#case-*")
    online(desk)

    case = desk.locator(".ask", has_text="售后")
    case.get_by_label("答复").fill("照片里看不出")
    case.get_by_role("button", name="拒绝").click()
    expect(desk.get_by_text("都处理完了")).to_be_visible()
    expect(badge).to_be_hidden()


def test_a_customer_found_by_the_last_digits_of_the_phone_fills_the_order_form(
    browse, live, customer, sales
) -> None:
    make_order(customer=customer, assigned_to=sales)
    desk = browse(f"{live.url}/orders/new/", staff=sales)

    desk.get_by_label("找老客户").fill("8000")
    desk.locator("[data-customer]").first.click()

    expect(desk.locator("#id_name")).to_have_value(customer.name)
    expect(desk.locator("#id_phone")).to_have_value(customer.phone)
    expect(desk.locator("[name=street]")).to_have_value("机场路 88 号")
    expect(desk.locator("[data-customer-hint]")).to_contain_text("老客户")


def test_the_warehouse_board_confirms_that_a_parcel_has_left(browse, live, customer, warehouse) -> None:
    order = make_order(customer=customer, status=Status.PICKING)
    board = online(browse(f"{live.url}/warehouse/?order={order.number}", staff=warehouse))

    board.locator(".pick input[type=checkbox]").click()
    board.locator("#tracking").fill("SF1234567890123")
    board.locator("[data-ship] .btn.primary").click()

    expect(board.locator(".toast", has_text="已发货：顺丰速运 SF1234567890123")).to_be_visible()
    assert Order.objects.get().status == Status.SHIPPED
