"""One way to type an address in every form: paste it and have it read, or fill in six fields."""

import re

import pytest

from orders.models import Order, Status
from orders.views.addresses import reader_key
from tests.factories import make_order

pytestmark = pytest.mark.django_db
READ = "/orders/lookup/address/"
TEXT = "收货人：李小明 手机 18412345678-1234 地址 浙江省杭州市临平区南苑街道世纪大道168号 3 栋 B 座 302"
FOUND = {
    "name": "李小明",
    "phone": "184 1234 5678-1234",
    "province": "浙江省",
    "city": "杭州市",
    "district": "临平区",
    "street": "南苑街道世纪大道168号 3 栋 B 座 302",
}
PARTS = ("name", "phone", "province", "city", "district", "street")


def parts_of(html):
    """The fields of the widget on a page, by what they are: the names that the form gives them."""
    tags = re.findall(r"<(?:input|textarea)\b[^>]*\bdata-part=[^>]*>", html)
    return {re.search(r'data-part="(\w+)"', tag)[1]: re.search(r'name="(\w+)"', tag)[1] for tag in tags}


def test_parsing_an_address_returns_the_fields_and_the_unused_text(client):
    answer = client.post(READ, {"pasted": f"{TEXT}，门口有狗"})

    assert answer.json()["address"] == FOUND
    assert answer.json()["told"] == "已填好，请核对后提交。没有用上：门口有狗"
    assert "no-cache" in answer["Cache-Control"]
    assert client.get(READ).status_code == 405


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("香港铜锣湾轩尼诗道500号12楼 陈生 51234567", "+852 5123 4567"),
        ("台中市西屯区台湾大道三段99号 张先生 0933-123-456", "+886 933 123 456"),
    ],
)
def test_a_phone_number_of_hong_kong_macau_or_taiwan_gets_its_country_code(client, text, phone):
    assert client.post(READ, {"pasted": text}).json()["address"]["phone"] == phone


def test_name_phone_and_street_are_parsed_even_without_a_known_city(client):
    answer = client.post(READ, {"pasted": "人民路12号3楼 王强 13800138000"}).json()

    assert answer["address"] == {
        "name": "王强", "phone": "138 0013 8000", "province": "", "city": "", "district": "", "street": "人民路12号3楼",
    }  # fmt: skip
    assert answer["told"] == "只认出一部分，请补全后提交"


def test_staff_paste_an_address_into_a_new_order_and_keep_the_rest_of_the_form(log_in, sales):
    desk = log_in(sales)
    page = desk.get("/orders/new/").text
    assert parts_of(page) == {
        "name": "receiver_name", "phone": "receiver_phone",
        **{name: name for name in ("province", "city", "district", "street")},
    }  # fmt: skip

    shown = desk.post(
        "/orders/new/", {"phone": "13900001111", "name": "老周", "pasted": TEXT, "read_address": "1"}
    )

    assert {each.part: each.value for each in shown.context["address"].fields} == FOUND
    assert (shown.status_code, shown.context["form"]["name"].value()) == (200, "老周")
    assert not shown.context["form"].errors
    assert not Order.objects.exists()


def test_staff_paste_an_address_into_an_existing_order(log_in, sales):
    order = make_order(status=Status.PENDING_PAYMENT, assigned_to=sales)
    desk = log_in(sales)
    assert set(parts_of(desk.get(f"/orders/{order.number}/edit/").text)) == set(PARTS)

    shown = desk.post(f"/orders/{order.number}/edit/", {"pasted": TEXT, "read_address": "1"})

    assert {each.part: each.value for each in shown.context["address"].fields} == FOUND
    order.refresh_from_db()
    assert order.district != "临平区"


def test_a_customer_pastes_an_address_into_the_reorder_form(phone_of, customer, order):
    phone = phone_of(customer)
    at = f"/my/orders/{order.number}/again/"
    assert parts_of(phone.get(at).text) == {part: part for part in PARTS}
    line = order.lines.get()

    shown = phone.post(
        at, {f"quantity-{line.pk}": "7", "note": "下午送", "pasted": TEXT, "read_address": "1"}
    )

    assert {each.part: each.value for each in shown.context["address"].fields} == FOUND
    assert 'value="7"' in shown.text
    assert "下午送" in shown.text
    assert Order.objects.count() == 1


def test_the_parsing_rate_limit_counts_an_ipv6_network_as_one(rf):
    near, far = "2001:db8:0:1::1", "2001:db8:0:2::1"
    one, neighbour, other = (rf.post("/", REMOTE_ADDR=each) for each in (near, "2001:db8:0:1::2", far))
    assert reader_key(one) == reader_key(neighbour) != reader_key(other)
