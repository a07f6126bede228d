"""Pieces that are promised, set free, sent and put back, as the services of orders ask for it in their transactions."""

import pytest
from django.db import transaction

from orders.errors import InsufficientStock
from orders.models import StockMovement
from orders.selectors.items import ItemInput
from orders.services import stock
from shopcomm.core.accounts.actors import Actor
from tests.factories import make_order

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system()


def test_lines_with_zero_quantities_move_no_stock(variant):
    order = make_order(items=[ItemInput(variant.sku, 3)])
    line, moves = order.lines.get(), StockMovement.objects.count()
    stock.reserve_pieces(actor=SYSTEM, order=order, wanted=[(line, 0)])
    stock.restock_inspected_pieces(
        actor=SYSTEM, order=order, good={line: 0}, damaged={line: 0}, reason="退货"
    )
    stock.release_pieces(actor=SYSTEM, order=order, pieces=[(line, 0)])

    assert StockMovement.objects.count() == moves


def test_returned_goods_of_a_deleted_variant_are_not_restocked(variant):
    order = make_order(items=[ItemInput(variant.sku, 3)])
    line, moves = order.lines.get(), StockMovement.objects.count()
    line.variant_id = None
    stock.restock_inspected_pieces(
        actor=SYSTEM, order=order, good={line: 2}, damaged={line: 1}, reason="退货"
    )

    assert StockMovement.objects.count() == moves


def test_restocking_needs_a_positive_quantity_and_an_existing_variant(variant):
    order = make_order(items=[ItemInput(variant.sku, 3)])
    line, moves = order.lines.get(), StockMovement.objects.count()
    stock.restock_pieces(actor=SYSTEM, order=order, pieces={line: 0}, hold=True)
    line.variant_id = None
    stock.restock_pieces(actor=SYSTEM, order=order, pieces={line: 2}, hold=True)

    assert StockMovement.objects.count() == moves


def test_unreserved_pieces_ship_only_as_far_as_free_stock_allows(variant):
    order = make_order(items=[ItemInput(variant.sku, 3)])
    line = order.lines.get()
    with transaction.atomic():
        stock.release_pieces(actor=SYSTEM, order=order)
    make_order(items=[ItemInput(variant.sku, 90)])
    with transaction.atomic():
        stock.deduct_pieces(actor=SYSTEM, order=order, pieces={line: 4})
    variant.refresh_from_db()
    with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
        stock.deduct_pieces(actor=SYSTEM, order=order, pieces={line: 7})

    assert (variant.on_hand, variant.reserved) == (96, 90)
    assert refusal.value.extra["short"] == [{"sku": variant.sku, "wanted": 7, "available": 6}]
