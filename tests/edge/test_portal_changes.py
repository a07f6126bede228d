"""Changing an order from the phone: the page behind the link, and what the shop's pages show of it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from orders.forms.change import FORMS
from orders.models import ChangePolicy, ChangeRequest, Order, Status
from orders.selectors.change_requests import asked_changes
from orders.selectors.timeline import field_change_rows
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import shop_settings
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db
State = ChangeRequest.State
READ = "/orders/lookup/address/"


@pytest.fixture
def phone() -> Client:
    return Client()


def change_path(order: Order, part: str = "change/") -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/{part}"


def new_address(**fields: str) -> dict[str, str]:
    address = {"name": "张三", "phone": "13800138000", "province": "浙江省", "city": "杭州市"}
    return (
        {"kind": "address", "key": "k"} | address | {"district": "余杭区", "street": "文一西路969号"} | fields
    )


def test_a_change_before_packing_is_applied_at_once_and_only_once(phone):
    order = make_order(status=Status.PAID)
    url = change_path(order)

    for _repeat in range(2):
        assert phone.post(url, new_address(), follow=True).status_code == 200

    order.refresh_from_db()
    assert (order.receiver_name, order.address) == ("张三", "浙江省杭州市余杭区文一西路969号")
    assert order.change_requests.count() == 1


def test_a_change_while_packing_shows_the_request_its_deadline_and_a_withdraw_button(phone):
    order = make_order(status=Status.PICKING)
    shown = phone.post(change_path(order), new_address(), follow=True).content.decode()
    assert "等待仓库处理" in shown
    assert "内答复" in shown

    request = order.change_requests.get()
    phone.post(change_path(order, f"change/{request.pk}/withdraw/"))

    request.refresh_from_db()
    assert request.state == State.WITHDRAWN


def test_a_customer_changes_lines_but_cannot_set_a_price(phone):
    order = make_order(status=Status.PENDING_PAYMENT)
    line = order.lines.get()

    phone.post(change_path(order), {"kind": "items", f"quantity-{line.pk}": "3", "unit_price": "0.01"})

    order.refresh_from_db()
    assert (order.lines.get().quantity, order.total) == (3, line.unit_price * 3)


def test_a_customer_finds_another_product_and_adds_it_to_the_order(phone):
    order, other = make_order(status=Status.PENDING_PAYMENT), VariantFactory(color="孔雀绿")
    line = order.lines.get()
    wanted = {"kind": "items", f"quantity-{line.pk}": "3"}

    found = phone.post(change_path(order), wanted | {"finding": "1", "find": "孔雀绿"}).text
    order.refresh_from_db()
    assert order.lines.get().quantity == line.quantity
    assert f'name="add-{other.sku}"' in found
    assert 'value="3"' in found
    assert "没有找到" in phone.post(change_path(order), wanted | {"finding": "1", "find": "没有这种"}).text

    phone.post(change_path(order), wanted | {"find": "孔雀绿", "add": other.sku, f"add-{other.sku}": "2"})
    assert {each.sku: each.quantity for each in order.lines.all()} == {line.sku: 3, other.sku: 2}


@pytest.mark.parametrize("count", ["x", "-2", "99999999"])
def test_an_invalid_quantity_adds_no_line(phone, count):
    order, other = make_order(status=Status.PENDING_PAYMENT), VariantFactory()

    answer = phone.post(change_path(order), {"kind": "items", "add": other.sku, f"add-{other.sku}": count})

    assert answer.status_code == 422
    assert order.lines.count() == 1


def test_change_requests_show_product_names_everywhere(phone, log_in, manager):
    order = make_order(status=Status.PAID)
    line = order.lines.get()
    phone.post(change_path(order), {"kind": "items", f"quantity-{line.pk}": "7"})
    name = f"{line.name} {line.spec}".strip()

    for shown in (phone.get(change_path(order, "")), log_in(manager).get(f"/orders/{order.number}/")):
        assert f"{name} ×7" in shown.text
        assert f"{line.sku} ×7" not in shown.text


def test_change_rows_list_only_the_lines_that_change():
    shown = field_change_rows(
        {"items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}]},
        {"items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 3}, {"sku": "C", "quantity": 1}]},
        {"B": "托特包 棕色"},
    )

    assert [(each.before, each.after) for each in shown] == [("托特包 棕色 ×2", "托特包 棕色 ×3，C ×1")]
    gone = field_change_rows(
        {"items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}]},
        {"items": [{"sku": "A", "quantity": 1}]},
        {},
    )
    assert [(each.before, each.after) for each in gone] == [("B ×2", "（无）")]


def test_product_names_of_many_change_requests_are_loaded_in_one_query(phone, django_assert_num_queries):
    order = make_order(status=Status.PAID)
    line = order.lines.get()
    for pieces in (5, 6, 7):
        phone.post(change_path(order), {"kind": "items", f"quantity-{line.pk}": str(pieces)})

    with django_assert_num_queries(2):
        asked = asked_changes(order)

    assert len(asked) == 3
    assert {each.changes[0].before for each in asked} == {f"{line.name} {line.spec} ×{line.quantity}"}


@pytest.mark.parametrize(
    ("status", "wish", "chosen", "refused"),
    [
        (Status.PAID, "", "address", []),
        (Status.PAID, "note", "note", []),
        (Status.PAID, "nonsense", "address", []),
        (Status.SHIPPED, "", "address", ["items", "urgent", "delivery_date", "cancel"]),
        (Status.SHIPPED, "cancel", "", ["items", "urgent", "delivery_date", "cancel"]),
        (Status.DELIVERED, "", "note", ["address", "items", "urgent", "delivery_date", "cancel"]),
        (Status.CANCELLED, "", "", ["address", "items", "urgent", "note", "delivery_date", "cancel"]),
    ],
)
def test_the_change_page_lists_the_possible_changes_and_opens_one_form(phone, status, wish, chosen, refused):
    shown = phone.get(change_path(make_order(status=status)), {"kind": wish})

    assert shown.context["chosen"] == chosen
    assert [each.kind for each in shown.context["options"] if not each.choice.is_open] == refused
    forms = [kind for kind in FORMS if f"pick--{kind}" in shown.text]
    assert forms == [kind for kind in FORMS if kind not in refused]


def test_a_refused_change_says_why_and_what_to_do_instead(phone):
    order = make_order(status=Status.SHIPPED)
    shown = phone.get(change_path(order)).text

    assert "已发货，" in shown
    assert 'after-sales/">请申请退款</a>' in " ".join(shown.split()).replace('" >', '">')
    assert "会联系快递拦截" in shown


def test_an_urgent_order_offers_no_urgent_request(phone):
    shown = phone.get(change_path(make_order(status=Status.PAID, urgent=True))).text

    assert "已经是加急订单" in shown
    assert "pick--urgent" not in shown


def test_a_refused_change_form_stays_open_with_its_input(phone):
    order = make_order(status=Status.PAID)
    shown = phone.post(change_path(order), new_address(phone="123", street="文一西路 1 号"))

    assert (shown.status_code, shown.context["chosen"]) == (422, "address")
    assert "收货电话不正确" in shown.text
    assert "文一西路 1 号" in shown.text
    wrong = phone.post(change_path(order), {"kind": "delivery_date", "deliver_on": "2001-01-01"})
    assert (wrong.context["chosen"], wrong.context["deliver_on"]) == ("delivery_date", "2001-01-01")


def test_pasting_an_address_fills_the_form_without_changing_the_order(phone):
    order = make_order(status=Status.PAID)
    text = "浙江省杭州市余杭区文一西路969号 张三 13800138000"
    found = {
        "name": "张三",
        "phone": "138 0013 8000",
        "province": "浙江省",
        "city": "杭州市",
        "district": "余杭区",
        "street": "文一西路969号",
    }

    shown = phone.post(change_path(order), {"kind": "address", "pasted": text, "read_address": "1"})
    fields = phone.post(READ, {"pasted": text}).json()

    assert ({each.part: each.value for each in shown.context["address"].fields}, shown.context["chosen"]) == (
        found,
        "address",
    )
    assert "已填好，请核对后提交" in shown.text
    assert fields == {"address": found, "told": "已填好，请核对后提交"}
    assert phone.post(READ, {"pasted": "在吗"}).json()["address"] == {}
    assert not order.change_requests.exists()


def test_pasting_addresses_is_rate_limited(phone):
    # From an address of its own: whoever pastes next is somebody else.
    away = {"REMOTE_ADDR": "192.0.2.7"}
    answers = [phone.post(READ, {"pasted": "在吗"}, **away).status_code for _each in range(22)]

    assert (answers[0], answers[-1]) == (200, 429)


def test_a_displayed_phone_number_sent_back_unchanged_is_no_change(phone):
    order = make_order(status=Status.PAID)
    Order.objects.filter(pk=order.pk).update(receiver_phone="+8613900139000")
    assert 'value="139 0013 9000"' in phone.get(change_path(order)).text

    phone.post(change_path(order), new_address(phone="139 0013 9000"))
    phone.post(change_path(order), new_address(phone="139 5710 0275", key="k2"))

    first, second = order.change_requests.order_by("pk")
    assert "receiver_phone" not in first.after
    assert second.after == {"receiver_phone": "13957100275"}
    assert "139 5710 0275" in phone.get(change_path(order, "")).text


@pytest.mark.parametrize(
    ("status", "labels"),
    [
        (Status.PENDING_PAYMENT, ["改订单"]),
        (Status.PAID, ["改订单", "催一下"]),
        (Status.SHIPPED, ["改订单", "退换货", "催一下"]),
        (Status.DELIVERED, ["退换货", "评价", "再来一单"]),
        (Status.COMPLETED, ["退换货", "评价", "再来一单"]),
        (Status.CANCELLED, ["再来一单"]),
        (Status.REFUNDING, []),
    ],
)
def test_the_quick_actions_show_only_what_applies_now(phone, status, labels):
    shown = phone.get(change_path(make_order(status=status), ""))

    assert [each.label for each in shown.context["quick"]] == labels


def test_the_quick_actions_offer_no_claim_after_the_deadline(phone):
    order = make_order(status=Status.COMPLETED)
    over = order.closed_at + timedelta(days=shop_settings().after_sales_days, minutes=1)

    with time_machine.travel(over):
        shown = phone.get(change_path(order, ""))

    assert [each.label for each in shown.context["quick"]] == ["评价", "再来一单"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (new_address(phone="123"), 422),
        ({"kind": "items", "quantity-0": "x"}, 302),
        ({"kind": "discount"}, 404),
    ],
)
def test_a_malformed_change_is_answered_and_changes_nothing(phone, form, status):
    order = make_order(status=Status.PAID)

    assert phone.post(change_path(order), form).status_code == status

    order.refresh_from_db()
    assert order.version == 2


def test_a_change_request_of_another_order_cannot_be_reached_by_this_link(phone):
    mine, theirs = make_order(), make_order(status=Status.PICKING)
    phone.post(change_path(theirs), new_address())

    assert (
        phone.post(change_path(mine, f"change/{theirs.change_requests.get().pk}/withdraw/")).status_code
        == 404
    )


def test_staff_can_preview_the_change_page_but_not_send_it(log_in, order, manager):
    staff = log_in(manager)

    assert staff.post(change_path(order), new_address()).status_code == 200
    assert not order.change_requests.exists()


def test_the_parcel_slip_cannot_be_printed_while_a_change_is_open(phone, log_in, warehouse):
    order = make_order(status=Status.PICKING)
    phone.post(change_path(order), new_address())
    request = order.change_requests.get()
    stockroom = log_in(warehouse)

    slip = stockroom.get(f"/warehouse/orders/{order.number}/")
    assert (slip.status_code, order.street in slip.content.decode()) == (423, False)
    assert "文一西路969号" in stockroom.get("/warehouse/").content.decode()
    stockroom.post(f"/warehouse/changes/{request.pk}/accept/")

    assert "文一西路969号" in stockroom.get(f"/warehouse/orders/{order.number}/").content.decode()


def test_sales_decline_a_change_request_with_a_reason_at_the_desk(phone, log_in, manager):
    order = make_order(status=Status.PAID)
    phone.post(change_path(order), {"kind": "urgent"})
    request = order.change_requests.get()
    desk = log_in(manager)
    assert "申请修改加急" in desk.get(f"/orders/{order.number}/").content.decode()

    desk.post(f"/orders/changes/{request.pk}/decline/", {"reason": "今天发不完"})

    assert "今天发不完" in phone.get(change_path(order, "progress/")).content.decode()


def test_all_staff_see_the_change_policy_and_only_managers_edit_it(log_in, manager, sales):
    desk = log_in(sales)
    assert "联系快递拦截" in desk.get("/orders/changes/").content.decode()
    assert desk.post("/orders/changes/", {"paid-address": "sales"}).status_code == 403

    log_in(manager).post("/orders/changes/", {"paid-address": "sales", "cancelled-address": "apply"})

    assert list(ChangePolicy.objects.values_list("stage", "part", "outcome")) == [
        ("paid", "address", "sales")
    ]


@pytest.mark.parametrize("status", [Status.SHIPPED, Status.DELIVERED])
def test_a_customer_confirms_receipt_of_a_delivered_order(phone, status):
    order = make_order(status=status)
    assert "收到了，没有问题" in phone.get(change_path(order, "")).content.decode()

    for _repeat in range(2):
        phone.post(change_path(order, "confirm/"))

    order.refresh_from_db()
    assert order.status == Status.COMPLETED


def test_receipt_of_an_unshipped_order_cannot_be_confirmed(phone):
    order = make_order(status=Status.PICKING)

    phone.post(change_path(order, "confirm/"))

    order.refresh_from_db()
    assert order.status == Status.PICKING
