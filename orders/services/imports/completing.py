"""Completing orders of which an older version imported only the readable rows, from the corrected file.

An older version remembered how many rows it took, not which, so the order's own lines say what is there already.
"""

from collections import Counter
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from orders.events import OrderChanged
from orders.models import ImportedDocument, Order, OrderLine, Payment, Shipment, Status
from orders.services.imports.amounts import unit_price
from orders.services.imports.bundle import Bundle, Keys
from orders.services.imports.catalogue import KnownVariant
from orders.services.imports.documents import Document
from orders.services.imports.outcomes import Outcome
from orders.services.imports.rows import Kind, Row
from orders.services.imports.sales import PATHS, Sale, add_line, send_line
from orders.services.imports.values import RowRefused
from orders.services.locks import lock_lines, lock_order
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


def is_partly_imported(document: Document, seen: ImportedDocument) -> bool:
    """Whether a document was taken by a version that left rows out, and this file has more of them."""
    return not seen.marks and len(document.rows) > seen.lines and bool(document.of(Kind.SALE))


@retry_on_deadlock
@transaction.atomic
def complete_order(
    sale: Sale, seen_id: int, variants: dict[str, KnownVariant], keys: Keys, actor: Actor
) -> None:
    """Add to an order what an older version left out of it. Raises RowRefused with the reason when it cannot be."""
    document = sale.document
    found = Order.objects.filter(external_id=f"import:{document.number}").values_list("pk", flat=True).first()
    if found is None:
        raise RowRefused(_("单据已导入过，内容不同"))
    # The document before its order, as a return that is tried again takes them.
    seen = ImportedDocument.objects.select_for_update().get(pk=seen_id)
    order = lock_order(found)
    lines = lock_lines(order)
    missing = _missing(sale, lines)
    _check(order, sale)
    bundle, before = Bundle(keys), order.total
    _add_lines(order, missing, variants, bundle, actor)
    _add_sums(order, sale, lines, missing)
    if due := order.total - before:
        bundle.add(
            Payment,
            order_id=order.pk,
            amount=due,
            method=Payment.Method.TRANSFER,
            reference=f"import:{document.number}:2",
            received_at=sale.moments.paid,
        )
    bundle.write()
    change = {"total": str(before)}, {"total": str(order.total)}
    note = _("补齐导入 %(number)s") % {"number": document.number}
    save_with_event(order, OrderChanged, actor=actor, before=change[0], after=change[1], note=note)
    seen.lines, seen.amount, seen.outcome = len(document.rows), document.amount, sale.outcome.value
    seen.marks = [row.mark for row in document.rows]
    seen.save(update_fields=["lines", "amount", "outcome", "marks"])


def _missing(sale: Sale, lines: list[OrderLine]) -> list[Row]:
    """The rows the order does not have. Raises RowRefused when it has others than the file."""
    there = Counter((line.sku, line.quantity) for line in lines)
    missing = []
    for row in sale.goods:
        if there[row.sku, row.quantity]:
            there[row.sku, row.quantity] -= 1
        else:
            missing.append(row)
    if there.total() or not missing:
        raise RowRefused(_("单据已导入过，内容不同"))
    return missing


def _check(order: Order, sale: Sale) -> None:
    """Only what nobody has touched since is made whole by a file. Raises RowRefused."""
    taken = {"lines": len(order.lines.all()), "total": len(sale.document.rows)}
    half = _("旧版本只导入了这张单 %(total)s 行中的 %(lines)s 行") % taken
    if (
        order.status != Status.COMPLETED
        or order.version != len(PATHS[Outcome.COMPLETED])
        or order.refunded_amount
    ):
        raise RowRefused(_("%(half)s，之后订单有改动：请在订单里补上") % {"half": half})
    if sale.outcome is not Outcome.COMPLETED or sale.amounts.refunded:
        raise RowRefused(_("%(half)s，现在文件里的状态不同：请在订单里处理") % {"half": half})
    if sale.amounts.total < order.total or sale.goods[0].currency != order.currency:
        raise RowRefused(_("%(half)s，补齐后的金额反而更少：请在订单里处理") % {"half": half})


def _add_lines(
    order: Order, missing: list[Row], variants: dict[str, KnownVariant], bundle: Bundle, actor: Actor
) -> None:
    parcel = Shipment.objects.filter(order=order).order_by("pk").values_list("pk", flat=True)[0]
    reason = _("补齐导入 %(number)s") % {"number": order.number}
    for row in missing:
        variant = variants[row.sku]
        line = add_line(order.pk, row, variant, bundle, gone=row.quantity)
        send_line(order.pk, line, parcel, row, variant, bundle, reason=reason, by=actor.name)


def _add_sums(order: Order, sale: Sale, lines: list[OrderLine], missing: list[Row]) -> None:
    """The file's total; what the lines show beyond it is a discount, what they lack is freight."""
    listed = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    order.goods_total = listed + sum((unit_price(row) * row.quantity for row in missing), Decimal(0))
    order.shipping_fee = sale.amounts.fee
    over = order.goods_total + order.shipping_fee - sale.amounts.total
    order.shipping_fee -= min(over, Decimal(0))
    order.discount = max(over, Decimal(0))
    order.total = order.paid_amount = sale.amounts.total
