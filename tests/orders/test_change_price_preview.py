"""What a customer's change of goods will cost stands on the form before it is sent, computed by the server."""

import re
from decimal import Decimal

import pytest

from messaging.services.conversations import ensure_order_conversation
from orders.models import ChangeRequest, Order, TierPrice
from orders.selectors.items import ItemInput
from shopcomm.core.accounts.services.order_links import link_token, live_link
from tests.factories import CustomerFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db
PRICE = {"X-Fragment": "price"}


@pytest.fixture
def bag():
    """199.00 each; 149.00 for wholesale from ten."""
    bag = VariantFactory(sku="LX20-BK", price=Decimal("199.00"))
    TierPrice.objects.create(variant=bag, min_quantity=10, price=Decimal("149.00"))
    return bag


@pytest.fixture
def order(bag) -> Order:
    dealer = CustomerFactory(tier="wholesale")
    return make_order(customer=dealer, items=[ItemInput(bag.sku, 2)])


def page_of(order: Order) -> str:
    return f"/o/{link_token(live_link(customer=order.customer, order_id=order.pk))}/change/"


def goods(order: Order, quantity: int, other: str = "", more: int = 0, **fields: str) -> dict[str, object]:
    line = order.lines.get()
    extra = {"add": [other], f"add-{other}": str(more)} if other else {}
    return {"kind": "items", f"quantity-{line.pk}": str(quantity), "send": "items"} | extra | fields


def mark_in(page: str) -> str:
    return re.search(r'name="shown" value="(\w+)"', page)[1]


def test_the_form_shows_what_the_goods_will_cost_while_they_are_counted(client, order, bag):
    other = VariantFactory(sku="LX24-BK", price=Decimal("259.00"))
    path = page_of(order)
    assert "¥398.00" in client.get(path).content.decode()
    part = client.post(path, goods(order, 3, other.sku, 1), headers=PRICE).content.decode()
    # The agreed price stays for what is on the order; what is added costs what the list says.
    assert "¥856.00" in part
    assert "+¥458.00" in part
    assert not ChangeRequest.objects.exists()


def test_the_saved_price_is_the_price_that_was_shown(client, order, bag):
    path = page_of(order)
    mark = mark_in(client.post(path, goods(order, 3), headers=PRICE).content.decode())
    assert client.post(path, goods(order, 3, shown=mark, key="a")).status_code == 302
    order.refresh_from_db()
    assert order.total == Decimal("597.00")


def test_a_changed_price_saves_nothing_and_shows_the_new_price(client, order, bag):
    other = VariantFactory(sku="LX24-BK", price=Decimal("259.00"))
    path = page_of(order)
    wanted = goods(order, 2, other.sku, 1)
    mark = mark_in(client.post(path, wanted, headers=PRICE).content.decode())
    type(other).objects.filter(pk=other.pk).update(price=Decimal("300.00"))
    page = client.post(path, wanted | {"shown": mark, "key": "b"})
    assert page.status_code == 409
    assert "¥698.00" in page.content.decode()
    order.refresh_from_db()
    assert (order.total, ChangeRequest.objects.count()) == (Decimal("398.00"), 0)


def test_without_scripts_the_price_is_shown_before_the_change_is_sent(client, order):
    path = page_of(order)
    page = client.post(path, goods(order, 3, key="c"))
    assert "请核对下面的价格" in page.content.decode()
    assert "¥597.00" in page.content.decode()
    assert not ChangeRequest.objects.exists()


def test_the_desks_change_form_for_a_message_shows_the_price_too(log_in, sales, order):
    from uuid import uuid4

    from messaging.services.messages import send_message
    from shopcomm.core.accounts.actors import Actor

    talk = ensure_order_conversation(order)
    said = send_message(
        actor=Actor.customer(order.customer), conversation_id=talk.pk, client_id=uuid4(), body="改成 3 个"
    )
    path = f"/conversations/{talk.pk}/messages/{said.message.seq}/change/"
    part = log_in(sales).post(path, goods(order, 3), headers=PRICE)
    assert (part.status_code, "¥597.00" in part.content.decode()) == (200, True)
