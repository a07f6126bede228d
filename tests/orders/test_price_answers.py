"""The one answer to what an order costs, at its edges: prices, credit and every word that speaks against it."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import Product, Variant
from orders.selectors.items import ItemInput
from orders.selectors.pricing import Shopping, price_order
from shopcomm.core.accounts.models import Customer
from tests.factories import CustomerFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db
YUAN = "CNY"


@pytest.fixture
def bag(db) -> Variant:
    return VariantFactory(sku="BAG-1", price="100.00", on_hand=50)


@pytest.fixture
def dealer(db) -> Customer:
    return CustomerFactory(credit_limit=Decimal("300.00"))


def price(customer: Customer, *items: ItemInput, **fields: Any):
    return price_order(Shopping(customer, list(items), **fields))


def warnings_for(customer: Customer, *items: ItemInput, **fields: Any) -> list[str]:
    return price(customer, *items, **fields).warnings


@pytest.mark.parametrize(
    ("own", "is_own", "is_wholesale"),
    [(None, False, False), ("100.00", False, False), ("99.99", True, False)],
)
def test_a_priced_line_tells_whether_its_price_was_set_by_hand(dealer, bag, own, is_own, is_wholesale):
    [line] = price(dealer, ItemInput(bag.sku, 1, own)).lines

    assert (line.is_own_price, line.is_wholesale) == (is_own, is_wholesale)


def test_an_unknown_sku_has_no_price(dealer, bag):
    priced = price(dealer, ItemInput("NOPE", 2), ItemInput(bag.sku, 1))
    line = priced.lines[0]

    assert (line.unit_price, line.amount, line.is_own_price, line.is_wholesale) == (None, 0, False, False)
    assert (priced.is_complete, priced.pieces, priced.goods_total) == (False, 3, 100)


def test_an_empty_order_is_incomplete_and_a_discontinued_line_keeps_its_own_price(dealer, bag):
    order = make_order(customer=dealer, items=[ItemInput(bag.sku, 2, Decimal("80.00"))])
    Product.objects.update(is_active=False)
    Variant.objects.update(is_active=False)

    assert not price(dealer).is_complete
    assert price(dealer, ItemInput(bag.sku, 3), order=order).total == 240


@pytest.mark.parametrize(
    ("limit", "count", "over"),
    [("300.00", 3, False), ("299.99", 3, True), ("0.01", 1, True), ("0", 1, False)],
)
def test_a_new_order_exceeds_the_credit_limit_by_the_first_cent(bag, limit, count, over):
    customer = CustomerFactory(credit_limit=Decimal(limit))

    assert price(customer, ItemInput(bag.sku, count)).is_over_credit == over


def test_even_cents_count_against_the_credit_limit_and_a_free_order_does_not(bag):
    customer = CustomerFactory(credit_limit=Decimal("0.10"))
    half, nothing = ItemInput(bag.sku, 1, "0.50"), ItemInput(bag.sku, 1, "0.00")

    assert price(customer, half).is_over_credit
    make_order(customer=customer, on_credit=True, items=[ItemInput(bag.sku, 1, Decimal("0.10"))])
    Customer.objects.update(credit_limit=Decimal("0.05"))
    customer.refresh_from_db()
    assert not price(customer, nothing).is_over_credit


def test_editing_an_order_on_account_counts_only_the_increase_against_the_limit(dealer, bag):
    order = make_order(customer=dealer, on_credit=True, items=[ItemInput(bag.sku, 3)])

    assert not price(dealer, ItemInput(bag.sku, 2), order=order).is_over_credit
    same, more = (price(dealer, ItemInput(bag.sku, count), order=order) for count in (3, 4))
    assert (same.is_over_credit, same.warnings) == (False, [])
    assert (more.is_over_credit, more.warnings) == (True, ["超过赊账余额，不能赊账下单"])


def test_a_prepaid_order_shows_no_credit_warning(dealer, bag):
    order = make_order(customer=dealer, items=[ItemInput(bag.sku, 3)])

    assert warnings_for(dealer, ItemInput(bag.sku, 9), order=order) == []


def test_another_currency_refuses_credit_and_allows_payment_in_money(dealer, bag):
    order = make_order(customer=dealer, on_credit=True, items=[ItemInput(bag.sku, 2)])
    paid = make_order(customer=dealer, items=[ItemInput(bag.sku, 2)])
    Customer.objects.update(credit_currency="USD")
    dealer.refresh_from_db()
    for each in (order, paid):
        each.customer = dealer

    assert warnings_for(dealer, ItemInput(bag.sku, 2), order=order) == []
    assert warnings_for(dealer, ItemInput(bag.sku, 1), order=order) == []
    [refusal] = warnings_for(dealer, ItemInput(bag.sku, 3), order=order)
    assert "赊账额度按 USD 计" in refusal
    assert warnings_for(dealer, ItemInput(bag.sku, 3), order=paid) == []


@pytest.mark.parametrize(("own", "words"), [("0", []), ("-0.01", ["单价不正确"]), ("x", ["单价不正确"])])
def test_a_price_is_a_valid_amount_or_empty(dealer, bag, own, words):
    assert warnings_for(dealer, ItemInput(bag.sku, 1, own)) == words


@pytest.mark.parametrize(
    ("discount", "fee", "words"),
    [
        ("100.00", "0", []),
        ("100.01", "0", ["金额不正确"]),
        ("0", "9999999899.99", []),
        ("0", "9999999900.00", ["金额不正确"]),
        (None, "0", ["金额不正确"]),
        ("0", None, ["金额不正确"]),
    ],
)
def test_a_total_is_never_negative_nor_too_large_for_its_column(bag, discount, fee, words):
    nobody_owes = CustomerFactory(credit_limit=0)
    sums = {"discount": discount and Decimal(discount), "shipping_fee": fee and Decimal(fee)}

    assert warnings_for(nobody_owes, ItemInput(bag.sku, 1), **sums) == words


@pytest.mark.parametrize(
    ("count", "fits"), [(1, True), (100_000, True), (100_001, False), (0, False), (-1, False)]
)
def test_an_invalid_quantity_is_reported_and_costs_nothing(bag, count, fits):
    priced = price(CustomerFactory(), ItemInput(bag.sku, count), ItemInput(bag.sku, 1))

    assert ("数量不正确：BAG-1" in priced.warnings) != fits
    assert priced.pieces == (count + 1 if fits else 1)


def test_at_most_ten_problems_are_listed(dealer):
    names = [f"NOPE-{number:02}" for number in range(12)]

    assert warnings_for(dealer, *[ItemInput(name, 1) for name in names]) == [
        f"没有这些商品：{'、'.join(names[:10])}"
    ]
    [odd] = warnings_for(dealer, *[ItemInput(name, 0) for name in names])
    assert odd == f"数量不正确：{'、'.join(names[:10])}"


@pytest.mark.parametrize(("free", "count", "short"), [(0, 1, True), (1, 1, False), (1, 2, True)])
def test_a_quantity_beyond_the_stock_is_reported_with_the_free_quantity(free, count, short):
    VariantFactory(sku="RARE", on_hand=free)
    words = warnings_for(CustomerFactory(), ItemInput("RARE", count))

    assert words == ([f"RARE 要 {count} 件，只有 {free} 件"] if short else [])


def test_pieces_reserved_by_the_order_itself_count_as_available(dealer):
    VariantFactory(sku="RARE", on_hand=3)
    order = make_order(customer=dealer, items=[ItemInput("RARE", 2)])

    assert warnings_for(dealer, ItemInput("RARE", 3), order=order) == []
    assert warnings_for(dealer, ItemInput("RARE", 4), order=order) == ["RARE 要 4 件，只有 3 件"]


@pytest.mark.parametrize(("count", "words"), [(5, []), (4, ["BAG-1 起订 5 件"])])
def test_the_minimum_quantity_is_reported(bag, count, words):
    Variant.objects.update(min_quantity=5)

    assert warnings_for(CustomerFactory(credit_limit=0), ItemInput(bag.sku, count)) == words
