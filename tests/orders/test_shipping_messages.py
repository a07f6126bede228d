"""Shipping says that it worked and what is left; what is wanted later goes early only when somebody means it."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from orders.models import Order, Status
from orders.services.orders import ItemInput
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import VariantFactory, make_order, move, parcel

pytestmark = pytest.mark.django_db

FRAGMENT = {"x-fragment": "1"}


@pytest.fixture
def picking(customer) -> Order:
    """Three of one and two of another, being picked."""
    items = [ItemInput(VariantFactory().sku, count) for count in (3, 2)]
    return make_order(customer=customer, status=Status.PICKING, items=items)


def waybill(number: str) -> dict[str, str]:
    return {"carrier": "shunfeng", "tracking_number": number}


def test_the_board_confirms_a_shipment_and_names_the_open_rest(picking, log_in, warehouse) -> None:
    board, path = log_in(warehouse), f"/warehouse/orders/{picking.number}/ship/"
    first, second = picking.lines.order_by("pk")

    part = waybill("SF1234567890123") | {f"pieces-{first.pk}": "1", f"pieces-{second.pk}": "2"}
    answer = board.post(path, part, headers=FRAGMENT)
    assert answer.json() == {"text": "已发货：顺丰速运 SF1234567890123，还差 2 件没发"}
    shown = board.get(f"/warehouse/?order={picking.number}").text
    assert "已发 1，还差 2" in shown
    assert "还差 2 件" in shown

    plain = board.post(path, waybill("SF1234567890124"))
    assert [str(each) for each in get_messages(plain.wsgi_request)] == ["已发货：顺丰速运 SF1234567890124"]


def test_the_customer_is_told_the_open_rest_of_a_part_shipment(picking, client) -> None:
    first, second = picking.lines.order_by("pk")
    page = f"/o/{link_token(make_link(customer=picking.customer, order_id=picking.pk))}/"
    assert "件待发" not in client.get(page).text

    move(picking, "shipped", **parcel(lines=[{"line": first.pk, "quantity": 3}]))

    shown = client.get(page).text
    assert "还有 2 件待发" in shown
    assert f"{second.name} {second.spec} ×2" in " ".join(shown.split())


def test_the_desk_shows_the_open_rest_of_a_part_shipment(picking, log_in, manager) -> None:
    first, _second = picking.lines.order_by("pk")
    desk, path = log_in(manager), f"/orders/{picking.number}/"
    assert "还没发出" not in desk.get(path).text

    move(picking, "shipped", **parcel(lines=[{"line": first.pk, "quantity": 1}]))
    page = desk.get(path).text
    assert "还差 4 件" in page
    assert "还没发出" in page
    assert "已发 1，" in page

    sent = waybill("SF1234567890125") | {"version": Order.objects.get(pk=picking.pk).version}
    answer = desk.post(f"{path}to/shipped/", sent, headers=FRAGMENT)
    assert answer.json() == {"text": "已发货：顺丰速运 SF1234567890125"}
    page = desk.get(path).text
    assert ("还没发出" in page, "还差" in page) == (False, False)


@pytest.mark.parametrize("days", [1, 9])
def test_shipping_before_the_wanted_date_asks_for_confirmation(customer, log_in, manager, days: int) -> None:
    day = timezone.localdate() + timedelta(days)
    order = make_order(customer=customer, status=Status.PICKING, deliver_on=day)
    staff = log_in(manager)
    board, desk = f"/warehouse/orders/{order.number}/ship/", f"/orders/{order.number}/to/shipped/"

    refused = staff.post(board, waybill("SF1234567890126"), headers=FRAGMENT)
    assert (refused.status_code, refused.json()["text"]) == (422, f"客户要 {day} 起送，要提前发货请勾选确认")
    assert 'name="early"' in staff.get(desk).text
    sent = waybill("SF1234567890126") | {"version": order.version}
    assert staff.post(desk, sent).status_code == 422
    assert Order.objects.get().status == Status.PICKING

    assert staff.post(board, waybill("SF1234567890126") | {"early": "1"}, headers=FRAGMENT).status_code == 200
    assert Order.objects.get().status == Status.SHIPPED


def test_shipping_on_the_wanted_date_needs_no_confirmation(customer, log_in, manager) -> None:
    order = make_order(customer=customer, status=Status.PICKING, deliver_on=timezone.localdate())
    staff = log_in(manager)

    assert 'name="early"' not in staff.get(f"/orders/{order.number}/to/shipped/").text
    sent = waybill("SF1234567890127")
    assert staff.post(f"/warehouse/orders/{order.number}/ship/", sent, headers=FRAGMENT).status_code == 200


def test_an_integration_ships_before_the_wanted_date_without_confirmation(customer) -> None:
    day = timezone.localdate() + timedelta(days=3)
    order = make_order(customer=customer, status=Status.PICKING, deliver_on=day)

    assert move(order, "shipped").status == Status.SHIPPED
