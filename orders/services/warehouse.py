"""Work of the warehouse besides picking and shipping: acknowledging orders and alerts, ticking off lines."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import OrderAcknowledged
from orders.models import Order, OrderLine, Status, WarehouseAlert
from orders.selectors.shortages import missing_pieces
from orders.services.locks import lock_line, lock_lines, lock_order
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import SHOP
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.realtime import WAREHOUSE_FEED, push_on_commit


@retry_on_deadlock
@transaction.atomic
def acknowledge_order(*, actor: Actor, order_id: int) -> Order:
    """Note that the warehouse has this version in front of it; only the first time is news.

    Raises Order.DoesNotExist, NotAllowed.
    """
    require_right(actor, "warehouse.ship")
    order = lock_order(order_id)
    first = order.acknowledged_version == 0
    order.acknowledged_version = order.version + 1 if first else order.version
    if first:
        save_with_event(order, OrderAcknowledged, actor=actor)
    else:
        order.save(update_fields=["acknowledged_version", "updated_at"])
    return order


@retry_on_deadlock
@transaction.atomic
def acknowledge_alert(*, actor: Actor, alert_id: int) -> WarehouseAlert:
    """Say that a change has been seen, so that the order may leave. Twice is once.

    Raises WarehouseAlert.DoesNotExist, NotAllowed.
    """
    require_right(actor, "warehouse.ship")
    order = lock_order(WarehouseAlert.objects.values_list("order_id", flat=True).get(pk=alert_id))
    alert = WarehouseAlert.objects.get(pk=alert_id)
    if alert.acknowledged_at:
        return alert
    alert.acknowledged_at = timezone.now()
    alert.acknowledged_by_id = actor.staff_id
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    order.acknowledged_version = order.version + 1
    save_with_event(order, OrderAcknowledged, actor=actor, alert_id=alert.pk, kind=alert.kind)
    return alert


@retry_on_deadlock
@transaction.atomic
def tick_line(*, actor: Actor, line_id: int, picked: int) -> OrderLine:
    """Set how many pieces of a line lie in the box. Not a fact of the order, so no event.

    Raises OrderLine.DoesNotExist, NotAllowed, GuardFailed.
    """
    require_right(actor, "warehouse.ship")
    order, line = lock_line(line_id)
    if order.status != Status.PICKING:
        raise GuardFailed(("not_picking", _("订单不在配货中")))
    if not line.shipped_quantity <= picked <= line.quantity - line.cancelled_quantity:
        raise GuardFailed(("qty_exceeds_open", _("数量超过需要配货的数量")))
    return _put_in_box(order, line, picked)


@retry_on_deadlock
@transaction.atomic
def pick_piece(*, actor: Actor, order_id: int, variant_ids: Iterable[int]) -> OrderLine:
    """Count one more piece of goods that a scanner has read into an order's box; `variant_ids` share its barcode.

    Raises Order.DoesNotExist, NotAllowed, GuardFailed: the wrong goods, or more of them than the order wants.
    """
    require_right(actor, "warehouse.ship")
    order = lock_order(order_id)
    if order.status != Status.PICKING:
        raise GuardFailed(("not_picking", _("订单不在配货中")))
    wanted = set(variant_ids)
    lines = [line for line in lock_lines(order) if line.variant_id in wanted]
    if not lines:
        raise GuardFailed(("not_in_order", _("拿错了：这个订单里没有这一款")))
    missing = missing_pieces(order) if order.shortage else {}
    for line in lines:
        if line.picked_quantity < line.quantity - line.cancelled_quantity - missing.get(line.pk, 0):
            return _put_in_box(order, line, line.picked_quantity + 1)
    picked = sum(line.picked_quantity for line in lines)
    raise GuardFailed(("picked_all", _("这一款已经够数（%(picked)s 件），这件放回去") % {"picked": picked}))


def _put_in_box(order: Order, line: OrderLine, picked: int) -> OrderLine:
    """Keep how many pieces of a locked line are in the box, and tell the other screens."""
    line.picked_quantity = picked
    line.save(update_fields=["picked_quantity"])
    fact = {
        "type": "line.picked",
        "order_id": order.pk,
        "number": order.number,
        "status": order.status,
        "version": order.version,
        "data": {"line": line.pk, "sku": line.sku, "picked": picked, "quantity": line.quantity},
    }
    shown = {"type": "event", "feed": "warehouse", "id": None, "cursor": None, "event": fact}
    push_on_commit(WAREHOUSE_FEED, {SHOP: shown})
    return line
