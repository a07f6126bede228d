"""A change form that stood open while the shop changed the order: nothing comes back that nobody asked for."""

import re

import pytest
from django.test import Client

from orders.models import Order, Status
from orders.selectors.items import ItemInput
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import VariantFactory, make_order

pytestmark = pytest.mark.django_db
FIELD = re.compile(
    r'<(?:input|textarea)[^>]*?name="([^"]+)"[^>]*?(?:value="([^"]*)"[^>]*>|>([^<]*)</textarea>)', re.S
)


@pytest.fixture
def order() -> Order:
    return make_order(status=Status.PAID)


def change_url(order: Order) -> str:
    return f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/change/"


def filled(page: str, kind: str) -> dict[str, str]:
    """What a browser would send of the page's form of this kind."""
    forms = re.findall(r"<form.*?</form>", page, re.S)
    form = next(each for each in forms if f'name="kind" value="{kind}"' in each)
    fields = {name: value or text for name, value, text in FIELD.findall(form)}
    return {
        name: value for name, value in fields.items() if name not in ("csrfmiddlewaretoken", "pasted", "find")
    }


def shop_changes(order: Order, **changes: object) -> None:
    order.refresh_from_db()
    edit_order(actor=Actor.system(), order_id=order.pk, version=order.version, changes=changes, agreed=True)


def test_changing_the_phone_keeps_a_street_that_the_shop_changed_meanwhile(order):
    form = filled(Client().get(change_url(order) + "?kind=address").content.decode(), "address")
    shop_changes(order, street="建国路八十八号")

    Client().post(change_url(order), form | {"phone": "13911112222"})

    order.refresh_from_db()
    assert (order.street, order.receiver_phone) == ("建国路八十八号", "13911112222")


def test_a_change_form_sent_unmodified_changes_nothing(order):
    form = filled(Client().get(change_url(order) + "?kind=address").content.decode(), "address")
    shop_changes(order, street="建国路八十八号")

    Client().post(change_url(order), form)

    order.refresh_from_db()
    assert order.street == "建国路八十八号"


def test_a_new_street_is_refused_first_when_the_shop_changed_the_city_meanwhile(order):
    form = filled(Client().get(change_url(order) + "?kind=address").content.decode(), "address")
    shop_changes(order, city="北京市", province="北京市", district="朝阳区", street="建国路八十八号")

    again = Client().post(change_url(order), form | {"street": "文一西路九百六十九号"})
    order.refresh_from_db()
    assert again.status_code == 422
    assert "订单刚刚有变化" in again.content.decode()
    assert order.street == "建国路八十八号"

    Client().post(change_url(order), filled(again.content.decode(), "address") | {"key": "again"})
    order.refresh_from_db()
    assert order.street == "文一西路九百六十九号"


def test_lines_left_untouched_in_the_form_stay_as_the_shop_changed_them(order):
    first, second = VariantFactory(on_hand=50), VariantFactory(on_hand=50)
    order = make_order(
        customer=order.customer,
        items=[ItemInput(first.sku, 2), ItemInput(second.sku, 3)],
        status=Status.PENDING_PAYMENT,
    )
    _first, other = order.lines.order_by("pk")
    form = filled(Client().get(change_url(order) + "?kind=items").content.decode(), "items")
    shop_changes(order, items=[{"sku": first.sku, "quantity": 5}, {"sku": second.sku, "quantity": 3}])
    asked = form | {f"quantity-{other.pk}": "4"}
    page = Client().post(change_url(order), asked)
    assert page.status_code == 409
    # The price has changed with the shop's change: it is shown, and the form sent once more.
    Client().post(change_url(order), filled(page.content.decode(), "items"))

    assert sorted(order.lines.values_list("sku", "quantity")) == sorted([(first.sku, 5), (second.sku, 4)])
