"""The frames of an event for the live feeds of desk and warehouse, sent after the commit."""

from typing import Any

from orders.events import OrderEvent
from orders.models import Order, Status
from shopcomm.core.audiences import SHOP
from shopcomm.core.events.masking import masked_data
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import last_position
from shopcomm.core.realtime import ORDERS_FEED, WAREHOUSE_FEED, push_on_commit, pushes_are_off

# Statuses whose events the stockroom wants to see; either end of a move counts.
STOCKROOM_STATUSES = frozenset({Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED})


def show_order_event(order: Order, row: DomainEvent) -> None:
    """Push an event of an order to open pages after the commit."""
    if pushes_are_off():
        return
    shown = order_fact(order, row)
    push_on_commit(ORDERS_FEED, {SHOP: feed_frame("orders", row, shown)})
    if concerns_stockroom(row):
        push_on_commit(WAREHOUSE_FEED, {SHOP: feed_frame("warehouse", row, shown)})


def show_stock_event(row: DomainEvent) -> None:
    """The same of an event of goods: both feeds show it."""
    if pushes_are_off():
        return
    shown = stock_fact(row)
    push_on_commit(ORDERS_FEED, {SHOP: feed_frame("orders", row, shown)})
    push_on_commit(WAREHOUSE_FEED, {SHOP: feed_frame("warehouse", row, shown)})


def concerns_stockroom(row: DomainEvent) -> bool:
    """Whether an event of an order belongs into the stockroom's feed: at either end of it the order is theirs."""
    fact = row.fact
    return isinstance(fact, OrderEvent) and bool(STOCKROOM_STATUSES & {fact.status_from, fact.status_to})


def order_fact(order: Order, row: DomainEvent) -> dict[str, Any]:
    """What a screen needs to know of an event before it fetches anything."""
    return {
        "type": row.type,
        "order_id": order.pk,
        "number": order.number,
        "status": order.status,
        "version": order.version,
        "urgent": order.urgent,
        "assigned_to": order.assigned_to_id,
        "occurred_at": row.occurred_at.isoformat(),
        "actor": row.actor_name,
        "data": masked_data(row),
    }


def stock_fact(row: DomainEvent) -> dict[str, Any]:
    """The same of a fact of goods, which every follower of a feed is shown."""
    data = masked_data(row)
    return {"type": row.type, "occurred_at": row.occurred_at.isoformat(), "data": data, **data}


def feed_frame(feed: str, row: DomainEvent, fact: dict[str, Any]) -> dict[str, Any]:
    """One `event` frame of a feed.

    Its own position is given only after commit: its cursor is the newest one before, from which nothing is missed and the
    event itself comes once more.
    """
    return {"type": "event", "feed": feed, "id": row.pk, "cursor": str(last_position()), "event": fact}
