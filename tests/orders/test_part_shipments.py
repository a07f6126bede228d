"""Orders that have left in part, or lie beside others of the same goods: each keeps what is its own, and no more."""

from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from orders.errors import GuardFailed, InsufficientStock
from orders.models import Order, OrderLine, Product, Status, StockMovement, StockReservation, Variant
from orders.selectors.items import ItemInput
from orders.selectors.warehouse import pick_list
from orders.services.editing import edit_order
from orders.services.shortages import choose_option, report_missing
from orders.services.stock import set_stock
from orders.services.warehouse import acknowledge_alert
from shopcomm.core.accounts.actors import Actor
from tests.factories import ProductFactory, VariantFactory, integration, make_order, move

pytestmark = pytest.mark.django_db

SHOP, SYSTEM = integration(), Actor.system()


@pytest.fixture
def boss(manager) -> Actor:
    return Actor.staff(manager)


def edit(order: Order, actor: Actor, *rows: tuple, **changes) -> Order:
    items = [dict(zip(("sku", "quantity", "unit_price"), row, strict=False)) for row in rows]
    wanted = changes | ({"items": items} if items else {})
    return edit_order(actor=actor, order_id=order.pk, version=None, changes=wanted, agreed=True)


def stock_of(variant: Variant) -> tuple[int, int]:
    """What lies there and what is promised, as the books, the reservations and the movements say alike."""
    variant.refresh_from_db()
    moved = variant.movements.aggregate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"))
    held = variant.reservations.aggregate(sum=Sum("quantity"))["sum"] or 0
    assert (moved["on_hand"], moved["reserved"], held) == (
        variant.on_hand,
        variant.reserved,
        variant.reserved,
    )
    return variant.on_hand, variant.reserved


@pytest.fixture
def bag() -> Variant:
    return VariantFactory(sku="BAG-1", on_hand=12)


@pytest.fixture
def part_out(bag) -> Order:
    """Ten ordered, six have left."""
    order = make_order(status="picking", items=[ItemInput(bag.sku, 10)])
    return move(order, "shipped", lines=[{"sku": bag.sku, "quantity": 6}])


@pytest.mark.parametrize("change", ["price", "note"])
def test_editing_a_part_shipped_order_does_not_reserve_stock_twice(part_out, bag, boss, change):
    assert stock_of(bag) == (6, 4)
    if change == "price":
        edit(part_out, boss, (bag.sku, 10, "150.00"))
    else:
        edit(part_out, boss, note="周末送")
    assert stock_of(bag) == (6, 4)


def test_an_edit_that_fails_for_lack_of_stock_leaves_all_reservations_unchanged(part_out, bag, boss):
    with pytest.raises(InsufficientStock):
        edit(part_out, boss, (bag.sku, 13))
    assert stock_of(bag) == (6, 4)
    part_out.refresh_from_db()
    assert part_out.lines.get().quantity == 10


def test_the_unshipped_rest_is_released_when_the_customer_no_longer_wants_it(part_out, bag, boss):
    edit(part_out, boss, (bag.sku, 6))
    assert stock_of(bag) == (6, 0)


def test_the_unshipped_rest_of_a_refunded_order_is_released(part_out, bag):
    move(part_out, "refunding")
    move(part_out, "refunded")
    assert stock_of(bag) == (6, 0)
    part_out.refresh_from_db()
    assert part_out.status == Status.REFUNDED


def test_shipped_quantities_cannot_be_edited_away(part_out, bag, boss):
    with pytest.raises(GuardFailed) as refused:
        edit(part_out, boss, (bag.sku, 5))
    assert refused.value.names == ["qty_below_shipped"]
    assert stock_of(bag) == (6, 4)


def test_two_orders_for_the_last_two_pieces_both_ship():
    last = VariantFactory(sku="LAST", on_hand=2)
    orders = [make_order(status="picking", items=[ItemInput(last.sku, 1)]) for _ in range(2)]
    for order in orders:
        assert move(order, "shipped").status == Status.SHIPPED
    assert stock_of(last) == (0, 0)


def test_with_one_sound_piece_left_the_first_of_two_orders_ships_and_the_second_is_short():
    last = VariantFactory(sku="LAST", on_hand=2)
    first, second = (make_order(status="picking", items=[ItemInput(last.sku, 1)]) for _ in range(2))
    set_stock(actor=SYSTEM, sku=last.sku, delta=-1, reason="破损")
    with pytest.raises(GuardFailed) as refused:
        move(second, "shipped")
    assert "shortage" in refused.value.names
    assert move(first, "shipped").status == Status.SHIPPED
    assert stock_of(last) == (0, 0)


@pytest.mark.parametrize("restock", [True, False])
def test_a_refund_after_delivery_does_not_touch_reservations_of_others(bag, restock):
    delivered = make_order(status="delivered", items=[ItemInput(bag.sku, 4)])
    make_order(status="paid", items=[ItemInput(bag.sku, 3)])
    move(delivered, "refunding")
    move(delivered, "refunded", restock=restock)
    assert stock_of(bag) == (12 if restock else 8, 3)


# --- what is no longer sold ----------------------------------------------------------------------
@pytest.fixture
def discontinued(bag) -> Order:
    """Five of a bag that is no longer sold since, and one of another."""
    other = VariantFactory(sku="BAG-2", on_hand=10)
    order = make_order(status="paid", items=[ItemInput(bag.sku, 5), ItemInput(other.sku, 1)])
    Variant.objects.filter(pk=bag.pk).update(is_active=False)
    return order


def test_a_discontinued_line_is_kept_while_another_line_is_edited(discontinued, bag, boss):
    edit(discontinued, boss, (bag.sku, 5), ("BAG-2", 3))
    assert list(discontinued.lines.values_list("sku", "quantity")) == [(bag.sku, 5), ("BAG-2", 3)]


def test_the_quantity_of_a_discontinued_line_may_shrink_but_not_grow(discontinued, bag, boss):
    edit(discontinued, boss, (bag.sku, 2), ("BAG-2", 1))
    assert stock_of(bag) == (12, 2)
    with pytest.raises(GuardFailed) as refused:
        edit(discontinued, boss, (bag.sku, 3), ("BAG-2", 1))
    assert refused.value.names == ["sku_discontinued"]


def test_a_discontinued_variant_cannot_be_added_to_an_order(discontinued, bag, boss):
    order = make_order(status="paid", items=[ItemInput("BAG-2", 1)])
    with pytest.raises(GuardFailed) as refused:
        edit(order, boss, (bag.sku, 1), ("BAG-2", 1))
    assert refused.value.names == ["sku_unknown"]


def test_missing_pieces_of_a_discontinued_variant_can_be_dropped(discontinued, bag, boss):
    report_missing(actor=SHOP, line_id=discontinued.lines.get(sku=bag.sku).pk, missing=2)
    task = discontinued.shortages.get()
    choose_option(actor=boss, task_id=task.pk, key="refund", consent="缺的不要了")
    discontinued.refresh_from_db()
    assert (discontinued.total, discontinued.shortage) == (Decimal(4 * 199), False)


# --- more than one page --------------------------------------------------------------------------
MANY = 1114


@pytest.fixture
def wide(db) -> Order:
    """An order of more lines than any page or batch, paid."""
    product: Product = ProductFactory()
    rows = [
        Variant(
            product=product, sku=f"W{n:04}", color="黑", size="20", price=Decimal(10), on_hand=3, threshold=0
        )
        for n in range(MANY)
    ]
    Variant.objects.bulk_create(rows)
    StockMovement.objects.bulk_create(
        StockMovement(variant=row, kind="counted", on_hand_delta=3, actor_name="期初") for row in rows
    )
    return make_order(status="paid", items=[ItemInput(row.sku, 2) for row in rows])


def test_a_very_long_order_can_be_reserved_picked_printed_shipped_and_returned(wide, log_in, warehouse):
    lines = OrderLine.objects.filter(order=wide)
    assert StockReservation.objects.filter(line__order=wide, quantity=2).count() == MANY
    move(wide, "picking")
    assert len(pick_list(wide)) == MANY
    slip = log_in(warehouse).get(reverse("warehouse:slip", args=[wide.number])).content.decode()
    assert all(f"W{n:04}" in slip for n in range(MANY))

    move(wide, "shipped")
    assert wide.shipments.get().lines.count() == lines.filter(shipped_quantity=2).count() == MANY
    assert Variant.objects.filter(sku__startswith="W", on_hand=1, reserved=0).count() == MANY

    move(wide, "picking")
    assert lines.filter(shipped_quantity=0, reservation__quantity=2).count() == MANY
    assert Variant.objects.filter(sku__startswith="W", on_hand=3, reserved=2).count() == MANY


def test_an_alert_about_a_change_must_be_seen_before_the_rest_ships(part_out, bag, boss):
    edit(part_out, boss, (bag.sku, 8))
    for alert in part_out.alerts.filter(acknowledged_at=None):
        acknowledge_alert(actor=SHOP, alert_id=alert.pk)
    move(part_out, "shipped")
    assert stock_of(bag) == (4, 0)
