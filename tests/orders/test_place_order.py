from decimal import Decimal

import pytest
import time_machine

from orders import hooks
from orders.errors import GuardFailed, InsufficientStock, NotAllowed
from orders.models import Order, OrderLine, StockMovement, StockReservation, TierPrice
from orders.selectors.items import ItemInput
from orders.services.orders import place_order
from shopcomm.core.accounts.models import Customer
from shopcomm.core.events.models import DomainEvent
from tests.factories import CustomerFactory, VariantFactory, integration, make_address, make_order

pytestmark = pytest.mark.django_db


def failed_guards(**fields: object) -> list[str]:
    """The guards that refuse, after making sure that nothing was left behind."""
    with pytest.raises(GuardFailed) as refusal:
        make_order(**fields)
    assert not Order.objects.exists()
    assert not DomainEvent.objects.filter(type="order.created").exists()
    return refusal.value.names


def test_placing_an_order_reserves_stock_and_writes_its_first_event(order, variant):
    variant.refresh_from_db()
    assert (order.status, order.version, order.total) == ("pending_payment", 1, Decimal("398.00"))
    assert (variant.on_hand, variant.reserved, variant.available) == (100, 2, 98)
    assert StockReservation.objects.get().quantity == 2
    event = DomainEvent.objects.get(order_id=order.pk)
    assert (event.type, event.data["version"], event.data["number"]) == ("order.created", 1, order.number)
    assert (event.data["status_from"], event.data["status_to"]) == ("", "pending_payment")


def test_an_order_keeps_a_snapshot_of_name_specification_price_and_address(order, variant, customer):
    variant.product.name = "改名"
    variant.product.save()
    type(variant).objects.update(price="1.00", color="改色")
    Customer.objects.update(name="改名")
    line = OrderLine.objects.get(order=order)
    assert (line.spec, line.unit_price) == ("20 寸 · 曜石黑", Decimal("199.00"))
    assert line.name.startswith("登机箱")
    assert order.receiver_name == "吴丽华"


@time_machine.travel("2026-11-23T15:59:00Z", tick=False)
def test_order_numbers_restart_from_one_each_day_of_the_shop():
    assert [make_order().number for _ in range(3)] == ["XB-261123-0001", "XB-261123-0002", "XB-261123-0003"]


@time_machine.travel("2026-11-23T16:00:00Z", tick=False)
def test_order_numbers_use_the_shops_time_zone():
    assert make_order().number == "XB-261124-0001"


def test_placing_an_external_id_twice_returns_one_order(variant):
    first = make_order(external_id="T-1", items=[ItemInput(variant.sku, 2)])
    again = make_order(external_id="T-1", items=[ItemInput(variant.sku, 2)])
    variant.refresh_from_db()
    assert (first, Order.objects.count(), variant.reserved) == (again, 1, 2)


def test_an_order_without_lines_is_refused(customer):
    with pytest.raises(GuardFailed) as refusal:
        place_order(actor=integration(), customer=customer, source="web", items=[], address=make_address())
    assert refusal.value.names == ["lines_required"]


@pytest.mark.parametrize("sku", ["NOPE", "", "xz\x00", "' OR 1=1 --"])
def test_an_unknown_sku_is_refused(sku):
    assert failed_guards(items=[ItemInput(sku, 1)]) == ["sku_unknown"]


def test_an_order_for_a_variant_off_sale_is_refused(variant):
    type(variant).objects.update(is_active=False)
    assert failed_guards(items=[ItemInput(variant.sku, 1)]) == ["sku_unknown"]


@pytest.mark.parametrize("quantity", [0, -1, 100_001, "two", None, 10**30])
def test_an_invalid_quantity_is_refused(variant, quantity):
    assert "quantity_invalid" in failed_guards(items=[ItemInput(variant.sku, quantity)])


def test_a_quantity_below_the_minimum_is_refused(variant):
    type(variant).objects.update(min_quantity=5)
    assert failed_guards(items=[ItemInput(variant.sku, 4)]) == ["qty_below_minimum"]
    order = make_order(items=[ItemInput(variant.sku, 2), ItemInput(variant.sku, 3)])
    assert order.lines.count() == 2


@pytest.mark.parametrize("price", ["-0.01", "1.999", "NaN", "a lot", "1e30"])
def test_an_invalid_price_is_refused(variant, price):
    assert failed_guards(items=[ItemInput(variant.sku, 1, price)]) == ["price_invalid"]


def test_a_customer_cannot_set_the_price(variant, customer, as_actor):
    items = [ItemInput(variant.sku, 1, Decimal("0.01"))]
    assert failed_guards(items=items, customer=customer, actor=as_actor(customer)) == ["price_invalid"]
    order = make_order(items=[ItemInput(variant.sku, 1)], customer=customer, actor=as_actor(customer))
    assert order.total == Decimal("199.00")


def test_the_shop_may_sell_a_piece_for_nothing(variant, as_actor):
    items = [ItemInput(variant.sku, 1, Decimal("0"))]
    order = make_order(items=items, actor=as_actor("sales"))
    assert (order.total, order.balance) == (Decimal("0"), Decimal("0"))


@pytest.mark.parametrize(
    ("quantity", "price"), [(1, "199.00"), (10, "150.00"), (49, "150.00"), (50, "120.00")]
)
def test_wholesale_customers_pay_the_tier_price_of_the_whole_quantity(variant, quantity, price):
    for least, tier in ((10, "150.00"), (50, "120.00")):
        TierPrice.objects.create(variant=variant, min_quantity=least, price=tier)
    dealer = CustomerFactory(tier="wholesale")
    half = quantity // 2
    counts = [half, quantity - half] if half else [quantity]
    order = make_order(customer=dealer, items=[ItemInput(variant.sku, count) for count in counts])
    assert set(order.lines.values_list("unit_price", flat=True)) == {Decimal(price)}


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"phone": ""},
        {"phone": "abc"},
        {"city": ""},
        {"street": "\x00"},
        {"street": "长" * 301},
    ],
)
def test_an_undeliverable_address_is_refused(change):
    assert failed_guards(address=make_address(**change)) == ["address_incomplete"]


def test_an_address_in_a_city_without_districts_is_complete():
    assert make_order(address=make_address(city="东莞市", district="")).district == ""


def test_an_unknown_source_is_refused():
    assert failed_guards(source="fax") == ["source_unknown"]


def test_an_order_beyond_the_stock_is_refused_with_the_quantity_left():
    one, two = VariantFactory(on_hand=1), VariantFactory(on_hand=5)
    with pytest.raises(InsufficientStock) as refusal:
        make_order(items=[ItemInput(two.sku, 2), ItemInput(one.sku, 2)])
    assert refusal.value.names == ["insufficient_stock"]
    assert refusal.value.extra["short"] == [{"sku": one.sku, "wanted": 2, "available": 1}]
    two.refresh_from_db()
    assert (two.reserved, Order.objects.count(), StockMovement.objects.filter(kind="reserved").count()) == (
        0,
        0,
        0,
    )


def test_two_lines_of_one_variant_are_counted_together():
    variant = VariantFactory(on_hand=3)
    with pytest.raises(InsufficientStock):
        make_order(items=[ItemInput(variant.sku, 2), ItemInput(variant.sku, 2)])


def test_an_order_on_account_is_accepted_within_the_credit_limit_and_refused_beyond(variant, as_actor):
    dealer = CustomerFactory(tier="wholesale", credit_limit=Decimal("500.00"))
    fields = {"customer": dealer, "on_credit": True, "actor": as_actor("sales")}
    order = make_order(items=[ItemInput(variant.sku, 2)], **fields)
    assert (order.status, order.version, order.payments.count()) == ("paid", 2, 0)
    assert (order.paid_amount, order.balance) == (0, Decimal("398.00"))
    with pytest.raises(GuardFailed) as refusal:
        make_order(items=[ItemInput(variant.sku, 1)], **fields)
    assert refusal.value.names == ["credit_exceeded"]
    assert Order.objects.count() == 1


def test_a_customer_cannot_place_an_order_on_account(customer, as_actor):
    with pytest.raises(NotAllowed):
        make_order(customer=customer, actor=as_actor(customer), on_credit=True)


def test_a_customer_cannot_order_for_somebody_else(customer, other_customer, as_actor):
    with pytest.raises(NotAllowed):
        make_order(customer=other_customer, actor=as_actor(customer))


def test_the_warehouse_cannot_place_orders(as_actor):
    with pytest.raises(NotAllowed) as refusal:
        make_order(actor=as_actor("warehouse"))
    assert refusal.value.extra["needed"] == ["customer", "manager", "sales", "system"]


def test_an_order_is_assigned_to_the_seller_who_placed_it(sales, as_actor):
    assert make_order(actor=as_actor(sales)).assigned_to == sales
    assert make_order().assigned_to is None


def test_the_conversation_is_opened_before_the_first_event(monkeypatch):
    seen = []
    monkeypatch.setattr(
        hooks, "order_created_hooks", [lambda order, actor: seen.append(("created", order.pk))]
    )
    monkeypatch.setattr(
        hooks, "order_event_hooks", [lambda order, row, actor: seen.append((row.type, order.pk))]
    )
    order = make_order()
    assert seen == [("created", order.pk), ("order.created", order.pk)]
