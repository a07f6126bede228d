"""Changing an order from the phone: the page behind the link, and what the shop's pages show of it."""

import pytest
from django.test import Client

from orders.models import ChangePolicy, ChangeRequest, Order, Status
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order

pytestmark = pytest.mark.django_db
State = ChangeRequest.State


@pytest.fixture
def phone() -> Client:
    return Client()


def page(order: Order, part: str = "change/") -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/{part}"


def new_address(**fields: str) -> dict[str, str]:
    address = {"name": "张三", "phone": "13800138000", "province": "浙江省", "city": "杭州市"}
    return (
        {"kind": "address", "key": "k"} | address | {"district": "余杭区", "street": "文一西路969号"} | fields
    )


def test_a_phone_changes_an_unpacked_order_at_once_and_once(phone):
    order = make_order(status=Status.PAID)
    url = page(order)

    for _repeat in range(2):
        assert phone.post(url, new_address(), follow=True).status_code == 200

    order.refresh_from_db()
    assert (order.receiver_name, order.address) == ("张三", "浙江省杭州市余杭区文一西路969号")
    assert order.change_requests.count() == 1


def test_while_it_is_packed_the_page_shows_the_request_its_clock_and_the_way_back(phone):
    order = make_order(status=Status.PICKING)
    shown = phone.post(page(order), new_address(), follow=True).content.decode()
    assert "等待仓库处理" in shown
    assert "分钟内答复" in shown

    request = order.change_requests.get()
    phone.post(page(order, f"change/{request.pk}/withdraw/"))

    request.refresh_from_db()
    assert request.state == State.WITHDRAWN


def test_goods_are_changed_line_by_line_and_a_price_is_not_the_customers_to_name(phone):
    order = make_order(status=Status.PENDING_PAYMENT)
    line = order.lines.get()

    phone.post(page(order), {"kind": "items", f"quantity-{line.pk}": "3", "unit_price": "0.01"})

    order.refresh_from_db()
    assert (order.lines.get().quantity, order.total) == (3, line.unit_price * 3)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (new_address(phone="123"), 422),
        ({"kind": "items", "quantity-0": "x"}, 302),
        ({"kind": "discount"}, 404),
    ],
)
def test_nonsense_is_answered_and_changes_nothing(phone, form, status):
    order = make_order(status=Status.PAID)

    assert phone.post(page(order), form).status_code == status

    order.refresh_from_db()
    assert order.version == 2


def test_another_orders_request_is_not_behind_this_link(phone):
    mine, theirs = make_order(), make_order(status=Status.PICKING)
    phone.post(page(theirs), new_address())

    assert phone.post(page(mine, f"change/{theirs.change_requests.get().pk}/withdraw/")).status_code == 404


def test_staff_see_the_page_but_do_not_ask_in_the_customers_name(log_in, order, manager):
    staff = log_in(manager)

    assert staff.post(page(order), new_address()).status_code == 200
    assert not order.change_requests.exists()


def test_the_slip_is_not_printed_while_a_change_is_open(phone, log_in, warehouse):
    order = make_order(status=Status.PICKING)
    phone.post(page(order), new_address())
    request = order.change_requests.get()
    stockroom = log_in(warehouse)

    slip = stockroom.get(f"/warehouse/orders/{order.number}/")
    assert (slip.status_code, order.street in slip.content.decode()) == (423, False)
    assert "文一西路969号" in stockroom.get("/warehouse/").content.decode()
    stockroom.post(f"/warehouse/changes/{request.pk}/accept/")

    assert "文一西路969号" in stockroom.get(f"/warehouse/orders/{order.number}/").content.decode()


def test_sales_decline_with_a_reason_from_the_desk(phone, log_in, manager):
    order = make_order(status=Status.PAID)
    phone.post(page(order), {"kind": "urgent"})
    request = order.change_requests.get()
    desk = log_in(manager)
    assert "申请修改加急" in desk.get(f"/orders/{order.number}/").content.decode()

    desk.post(f"/orders/changes/{request.pk}/decline/", {"reason": "今天发不完"})

    assert "今天发不完" in phone.get(page(order, "progress/")).content.decode()


def test_the_policy_is_drawn_for_everybody_and_changed_by_the_manager(log_in, manager, sales):
    desk = log_in(sales)
    assert "联系快递拦截" in desk.get("/orders/changes/").content.decode()
    assert desk.post("/orders/changes/", {"paid-address": "sales"}).status_code == 403

    log_in(manager).post("/orders/changes/", {"paid-address": "sales", "cancelled-address": "apply"})

    assert list(ChangePolicy.objects.values_list("stage", "part", "outcome")) == [
        ("paid", "address", "sales")
    ]


@pytest.mark.parametrize("status", [Status.SHIPPED, Status.DELIVERED])
def test_a_customer_confirms_what_has_come(phone, status):
    order = make_order(status=status)
    assert "收到了，没有问题" in phone.get(page(order, "")).content.decode()

    for _repeat in range(2):
        phone.post(page(order, "confirm/"))

    order.refresh_from_db()
    assert order.status == Status.COMPLETED


def test_nothing_is_confirmed_before_it_has_left(phone):
    order = make_order(status=Status.PICKING)

    phone.post(page(order, "confirm/"))

    order.refresh_from_db()
    assert order.status == Status.PICKING
