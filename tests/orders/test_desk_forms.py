"""The desk's forms: creating, editing against others, and moving an order on."""

import re
from decimal import Decimal
from typing import Any

import pytest

from orders.models import Order, Payment, Status
from orders.services.orders import ItemInput, edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db

FRAGMENT = {"X-Fragment": "1"}


def new_order(**fields: Any) -> dict[str, Any]:
    return {
        "name": "钱多多",
        "phone": "136 0000 2222",
        "company": "",
        "tier": "retail",
        "source": "phone",
        "receiver_name": "钱多多",
        "receiver_phone": "13600002222",
        "province": "浙江省",
        "city": "温州市",
        "district": "鹿城区",
        "street": "黄龙商贸城 3 区",
        "note": "",
    } | fields


def fields_of(html: str) -> dict[str, Any]:
    """What a browser would send for the order form as it came."""
    form = html[re.search(r'<form\s+class="pbody', html).start() :]
    form = re.sub(r"<template.*?</template>", "", form[: form.index("</form>")], flags=re.S)
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        unchecked = attributes.get("type") == "checkbox" and " checked" not in tag
        blank = "on" if attributes.get("type") == "checkbox" else ""
        if "name" in attributes and not unchecked:
            data.setdefault(attributes["name"], []).append(attributes.get("value", blank))
    for name, text in re.findall(
        r'<textarea\b[^>]*?\bname="([^"]+)"[^>]*>\s*(.*?)</textarea>', form, flags=re.S
    ):
        data[name] = [text]
    for name, options in re.findall(r'<select\s+name="([^"]+)".*?>(.*?)</select>', form, flags=re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = [chosen[1] if chosen else ""]
    return data


def test_a_new_order_is_placed_for_a_new_customer(log_in, sales) -> None:
    variant = VariantFactory(sku="LX20-BK", price="268.00")
    data = new_order(sku=["LX20-BK"], quantity=["3"], unit_price=[""], urgent="on")

    answer = log_in(sales).post("/orders/new/", data)

    order = Order.objects.get()
    assert answer.headers["Location"] == f"/orders/{order.number}/"
    assert (order.total, order.urgent, order.source) == (Decimal("804.00"), True, "phone")
    assert (order.customer.phone, order.assigned_to) == ("+8613600002222", sales)
    variant.refresh_from_db()
    assert variant.reserved == 3


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"sku": ["LX20-BK"], "quantity": ["9999"], "unit_price": [""]}, "库存不足"),
        ({"sku": ["NONE"], "quantity": ["1"], "unit_price": [""]}, "没有这些商品"),
        ({"sku": ["LX20-BK"], "quantity": ["x"], "unit_price": [""]}, "不是数字"),
        ({"sku": ["LX20-BK"], "quantity": ["-1"], "unit_price": [""]}, "不能是负数"),
        ({"sku": ["LX20-BK"], "quantity": ["1"], "unit_price": ["NaN"]}, "不是数字"),
        ({}, "至少要有一款商品"),
        ({"sku": ["LX20-BK"], "quantity": ["1"], "unit_price": [""], "phone": "abc"}, "不像一个电话号码"),
    ],
)
def test_an_invalid_order_form_shows_the_reason_and_keeps_its_input(
    log_in, sales, wrong: dict[str, Any], text: str
) -> None:
    VariantFactory(sku="LX20-BK")

    answer = log_in(sales).post("/orders/new/", new_order(**wrong))

    assert answer.status_code == 422
    assert text in answer.text
    assert "黄龙商贸城 3 区" in answer.text
    assert not Order.objects.exists()
    assert not Customer.objects.filter(phone="+8613600002222").exists()


def test_products_and_customers_are_suggested_while_typing(log_in, sales, customer) -> None:
    VariantFactory(sku="TT03-CM", color="焦糖棕")
    make_order(customer=customer)
    client = log_in(sales)

    assert 'data-sku="TT03-CM"' in client.get("/orders/lookup/variants/?q=焦糖").text
    known = client.get("/orders/lookup/customers/?phone=138 0013 8000").json()
    assert known["fields"]["name"] == "吴丽华"
    assert known["fields"]["street"] == "机场路 88 号"
    assert client.get("/orders/lookup/customers/?phone=x").json() == {"hint": ""}


def test_an_edit_changes_only_the_edited_fields(log_in, sales, order: Order) -> None:
    client = log_in(sales)
    data = fields_of(client.get(f"/orders/{order.number}/edit/").text)
    del data["shown"]
    version = order.version

    client.post(f"/orders/{order.number}/edit/", data | {"street": "古岸路 86 号", "quantity": ["5"]})

    order.refresh_from_db()
    event = order_events(order)[-1]
    assert order.street == "古岸路 86 号"
    assert order.lines.get().quantity == 5
    assert order.version == version + 1
    assert set(event.data["after"]) == {"street", "items", "total"}


def test_an_edit_form_without_changes_writes_no_event(log_in, sales, order: Order) -> None:
    client = log_in(sales)
    data = fields_of(client.get(f"/orders/{order.number}/edit/").text)

    assert client.post(f"/orders/{order.number}/edit/", data).status_code == 302

    assert Order.objects.get().version == order.version


def test_a_stale_edit_form_says_who_changed_what_and_keeps_its_input(
    log_in, sales, manager, order: Order
) -> None:
    client = log_in(sales)
    address = f"/orders/{order.number}/edit/"
    data = fields_of(client.get(address).text)
    edit_order(
        actor=Actor.staff(manager),
        order_id=order.pk,
        version=order.version,
        changes={"note": "先别发", "urgent": True},
    )

    refused = client.post(address, data | {"street": "古岸路 86 号"})

    assert refused.status_code == 409
    assert "王芳" in refused.text
    assert "先别发" in refused.text
    assert "古岸路 86 号" in refused.text
    assert Order.objects.get().street == "机场路 88 号"

    # Saved again it lands on the newest order, and undoes nothing of the colleague's.
    assert client.post(address, fields_of(refused.text)).status_code == 302
    order.refresh_from_db()
    assert (order.street, order.note, order.urgent) == ("古岸路 86 号", "先别发", True)


def test_a_stale_edit_of_lines_keeps_the_lines_typed(log_in, sales, manager, order: Order) -> None:
    client = log_in(sales)
    address = f"/orders/{order.number}/edit/"
    data = fields_of(client.get(address).text)
    sku = order.lines.get().sku
    edit_order(
        actor=Actor.staff(manager),
        order_id=order.pk,
        version=order.version,
        changes={"items": [ItemInput(sku, 7)]},
    )

    untouched = fields_of(client.post(address, data | {"note": "轻放"}).text)
    touched = fields_of(client.post(address, data | {"quantity": ["9"]}).text)

    assert untouched["quantity"] == ["7"]
    assert touched["quantity"] == ["9"]


def test_recording_a_payment_at_the_desk_makes_the_order_paid(log_in, manager, order: Order) -> None:
    client = log_in(manager)
    address = f"/orders/{order.number}/to/paid/"
    assert f'value="{order.total}"' in client.get(address, headers=FRAGMENT).text
    data = {"version": order.version, "amount": order.total, "method": "transfer", "reference": "TX-1"}

    answer = client.post(address, data, headers=FRAGMENT)

    order.refresh_from_db()
    assert "text" in answer.json()
    assert order.status == Status.PAID
    assert Payment.objects.get().reference == "TX-1"


def test_without_scripts_a_transition_redirects_to_the_order(log_in, manager, order: Order) -> None:
    answer = log_in(manager).post(
        f"/orders/{order.number}/to/cancelled/", {"version": order.version, "reason": ""}
    )

    assert answer.headers["Location"] == f"/orders/{order.number}/"
    assert Order.objects.get().status == Status.CANCELLED


def test_a_failed_guard_is_explained_in_the_form(log_in, manager, order: Order) -> None:
    data = {"version": order.version, "amount": "7", "method": "transfer", "reference": " "}

    answer = log_in(manager).post(f"/orders/{order.number}/to/paid/", data, headers=FRAGMENT)

    assert answer.status_code == 422
    assert "请填写凭证号或流水号" in answer.text
    assert 'value="7' in answer.text
    assert Order.objects.get().status == Status.PENDING_PAYMENT


def test_a_transition_without_its_input_asks_for_the_field(log_in, manager) -> None:
    order = make_order(status=Status.PICKING)

    answer = log_in(manager).post(
        f"/orders/{order.number}/to/shipped/",
        {"version": order.version, "carrier": "shunfeng"},
        headers=FRAGMENT,
    )

    assert answer.status_code == 422
    assert 'aria-describedby="id_tracking_number_error"' in answer.text
    assert 'id="id_tracking_number_error"' in answer.text


def test_a_transition_of_a_stale_order_shows_what_changed(log_in, manager, order: Order) -> None:
    client = log_in(manager)
    seen = order.version
    edit_order(actor=Actor.system(), order_id=order.pk, version=None, changes={"note": "先别发"})
    data = {"version": seen, "amount": order.total, "method": "transfer", "reference": "TX-1"}

    refused = client.post(f"/orders/{order.number}/to/paid/", data, headers=FRAGMENT)

    assert refused.status_code == 409
    assert "先别发" in refused.text
    assert "TX-1" in refused.text
    assert Order.objects.get().status == Status.PENDING_PAYMENT
    assert f'name="version" value="{seen + 1}"' in refused.text


@pytest.mark.parametrize("to", ["shipped", "delivered"])
def test_an_unavailable_transition_is_explained_on_the_order_page(
    log_in, manager, order: Order, to: str
) -> None:
    client, path = log_in(manager), f"/orders/{order.number}/to/{to}/"

    for answer in (client.get(path, follow=True), client.post(path, {"version": 1}, follow=True)):
        assert answer.redirect_chain == [(f"/orders/{order.number}/", 302)]
        assert "这一步现在不能做，订单是“待支付”" in answer.text
    # A dialog over the page says it itself.
    assert client.get(path, headers=FRAGMENT).status_code == 404
    assert client.get(f"/orders/{order.number}/to/nonsense/").status_code == 404


def order_events(order: Order) -> list[Any]:
    from shopcomm.core.events.selectors import events_of_order

    return list(events_of_order(order.pk))
