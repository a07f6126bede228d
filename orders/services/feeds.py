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

# More at once are not told one by one.
MOST_SHOWN = 20


def show_order_event(order: Order, row: DomainEvent) -> None:
    """Push an event of an order to open pages after the commit."""
    if pushes_are_off():
        return
    shown = order_fact(order, row)
    push_on_commit(ORDERS_FEED, {SHOP: feed_frame("orders", row, shown)})
    if concerns_stockroom(row):
        push_on_commit(WAREHOUSE_FEED, {SHOP: feed_frame("warehouse", row, shown)})


def show_stock_events(rows: list[DomainEvent]) -> None:
    """The same of events of goods: both feeds show them, or are told to look anew where they are many."""
    if pushes_are_off() or not rows:
        return
    cursor = last_position()
    if len(rows) > MOST_SHOWN:
        for name, group in (("orders", ORDERS_FEED), ("warehouse", WAREHOUSE_FEED)):
            push_on_commit(group, {SHOP: {"type": "resync", "feed": name, "cursor": str(cursor)}})
        return
    for row in rows:
        shown = stock_fact(row)
        push_on_commit(ORDERS_FEED, {SHOP: feed_frame("orders", row, shown, cursor)})
        push_on_commit(WAREHOUSE_FEED, {SHOP: feed_frame("warehouse", row, shown, cursor)})


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


def feed_frame(
    feed: str, row: DomainEvent, fact: dict[str, Any], cursor: int | None = None
) -> dict[str, Any]:
    """One `event` frame of a feed.

    Its own position is given only after commit: its cursor is the newest one before, from which nothing is missed and the
    event itself comes once more.
    """
    newest = last_position() if cursor is None else cursor
    return {"type": "event", "feed": feed, "id": row.pk, "cursor": str(newest), "event": fact}
