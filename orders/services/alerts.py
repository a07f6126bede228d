"""Telling the warehouse that an order in its hands has changed."""

from typing import Any

from orders.models import Order, WarehouseAlert
from shopcomm.core.accounts.actors import Actor


def raise_alert(
    *, order: Order, kind: str, before: dict[str, Any], after: dict[str, Any], actor: Actor
) -> WarehouseAlert:
    """Put a change on top of the warehouse's page until somebody says they have seen it.

    Called before record(), so the version it names is the one the event is about to give the order.
    """
    return WarehouseAlert.objects.create(
        order=order,
        kind=kind,
        before=before,
        after=after,
        order_version=order.version + 1,
        raised_by=actor.name,
    )
