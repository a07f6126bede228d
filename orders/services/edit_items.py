"""Replacing the lines of an order, with their stock reservations."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import Order, OrderLine, StockReservation
from orders.selectors.goods import items_as_logged
from orders.selectors.items import (
    ItemInput,
    PricedItem,
    check_items,
    goods_total,
    new_line,
    price_items,
    variants_by_sku,
    with_stored_skus,
)
from orders.services import stock
from orders.services.edits import Edit
from orders.services.locks import lock_lines, lock_variants
from orders.services.rights import require_right


def change_items(edit: Edit) -> None:
    """Replace the lines: the list is the whole order. Raises GuardFailed, InsufficientStock."""
    order = edit.order
    if not edit.agreed:
        require_right(edit.actor, "orders.edit")
    items = with_stored_skus(_item(row) for row in edit.wanted["items"] or [])
    lines = lock_lines(order)
    kept = {line.sku: line.unit_price for line in lines}
    agreed: Counter[str] = Counter()
    for line in lines:
        agreed[line.sku] += line.quantity
    variants = variants_by_sku(items, kept=agreed)
    if failures := check_items(items, variants, edit.actor, offered=edit.offered, agreed=agreed):
        raise GuardFailed(*failures)
    # A line keeps its agreed price unless another one is given.
    items = [
        ItemInput(i.sku, i.quantity, kept.get(i.sku) if i.unit_price is None else i.unit_price) for i in items
    ]
    priced = price_items(items, variants, order.customer)
    before = items_as_logged(lines)
    after_lines = _replace(edit, lines, priced)
    after = items_as_logged(after_lines)
    if after != before:
        edit.before["items"], edit.after["items"] = before, after
        order.goods_total = goods_total(priced)


def lock_goods(order: Order, rows: Iterable[Any]) -> None:
    """The stock of all that a locked order has and of all that it is to have, in one round."""
    wanted = variants_by_sku(with_stored_skus(_item(row) for row in rows))
    held = {line.variant_id for line in lock_lines(order) if line.variant_id}
    lock_variants(held | {variant.pk for variant in wanted.values()})


def _item(row: Any) -> ItemInput:
    if isinstance(row, ItemInput):
        return row
    if not isinstance(row, dict) or "sku" not in row:
        raise GuardFailed(("lines_required", _("请至少选择一件商品")))
    return ItemInput(str(row["sku"]), row.get("quantity", 0), row.get("unit_price"))


def _replace(edit: Edit, lines: list[OrderLine], priced: list[PricedItem]) -> list[OrderLine]:
    """Match old lines by SKU, add and drop the rest, and move the stock by the differences."""
    free = list(lines)
    pairs: list[tuple[OrderLine | None, PricedItem]] = []
    for row in priced:
        old = next((line for line in free if line.variant_id == row.variant.pk), None)
        if old is not None:
            free.remove(old)
        pairs.append((old, row))
    _check_shipped(free, pairs)
    # All at once, in key order: releasing and reserving below would otherwise lock in two rounds.
    lock_variants(
        {line.variant_id for line in lines if line.variant_id} | {row.variant.pk for _old, row in pairs}
    )
    less = [(old, _no_longer_held(old, row)) for old, row in pairs if old and row.quantity < old.quantity]
    stock.release_pieces(
        actor=edit.actor, order=edit.order, pieces=[*less, *((line, line.quantity) for line in free)]
    )
    _drop(free)
    more: list[tuple[OrderLine, int]] = []
    result = [_write(edit, old, row, more) for old, row in pairs]
    stock.reserve_pieces(actor=edit.actor, order=edit.order, wanted=more)
    return result


def _drop(lines: list[OrderLine]) -> None:
    """Take lines out; what was in a parcel or a case once stays for the record, cancelled."""
    told = Q(shipments__isnull=False) | Q(after_sales__isnull=False)
    kept = set(
        OrderLine.objects.filter(told, pk__in=[line.pk for line in lines]).values_list("pk", flat=True)
    )
    OrderLine.objects.filter(pk__in=[line.pk for line in lines if line.pk not in kept]).delete()
    OrderLine.objects.filter(pk__in=kept).update(cancelled_quantity=F("quantity"), picked_quantity=0)


def _no_longer_held(old: OrderLine, row: PricedItem) -> int:
    """Pieces to give back: those that were missing anyway go first."""
    held = StockReservation.objects.filter(line=old).values_list("quantity", flat=True).first() or 0
    return held - (row.quantity - old.cancelled_quantity - old.shipped_quantity)


def _write(
    edit: Edit, old: OrderLine | None, row: PricedItem, more: list[tuple[OrderLine, int]]
) -> OrderLine:
    if old is None:
        line = new_line(edit.order, row)
        line.save(force_insert=True)
        more.append((line, row.quantity))
        return line
    more.append((old, row.quantity - old.quantity))
    old.quantity, old.unit_price = row.quantity, row.unit_price
    old.picked_quantity = min(old.picked_quantity, old.quantity)
    old.save(update_fields=["quantity", "unit_price", "picked_quantity"])
    return old


def _check_shipped(dropped: list[OrderLine], pairs: list[tuple[OrderLine | None, PricedItem]]) -> None:
    """What has left cannot be edited away."""
    gone = [line.sku for line in dropped if line.shipped_quantity]
    gone += [
        old.sku for old, row in pairs if old and row.quantity < old.shipped_quantity + old.cancelled_quantity
    ]
    if gone:
        raise GuardFailed(
            ("qty_below_shipped", _("已发货的商品不能减少：%(skus)s") % {"skus": _("、").join(gone)})
        )
