"""Writing down what happened to an order, and showing it to everybody who is looking."""

from typing import Any

from orders import hooks
from orders.events import OrderEvent
from orders.models import Order, Status
from orders.services.contacts import keep_contacts_apart
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.masking import masked_data
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import publish
from shopcomm.core.events.selectors import last_position
from shopcomm.core.realtime import ORDERS_FEED, WAREHOUSE_FEED, push_on_commit

# Statuses whose events the stockroom wants to see; either end of a move counts.
STOCKROOM_STATUSES = frozenset({Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED})


def save_with_event(
    order: Order, fact: type[OrderEvent], /, *, actor: Actor, status_from: str | None = None, **facts: Any
) -> DomainEvent:
    """Save a locked order with one more event: version + 1, log, hooks, live frames.

    Call it after all stock rows are locked: hooks lock the conversation, which comes last.
    """
    order.version += 1
    order.save()
    facts = keep_contacts_apart(order, facts)
    happened = fact(
        order_id=order.pk,
        number=order.number,
        version=order.version,
        status_from=order.status if status_from is None else status_from,
        status_to=order.status,
        currency=order.currency,
        **facts,
    )
    row = publish(happened, actor=actor)
    announce_event(order, row, actor)
    return row


def announce_event(order: Order, row: DomainEvent, actor: Actor) -> None:
    """Call the hooks of higher floors, then push the event to the feeds once all is committed."""
    for hook in hooks.order_event_hooks:
        hook(order, row, actor)
    shown = order_fact(order, row)
    push_on_commit(ORDERS_FEED, feed_frame("orders", row, shown))
    if concerns_stockroom(row):
        push_on_commit(WAREHOUSE_FEED, feed_frame("warehouse", row, shown))


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
