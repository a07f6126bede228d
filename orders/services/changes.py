"""What is asked of an order from outside, and what an order in its status allows at once."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders.models import Order, Status, WarehouseAlert
from orders.services.editing import edit_order
from orders.services.locks import lock_order
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor

EARLY = frozenset({Status.PENDING_PAYMENT, Status.PAID, Status.PICKING})
NOTABLE = EARLY | {Status.SHIPPED, Status.DELIVERED, Status.COMPLETED}


@dataclass(frozen=True)
class ChangeAnswer:
    """What became of a change: applied, pending until the warehouse has seen it, or rejected with why."""

    id: str
    status: str
    reason: str = ""


@transaction.atomic
def apply_change(*, actor: Actor, order_id: int, kind: str, data: dict[str, Any]) -> ChangeAnswer:
    """Apply a change where the order's status allows it. While picking, the parcel waits until it has been seen.

    Raises what edit_order and transition_order raise for data that is not acceptable.
    """
    order = lock_order(order_id)
    allowed = NOTABLE if kind == "note" else EARLY - {Status.PICKING} if kind == "cancel" else EARLY
    if order.status not in allowed:
        return ChangeAnswer(
            uuid.uuid4().hex,
            "rejected",
            _("订单%(status)s，不能再改") % {"status": order.get_status_display()},
        )
    if kind == "cancel":
        to = Status.CANCELLED if order.status == Status.PENDING_PAYMENT else Status.REFUNDING
        reason = {"reason": str(data.get("reason") or _("客户取消"))[:300]}
        moved = transition_order(actor=actor, order_id=order.pk, to=to, version=None, data=reason)
    else:
        moved = edit_order(actor=actor, order_id=order.pk, version=None, changes=_changes(order, kind, data))
    waiting = WarehouseAlert.objects.filter(
        order=order, order_version=moved.version, acknowledged_at=None
    ).exists()
    return ChangeAnswer(f"{moved.number}-{moved.version}", "pending" if waiting else "applied")


def _changes(order: Order, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """The fields of edit_order for one kind of change."""
    if kind == "address":
        given = data.get("address") if isinstance(data.get("address"), dict) else data
        return {"address": given}
    if kind == "urgent":
        return {"urgent": data.get("urgent", True)}
    if kind == "items":
        return {"items": data.get("items", [])}
    return {"note": data.get("note", "")}
