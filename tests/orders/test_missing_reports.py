"""报缺: a picker says what could not be found. It concerns those pieces alone, and can be taken back."""

import pytest

from orders.errors import GuardFailed, NotAllowed
from orders.models import MissingReport, Order, ShortageTask, Status, Variant
from orders.selectors.items import ItemInput
from orders.selectors.shortages import missing_pieces, standing_reports
from orders.services.shortages import choose_option, report_missing, undo_missing
from orders.services.stock import set_stock
from orders.tasks.sweeps import sweep_shortages
from shopcomm.core.accounts.actors import Actor
from tests.factories import VariantFactory, make_order, move

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


@pytest.fixture
def picker(warehouse) -> Actor:
    return Actor.staff(warehouse)


@pytest.fixture
def bag() -> Variant:
    return VariantFactory(sku="BAG-1", on_hand=2905)


@pytest.fixture
def order(bag) -> Order:
    return make_order(status=Status.PICKING, items=[ItemInput(bag.sku, 5)])


@pytest.fixture
def report(order, picker) -> MissingReport:
    """Two of five are not there."""
    report_missing(actor=picker, line_id=order.lines.get().pk, missing=2)
    return MissingReport.objects.get()


def stock_of(variant: Variant) -> tuple[int, int]:
    variant.refresh_from_db()
    return variant.on_hand, variant.reserved


def test_reporting_two_missing_pieces_reduces_the_stock_by_exactly_two(report, bag, order):
    assert stock_of(bag) == (2903, 3)
    assert (report.pieces, report.reported_by, report.variant) == (2, "李强", bag)
    make_order(items=[ItemInput(bag.sku, 2000)])
    assert stock_of(bag) == (2903, 2003)


def test_a_shortage_is_not_filled_from_doubted_stock_before_a_count(report, bag, order):
    assert sweep_shortages() == 0
    assert missing_pieces(order) == {order.lines.get().pk: 2}
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=2903, reason="盘点")
    bag.refresh_from_db()
    assert bag.fillable == 2900
    sweep_shortages()
    assert (missing_pieces(order), stock_of(bag)) == ({}, (2903, 5))


def test_received_pieces_fill_a_shortage_at_once(report, bag, order):
    set_stock(actor=SYSTEM, sku=bag.sku, delta=1, reason="到货")
    sweep_shortages()
    assert missing_pieces(order) == {order.lines.get().pk: 1}


def test_undoing_a_missing_report_restores_stock_and_reservation(report, bag, order, picker):
    undo_missing(actor=picker, report_id=report.pk)
    order.refresh_from_db()
    assert (stock_of(bag), missing_pieces(order), order.shortage) == ((2905, 5), {}, False)
    assert ShortageTask.objects.get().state == ShortageTask.State.VOID
    report.refresh_from_db()
    assert (report.undone_by, report.undone_at is not None) == ("李强", True)
    row = bag.movements.filter(kind="found").get()
    assert (row.on_hand_delta, row.order, row.reason) == (2, order, "缺货的找到了")
    assert move(order, "shipped").status == Status.SHIPPED


def test_undoing_a_missing_report_twice_has_the_effect_of_once(report, bag, picker):
    for _ in range(2):
        undo_missing(actor=picker, report_id=report.pk)
    assert stock_of(bag) == (2905, 5)


def test_pieces_already_found_by_a_count_are_not_restored_again(report, bag, order, picker):
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=2905, reason="盘点")
    assert standing_reports(order) == []
    with pytest.raises(GuardFailed) as refused:
        undo_missing(actor=picker, report_id=report.pk)
    assert (refused.value.names, stock_of(bag)[0]) == (["counted_since"], 2905)


def test_pieces_not_found_by_a_count_can_still_be_restored(report, bag, order, picker):
    set_stock(actor=SYSTEM, sku=bag.sku, on_hand=2900, reason="盘点")
    assert standing_reports(order) == [report]
    undo_missing(actor=picker, report_id=report.pk)
    assert stock_of(bag)[0] == 2902


def test_pieces_found_after_the_customer_chose_a_refund_become_free_stock(report, bag, order, picker, sales):
    task = ShortageTask.objects.get()
    choose_option(actor=Actor.staff(sales), task_id=task.pk, key="refund", consent="不要了")
    undo_missing(actor=picker, report_id=report.pk)
    assert stock_of(bag) == (2905, 3)


def test_missing_pieces_of_a_closed_order_can_be_restored(report, bag, order, picker):
    move(order, "refunding")
    move(order, "refunded")
    undo_missing(actor=picker, report_id=report.pk)
    assert stock_of(bag) == (2905, 0)


def test_only_the_warehouse_can_undo_a_missing_report(report, sales):
    with pytest.raises(NotAllowed):
        undo_missing(actor=Actor.staff(sales), report_id=report.pk)


def test_a_missing_report_based_on_an_outdated_quantity_is_refused(order, bag, picker):
    line = order.lines.get()
    with pytest.raises(GuardFailed) as refused:
        report_missing(actor=picker, line_id=line.pk, missing=2, seen=4)
    assert refused.value.names == ["shortage_changed"]
    assert stock_of(bag) == (2905, 5)


def test_a_missing_report_for_a_removed_line_is_refused(order, picker, monkeypatch):
    monkeypatch.setattr("orders.services.locks.lock_lines", lambda order: [])
    with pytest.raises(GuardFailed) as refused:
        report_missing(actor=picker, line_id=order.lines.get().pk, missing=1)
    assert refused.value.names == ["line_gone"]
