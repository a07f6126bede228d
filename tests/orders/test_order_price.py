"""What somebody sees before they send a form is what is saved, or the form comes back with what it costs now."""

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.models import Order, Payment, Product, Quote, TierPrice, Variant
from orders.selectors.items import ItemInput
from orders.selectors.pricing import Shopping, price_order, saved_price_mark
from orders.services.orders import place_order
from shopcomm.core.accounts.models import Customer
from tests.factories import CustomerFactory, VariantFactory, integration, make_address, make_order
from tests.orders.test_desk_forms import new_order

pytestmark = pytest.mark.django_db
PRICE = {"X-Fragment": "price"}
WHOLESALE = {"tier": "wholesale", "phone": "+8613600002222"}


@pytest.fixture
def bag(db) -> Variant:
    """¥268 apiece, from ten on ¥214.40, from fifty on ¥187.60."""
    variant = VariantFactory(sku="LX20-BK", price="268.00", on_hand=200)
    for least, price in ((10, "214.40"), (50, "187.60")):
        TierPrice.objects.create(variant=variant, min_quantity=least, price=price)
    return variant


def lines(*rows: tuple[str, Any, str]) -> dict[str, list[str]]:
    skus, counts, prices = zip(*rows, strict=True)
    return {"sku": list(skus), "quantity": [str(each) for each in counts], "unit_price": list(prices)}


def shown_in(html: str) -> str:
    found = re.search(r'name="shown" value="(\w+)"', html)
    return found[1] if found else ""


def total_in(html: str) -> str:
    found = re.search(r"data-price-total>([^<]+)<", html)
    return found[1].strip() if found else ""


def test_the_order_form_shows_tier_prices_for_a_wholesale_customer_found_by_phone(log_in, sales, bag):
    CustomerFactory(**WHOLESALE)
    data = new_order(**lines(("LX20-BK", 10, "")))
    desk = log_in(sales)

    part = desk.post("/orders/new/", data, headers=PRICE).text
    assert (total_in(part), "批发价" in part) == ("¥2,144.00", True)
    desk.post("/orders/new/", data | {"send": "order", "shown": shown_in(part)})

    assert Order.objects.get().total == Decimal("2144.00")


def test_discount_and_freight_of_a_new_order_are_shown_and_saved(log_in, sales, bag):
    data = new_order(**lines(("LX20-BK", 3, "250")), discount="50", shipping_fee="12.50")
    desk = log_in(sales)

    part = desk.post("/orders/new/", data, headers=PRICE).text
    desk.post("/orders/new/", data | {"send": "order", "shown": shown_in(part)})

    order = Order.objects.get()
    assert total_in(part) == "¥712.50"
    assert (order.total, order.discount, order.shipping_fee) == (Decimal("712.50"), 50, Decimal("12.50"))


def test_an_order_form_with_an_outdated_price_is_not_saved_and_shows_the_new_price(log_in, sales, bag):
    desk, data = log_in(sales), new_order(**lines(("LX20-BK", 2, "")))
    shown = shown_in(desk.post("/orders/new/", data, headers=PRICE).text)
    Variant.objects.update(price="300.00")

    answer = desk.post("/orders/new/", data | {"send": "order", "shown": shown})

    assert (answer.status_code, Order.objects.count(), Customer.objects.count()) == (409, 0, 0)
    assert "价格刚刚有变动" in answer.text
    assert total_in(answer.text) == "¥600.00"
    desk.post("/orders/new/", data | {"send": "order", "shown": shown_in(answer.text)})
    assert Order.objects.get().total == 600


def test_without_scripts_the_price_is_shown_before_the_order_is_placed(log_in, sales, bag):
    desk, data = log_in(sales), new_order(**lines(("LX20-BK", 2, ""))) | {"send": "order"}

    first = desk.post("/orders/new/", data)
    assert (first.status_code, Order.objects.count(), total_in(first.text)) == (200, 0, "¥536.00")

    assert desk.post("/orders/new/", data | {"shown": shown_in(first.text)}).status_code == 302
    assert Order.objects.get().total == 536


def test_the_order_form_shows_problems_while_it_is_filled_in(log_in, sales, bag):
    Variant.objects.update(min_quantity=5)
    CustomerFactory(**WHOLESALE, credit_limit=1000)
    desk = log_in(sales)

    few = desk.post(
        "/orders/new/", new_order(**lines(("LX20-BK", 2, ""), ("NONE", 1, ""))), headers=PRICE
    ).text
    many = desk.post("/orders/new/", new_order(**lines(("LX20-BK", 201, ""))), headers=PRICE).text

    assert "LX20-BK 起订 5 件" in few
    assert "没有这些商品：NONE" in few
    assert shown_in(few) == ""
    assert "LX20-BK 要 201 件，只有 200 件" in many
    assert "¥1,000.00" in many
    assert "超过赊账余额" in many


def test_the_shown_available_credit_is_reduced_by_open_debts(bag):
    customer = CustomerFactory(tier="wholesale", credit_limit=1000)
    make_order(customer=customer, on_credit=True, items=[ItemInput(bag.sku, 1)])

    assert price_order(Shopping(customer, [ItemInput(bag.sku, 1)])).credit_left == 732
    assert not Payment.objects.exists()


def test_the_edit_form_keeps_agreed_prices_and_shows_the_difference(log_in, sales, bag):
    order = make_order(items=[ItemInput(bag.sku, 2, Decimal("200"))])
    desk, page = log_in(sales), f"/orders/{order.number}/edit/"
    data = {"version": order.version, **lines((bag.sku, 4, "")), **changed(order)}

    begins, part = desk.get(page).text, desk.post(page, data, headers=PRICE).text
    assert (total_in(begins), total_in(part), "+¥400.00" in part) == ("¥400.00", "¥800.00", True)
    stale = desk.post(page, data | {"send": "order", "shown": shown_in(begins)})
    assert (stale.status_code, Order.objects.get().total, total_in(stale.text)) == (409, 400, "¥800.00")
    desk.post(page, data | {"send": "order", "shown": shown_in(stale.text)})

    saved = Order.objects.get()
    assert (saved.total, saved_price_mark(saved)) == (800, shown_in(part))


def changed(order: Order) -> dict[str, Any]:
    """The rest of the edit form as it came."""
    names = (
        "receiver_name",
        "receiver_phone",
        "province",
        "city",
        "district",
        "street",
        "discount",
        "shipping_fee",
    )
    now = {name: getattr(order, name) for name in names}
    return now | {f"initial-{name}": value for name, value in now.items()}


def test_a_quote_is_saved_at_the_price_that_was_shown(log_in, sales, bag):
    order = make_order(customer=CustomerFactory(tier="wholesale"), items=[ItemInput(bag.sku, 1)])
    desk, page = log_in(sales), f"/conversations/{order.conversation.pk}/quotes/new/"
    until = str(timezone.localdate())
    data = {"valid_until": until, "shipping_fee": "30", "note": "", **lines((bag.sku, 50, ""))}

    part = desk.post(page, data, headers=PRICE).text
    assert total_in(part) == "¥9,410.00"
    TierPrice.objects.filter(min_quantity=50).update(price="190.00")
    refused = desk.post(page, data | {"send": "1", "shown": shown_in(part)})
    assert (refused.status_code, Quote.objects.count(), total_in(refused.text)) == (409, 0, "¥9,530.00")
    desk.post(page, data | {"send": "1", "shown": shown_in(refused.text)})
    assert Quote.objects.get().total == Decimal("9530.00")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    tier=st.sampled_from(Customer.Tier.values),
    counts=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), min_size=1, max_size=4),
    own=st.none() | st.decimals("0.01", "999", places=2),
    discount=st.decimals("0", "1", places=2),
)
def test_any_order_costs_what_the_price_preview_showed(tier, counts, own, discount):
    product = Product.objects.create(name="托特包")
    goods = [VariantFactory(product=product, price=f"{100 + number}.50", on_hand=500) for number in range(3)]
    for each in goods[:2]:
        TierPrice.objects.create(variant=each, min_quantity=20, price="80.05")
    items = [ItemInput(goods[index].sku, count, own if index == 2 else None) for index, count in counts]
    customer = CustomerFactory(tier=tier)
    price = price_order(Shopping(customer, items, discount, Decimal("8")))

    order = place_order(
        actor=integration(),
        customer=customer,
        source="api",
        items=items,
        address=make_address(),
        discount=discount,
        shipping_fee=Decimal("8"),
        shown=price.mark,
    )

    assert (order.total, saved_price_mark(order)) == (price.total, price.mark)


@pytest.mark.django_db(transaction=True)
def test_an_order_form_sent_twice_concurrently_places_one_order(log_in, sales):
    VariantFactory(sku="LX20-BK", price="268.00")
    page = log_in(sales).get("/orders/new/").text
    key = re.search(r'name="form_key" value="([^"]+)"', page)[1]
    data = new_order(**lines(("LX20-BK", 3, ""))) | {"form_key": key}
    clients, start = [log_in(sales) for _tab in range(2)], Barrier(2)

    def send(client: Client) -> str:
        try:
            start.wait()
            return client.post("/orders/new/", data).headers["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        places = list(pool.map(send, clients))

    assert places == [f"/orders/{Order.objects.get().number}/"] * 2
    assert Variant.objects.get().reserved == 3


def test_a_refused_form_may_be_sent_again_with_the_same_key(log_in, sales, bag):
    desk, key = log_in(sales), {"form_key": "a1"}

    assert desk.post("/orders/new/", new_order(**lines(("NONE", 1, ""))) | key).status_code == 422
    for _twice in range(2):
        assert desk.post("/orders/new/", new_order(**lines(("LX20-BK", 1, ""))) | key).status_code == 302

    assert Order.objects.count() == 1


def test_quote_and_payment_forms_sent_twice_take_effect_once(log_in, manager, bag):
    order = make_order(items=[ItemInput(bag.sku, 2)])
    desk, key = log_in(manager), {"form_key": "b2"}
    page = f"/conversations/{order.conversation.pk}/quotes/new/"
    quote = {"valid_until": str(timezone.localdate()), **lines((bag.sku, 50, ""))}
    for _twice in range(2):
        assert desk.post(page, quote | key).status_code == 302
        desk.post(f"/orders/{order.number}/payments/", {"amount": "100", "method": "cash", "form_key": "c3"})

    assert (Quote.objects.count(), Payment.objects.count(), Order.objects.get().paid_amount) == (1, 1, 100)
