"""Telling the warehouse that an order in its hands has changed."""

from typing import Any

from orders.models import Order, Status, WarehouseAlert
from orders.services.edits import ADDRESS, Edit
from shopcomm.core.accounts.actors import Actor


def raise_alert(
    *, order: Order, kind: str, before: dict[str, Any], after: dict[str, Any], actor: Actor
) -> WarehouseAlert:
    """Put a change on top of the warehouse's page until somebody says they have seen it.

    Called before save_with_event(), so the version it names is the one the event is about to give the order.
    """
    return WarehouseAlert.objects.create(
        order=order,
        kind=kind,
        before=before,
        after=after,
        order_version=order.version + 1,
        raised_by=actor.name,
    )


def alert_warehouse(edit: Edit) -> None:
    """An alert for each thing that changes the parcel, once the order is in the stockroom's hands."""
    order, changed = edit.order, set(edit.after)
    in_hands = order.status == Status.PICKING or (order.status == Status.PAID and order.acknowledged_version)
    if not in_hands:
        return
    kinds = {
        "address": changed & set(ADDRESS),
        "items": changed & {"items"},
        "urgent": changed & {"urgent"},
        "delivery_date": changed & {"deliver_on"},
    }
    for kind, columns in kinds.items():
        if columns:
            raise_alert(
                order=order,
                kind=kind,
                before={column: edit.before[column] for column in columns},
                after={column: edit.after[column] for column in columns},
                actor=edit.actor,
            )
