"""What a scan does, and what a board with many orders shows."""

from datetime import UTC, datetime

import pytest
import time_machine

from orders.errors import GuardFailed, IllegalTransition
from orders.models import MissingReport, Order, OrderLine, Status, WarehouseAlert
from orders.selectors import board as board_columns
from orders.selectors.board import warehouse_board
from orders.selectors.scanning import Kind, meaning_of_scan
from orders.services.orders import ItemInput
from orders.services.shortages import report_missing
from orders.services.transitions import transition_order
from orders.services.warehouse import pick_piece, tick_line
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval
from tests.factories import VariantFactory, make_order, make_orders, parcel

pytestmark = pytest.mark.django_db
BARCODE = "6901234567892"


def scan_pieces(actor, order: Order, *variants) -> OrderLine:
    return pick_piece(actor=actor, order_id=order.pk, variant_ids=[each.pk for each in variants])


def test_each_scan_counts_one_piece_up_to_the_ordered_quantity(as_actor) -> None:
    bag, packer = VariantFactory(), as_actor("warehouse")
    order = make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 2)])

    assert [scan_pieces(packer, order, bag).picked_quantity for _ in range(2)] == [1, 2]
    with pytest.raises(GuardFailed) as refusal:
        scan_pieces(packer, order, bag)
    assert refusal.value.names == ["picked_all"]


def test_a_barcode_shared_by_two_colours_counts_for_the_ordered_one(as_actor) -> None:
    black, red = VariantFactory(barcode=BARCODE), VariantFactory(barcode=BARCODE)
    order = make_order(status=Status.PICKING, items=[ItemInput(red.sku, 1)])

    meaning = meaning_of_scan(as_actor("warehouse"), BARCODE)

    assert (meaning.kind, set(meaning.variants)) == (Kind.GOODS, {black, red})
    assert scan_pieces(as_actor("warehouse"), order, *meaning.variants).sku == red.sku


def test_scans_of_other_goods_or_of_an_order_not_in_picking_count_nothing(as_actor) -> None:
    packer, other = as_actor("warehouse"), VariantFactory()
    for status, name in ((Status.PICKING, "not_in_order"), (Status.PAID, "not_picking")):
        with pytest.raises(GuardFailed) as refusal:
            scan_pieces(packer, make_order(status=status), other)
        assert refusal.value.names == [name]


def test_scans_count_at_most_the_reserved_pieces_of_a_line(as_actor) -> None:
    bag, packer = VariantFactory(), as_actor("warehouse")
    order = make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 3)])
    report_missing(actor=packer, line_id=order.lines.get().pk, missing=2)

    assert scan_pieces(packer, order, bag).picked_quantity == 1
    with pytest.raises(GuardFailed):
        scan_pieces(packer, order, bag)
    assert MissingReport.objects.get().pieces == 2


@pytest.mark.parametrize(
    ("text", "kind", "courier"),
    [
        (BARCODE, Kind.GOODS, ""),
        ("xz-bag-1", Kind.GOODS, ""),
        ("036000291452", Kind.GOODS, ""),
        ("6900000000007", Kind.STRANGE_GOODS, ""),
        ("sf1234567890123", Kind.WAYBILL, "shunfeng"),
        ("9812345678901", Kind.WAYBILL, "youzhengguonei"),
        ("300123456789", Kind.UNKNOWN, ""),
        ("", Kind.UNKNOWN, ""),
    ],
)
def test_product_codes_are_told_from_waybills(as_actor, text: str, kind: Kind, courier: str) -> None:
    VariantFactory(barcode=BARCODE)
    VariantFactory(sku="XZ-BAG-1")
    # An American barcode: kept with the zero in front, printed without.
    VariantFactory(barcode="0036000291452")

    meaning = meaning_of_scan(as_actor("warehouse"), text)

    assert (meaning.kind, meaning.courier) == (kind, courier)


def test_a_known_barcode_is_goods_even_if_it_looks_like_a_waybill(as_actor) -> None:
    VariantFactory(barcode="9812345678901")

    assert meaning_of_scan(as_actor("warehouse"), "9812345678901").kind == Kind.GOODS


@pytest.mark.parametrize("field", ["barcode", "sku"])
def test_a_product_code_is_refused_as_a_tracking_number(as_actor, field: str) -> None:
    bag = VariantFactory(barcode=BARCODE)
    order = make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 1)])

    with pytest.raises(GuardFailed) as refusal:
        transition_order(
            actor=as_actor("warehouse"),
            order_id=order.pk,
            to=Status.SHIPPED,
            data=parcel(tracking_number=getattr(bag, field)),
        )

    assert refusal.value.names == ["tracking_is_goods"]
    assert not order.shipments.exists()


def test_without_scripts_pieces_are_counted_by_a_form_and_never_by_a_link(log_in, warehouse) -> None:
    bag, packer = VariantFactory(barcode=BARCODE), log_in(warehouse)
    order = make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 2)])
    asked = {"q": BARCODE, "order": order.number}

    assert "先打开" in packer.get("/warehouse/scan/", asked, follow=True).text
    assert order.lines.get().picked_quantity == 0
    assert "1 / 2 件" in packer.post("/warehouse/scan/", asked, follow=True).text
    assert order.lines.get().picked_quantity == 1


def test_an_unrecognised_waybill_ships_with_a_courier_chosen_by_hand(log_in, warehouse) -> None:
    order = make_order(status=Status.PICKING)
    tick_line(actor=Actor.staff(warehouse), line_id=order.lines.get().pk, picked=2)
    url = f"/warehouse/orders/{order.number}/ship/"
    sent = {"version": Order.objects.get(pk=order.pk).version, "tracking_number": "300123456789"}

    assert log_in(warehouse).post(url, sent, headers={"x-fragment": "1"}).status_code == 422
    assert log_in(warehouse).post(url, sent | {"carrier": "annengwuliu"}).status_code == 302
    assert order.shipments.get().carrier == "annengwuliu"


def board_columns_of(actor, **pages: int) -> dict[str, tuple[int, list[str]]]:
    found = warehouse_board(actor, pages).columns
    numbers = dict(Order.objects.values_list("pk", "number"))
    return {column.key: (column.count, [numbers[each.key] for each in column.entries]) for column in found}


def test_a_full_board_column_hides_no_orders_of_other_columns(as_actor, monkeypatch) -> None:
    monkeypatch.setattr(board_columns, "COLUMN_PAGE", 2)
    packer = as_actor("warehouse")
    orders = make_orders(5, status=Status.PICKING)
    last = orders.pop()
    tick_line(actor=packer, line_id=last.lines.get().pk, picked=1)

    assert board_columns_of(packer)["packed"] == (1, [last.number])
    assert board_columns_of(packer)["picking"] == (4, [order.number for order in orders[:2]])
    assert board_columns_of(packer, picking=2)["picking"] == (4, [order.number for order in orders[2:]])
    # A page that is there no more is the last one.
    assert board_columns_of(packer, picking=9)["picking"] == board_columns_of(packer, picking=2)["picking"]


def test_a_short_order_is_packed_with_its_available_pieces_but_not_with_none(as_actor) -> None:
    packer, bag = as_actor("warehouse"), VariantFactory()
    order = make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 3)])
    line = order.lines.get()
    report_missing(actor=packer, line_id=line.pk, missing=1)
    assert board_columns_of(packer)["packed"] == (0, [])

    tick_line(actor=packer, line_id=line.pk, picked=2)
    assert board_columns_of(packer)["packed"] == (1, [order.number])

    gone = make_order(status=Status.PICKING, items=[ItemInput(VariantFactory().sku, 1)])
    report_missing(actor=packer, line_id=gone.lines.get().pk, missing=1)
    assert board_columns_of(packer)["picking"] == (1, [gone.number])


def test_urgent_changes_are_listed_first_and_newest_first_among_them(as_actor) -> None:
    calm, late, hasty, hastier = (
        make_order(status=Status.PICKING, urgent=urgent) for urgent in (False, False, True, True)
    )
    alerts = {
        WarehouseAlert.objects.create(order=order, kind="note", order_version=order.version).pk: order
        for order in (calm, late, hasty, hastier)
    }

    notices = warehouse_board(as_actor("warehouse")).notices

    assert [alerts[each.key] for each in notices.entries] == [hastier, hasty, calm, late]
    assert (notices.count, notices.urgent) == (4, 2)


def day_figures_of(actor):
    found = warehouse_board(actor).figures
    return found.came_in, found.left, found.to_leave, found.is_over


def test_the_days_figures_count_new_shipped_and_still_due_orders(as_actor) -> None:
    packer = as_actor("warehouse")
    # A Monday, in the shop's zone: 10:00, 17:59 and 18:01.
    with time_machine.travel(datetime(2026, 11, 30, 2, tzinfo=UTC), tick=False):
        make_order(status=Status.SHIPPED)
        make_order(status=Status.DELIVERED)
        make_order(status=Status.PAID)
        waits = make_order(status=Status.PAID)
        Order.objects.filter(pk=waits.pk).update(deliver_on="2026-12-02")
        assert day_figures_of(packer) == (4, 2, 1, False)
    with time_machine.travel(datetime(2026, 11, 30, 10, 1, tzinfo=UTC), tick=False):
        make_order(status=Status.PAID)
        assert day_figures_of(packer) == (5, 2, 1, True)
    with time_machine.travel(datetime(2026, 11, 30, 16, 1, tzinfo=UTC), tick=False):
        assert day_figures_of(packer)[:2] == (0, 0)


def test_days_off_and_shops_without_a_cut_off_time_show_none(as_actor) -> None:
    WorkingInterval.objects.exclude(weekday=WorkingInterval.Weekday.MONDAY).delete()
    with time_machine.travel(datetime(2026, 12, 1, 2, tzinfo=UTC), tick=False):
        assert warehouse_board(as_actor("warehouse")).figures.cutoff is None
    with time_machine.travel(datetime(2026, 11, 30, 2, tzinfo=UTC), tick=False):
        assert warehouse_board(as_actor("warehouse")).figures.cutoff == datetime(2026, 11, 30, 10, tzinfo=UTC)
        ShopSettings.objects.update_or_create(pk=1, defaults={"dispatch_by": None})
        assert warehouse_board(as_actor("warehouse")).figures.cutoff is None


def test_a_second_picker_is_told_who_is_picking_and_a_repeat_by_the_first_is_ignored(as_actor) -> None:
    first, second = as_actor("warehouse"), as_actor("manager")
    order = make_order(status=Status.PAID)
    with time_machine.travel(datetime(2026, 11, 30, 7, 6, tzinfo=UTC), tick=False):
        transition_order(actor=first, order_id=order.pk, to=Status.PICKING)
        version = Order.objects.get(pk=order.pk).version
        assert transition_order(actor=first, order_id=order.pk, to=Status.PICKING).version == version

        with pytest.raises(IllegalTransition) as refusal:
            transition_order(actor=second, order_id=order.pk, to=Status.PICKING)

    assert refusal.value.detail == f"{first.name} 在 15:06 已经开始配这个订单"
    assert refusal.value.extra["from"] == refusal.value.extra["to"] == Status.PICKING


def test_the_second_person_making_a_transition_is_told_who_made_it(as_actor) -> None:
    order = make_order(status=Status.DELIVERED)

    with pytest.raises(IllegalTransition, match=r"测试接口 在 .* 已经把这个订单改为“已签收”"):
        transition_order(actor=as_actor("warehouse"), order_id=order.pk, to=Status.DELIVERED)
