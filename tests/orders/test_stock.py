import pytest
from django.db.models import Sum

from orders import hooks
from orders.errors import GuardFailed, NotAllowed
from orders.models import StockMovement, Variant
from orders.selectors.items import ItemInput
from orders.services import feeds, stock
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import SHOP
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.realtime import ORDERS_FEED, WAREHOUSE_FEED
from tests.factories import VariantFactory, make_order, move

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


def stock_events() -> list[tuple[str, int]]:
    rows = DomainEvent.objects.filter(type__in=["stock.low", "stock.replenished"]).order_by("id")
    return [(row.type, row.data["available"]) for row in rows]


def test_stock_always_equals_the_sum_of_its_movements(variant):
    order = make_order(items=[ItemInput(variant.sku, 3)])
    for step in ("paid", "picking", "shipped", "refunding"):
        move(order, step)
        check_sums(variant)
    move(order, "refunded", restock=True)
    check_sums(variant)
    kinds = list(StockMovement.objects.order_by("id").values_list("kind", "on_hand_delta", "reserved_delta"))
    assert kinds == [
        ("counted", 100, 0),
        ("reserved", 0, 3),
        ("shipped", -3, -3),
        ("returned", 3, 0),
    ]


def check_sums(variant: Variant) -> None:
    variant.refresh_from_db()
    sums = variant.movements.aggregate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"))
    assert sums == {"on_hand": variant.on_hand, "reserved": variant.reserved}


def test_a_stock_movement_records_whether_it_was_a_count_a_receipt_or_a_write_off(variant):
    set_stock(actor=SYSTEM, sku=variant.sku, delta=5, reason="到货")
    set_stock(actor=SYSTEM, sku=variant.sku, delta=-2, reason="破损")
    set_stock(actor=SYSTEM, sku=variant.sku, on_hand=50, reason="年终盘点")
    rows = variant.movements.order_by("id").values_list("kind", "on_hand_delta", "reason")[1:]
    assert list(rows) == [("received", 5, "到货"), ("written_off", -2, "破损"), ("counted", -53, "年终盘点")]


def test_counting_the_current_stock_writes_no_movement(variant):
    set_stock(actor=SYSTEM, sku=variant.sku, on_hand=100)
    assert variant.movements.count() == 1


@pytest.mark.parametrize("change", [{"delta": -101}, {"on_hand": -1}])
def test_stock_cannot_become_negative(order, variant, change):
    with pytest.raises(GuardFailed) as refusal:
        set_stock(actor=SYSTEM, sku=variant.sku, **change)
    assert refusal.value.names == ["stock_invalid"]
    variant.refresh_from_db()
    assert (variant.on_hand, variant.reserved) == (100, 2)


@pytest.mark.parametrize("change", [{}, {"on_hand": 1, "delta": 1}, {"on_hand": 10**12}])
def test_an_invalid_stock_change_is_refused(variant, change):
    with pytest.raises(GuardFailed) as refusal:
        set_stock(actor=SYSTEM, sku=variant.sku, **change)
    assert refusal.value.names == ["stock_invalid"]


@pytest.mark.parametrize("role", ["sales", "warehouse"])
def test_only_managers_can_set_stock(variant, role, as_actor):
    with pytest.raises(NotAllowed):
        set_stock(actor=as_actor(role), sku=variant.sku, on_hand=1)
    assert set_stock(actor=as_actor("manager"), sku=variant.sku, on_hand=99).on_hand == 99


def test_setting_the_stock_of_an_unknown_sku_is_refused(db):
    with pytest.raises(Variant.DoesNotExist):
        set_stock(actor=SYSTEM, sku="NOPE", on_hand=1)


def test_low_stock_is_reported_once_and_again_only_after_a_refill():
    variant = VariantFactory(on_hand=12, threshold=10)
    first = make_order(items=[ItemInput(variant.sku, 2)])
    assert stock_events() == []
    second = make_order(items=[ItemInput(variant.sku, 1)])
    assert stock_events() == [("stock.low", 9)]
    make_order(items=[ItemInput(variant.sku, 1)])
    # Two pieces come back, one of them over the threshold: still not news.
    move(first, "cancelled")
    move(second, "cancelled")
    assert stock_events() == [("stock.low", 9)]
    set_stock(actor=SYSTEM, sku=variant.sku, delta=1)
    assert stock_events() == [("stock.low", 9), ("stock.replenished", 12)]


def test_low_stock_is_measured_by_free_pieces_and_not_by_stock_on_hand():
    variant = VariantFactory(on_hand=20, threshold=10)
    make_order(items=[ItemInput(variant.sku, 15)])
    variant.refresh_from_db()
    assert (variant.on_hand, stock_events()) == (20, [("stock.low", 5)])
    assert variant.low_since is not None


def test_a_variant_without_a_threshold_uses_the_shops_threshold():
    variant = VariantFactory(on_hand=10, threshold=None)
    make_order(items=[ItemInput(variant.sku, 1)])
    event = DomainEvent.objects.get(type="stock.low")
    assert (event.data["threshold"], event.order_id) == (10, None)


@pytest.mark.parametrize(("moved", "outcome"), [(4, "counted"), (5, "stock_busy")])
def test_a_count_is_retried_four_times_while_reservations_change(variant, monkeypatch, moved, outcome):
    tries = []

    def count(*_given):
        tries.append(1)
        if len(tries) <= moved:
            raise stock.PromisesMoved
        return {variant.pk: stock.Counted(variant)}

    monkeypatch.setattr(stock, "_count_all", count)
    try:
        set_stock(actor=SYSTEM, sku=variant.sku, on_hand=1)
        told = "counted"
    except GuardFailed as refusal:
        [told] = refusal.names

    assert (told, len(tries)) == (outcome, 5)


@pytest.mark.parametrize(("delta", "kind"), [(1, "received"), (-1, "written_off")])
def test_a_positive_delta_is_a_receipt_and_a_negative_one_a_write_off(variant, delta, kind):
    set_stock(actor=SYSTEM, sku=variant.sku, delta=delta)

    assert StockMovement.objects.latest("id").kind == kind


def test_sales_and_warehouse_are_both_told_of_low_stock(monkeypatch):
    told = []
    monkeypatch.setattr(
        feeds, "push_on_commit", lambda group, bodies: told.append((group, bodies[SHOP]["event"]))
    )
    make_order(items=[ItemInput(VariantFactory(sku="RARE", on_hand=10, threshold=10).sku, 1)])

    assert [group for group, event in told if event["type"] == "stock.low"] == [ORDERS_FEED, WAREHOUSE_FEED]


@pytest.mark.parametrize(("there", "fits"), [(100_000_000, True), (100_000_001, False)])
def test_stock_is_limited_to_a_hundred_million_pieces(variant, there, fits):
    try:
        counted = set_stock(actor=SYSTEM, sku=variant.sku, on_hand=there).on_hand
    except GuardFailed:
        counted = None

    assert (counted == there) == fits


def test_a_long_reason_is_cut_to_the_column_width(variant):
    set_stock(actor=SYSTEM, sku=variant.sku, on_hand=1, reason="盘" * 300)

    assert variant.movements.latest("id").reason == "盘" * 200


def test_a_count_passes_the_orders_it_locked_to_the_orders_locked_hooks(order, variant, monkeypatch):
    heard = []
    monkeypatch.setattr(hooks, "orders_locked_hooks", [*hooks.orders_locked_hooks, heard.append])
    set_stock(actor=SYSTEM, sku=variant.sku, on_hand=1)

    assert heard == [[order.pk]]
