"""The live feeds of desk and warehouse: who may follow which, and what a follower missed."""

from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async

from orders.events import StockEvent
from orders.models import Order
from orders.selectors.visibility import orders_visible_to
from orders.services.feeds import concerns_stockroom, order_fact, stock_fact
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.facts import has_readable_fact
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.selectors import events_after_and_new, last_position
from shopcomm.core.json_text import json_text
from shopcomm.core.realtime import ORDERS_FEED, WAREHOUSE_FEED

MOST_MISSED = 500


@dataclass(frozen=True)
class Feed:
    name: str
    group: str
    # Who may follow it, by the table of rights.
    right: str


FEEDS = {
    "orders": Feed("orders", ORDERS_FEED, "orders.view"),
    "warehouse": Feed("warehouse", WAREHOUSE_FEED, "warehouse.view"),
}


def may_see_fact(actor: Actor, frame: dict[str, Any]) -> bool:
    """For one who does not see all: events of own and unassigned orders."""
    # `resync` is about nothing in particular.
    return frame.get("event", {}).get("assigned_to") in (None, actor.id)


@database_sync_to_async
def gets_every_feed_event(actor: Actor) -> bool:
    """Whether a follower of a feed gets every event of it."""
    return not actor.may("orders.view_assigned") or shop_settings().sales_see_all


@database_sync_to_async
def missed_events(actor: Actor, feed: str, after: int | None) -> tuple[list[str], int]:
    """The `event` frames behind a cursor, oldest first, and the cursor they lead to.

    One that has no place in the log yet carries the newest one before it, as a live frame does.
    Who is more than MOST_MISSED events behind gets one frame `resync` instead: what they show is to be fetched anew.
    """
    if after is None:
        return [], last_position()
    rows = events_after_and_new(after, limit=MOST_MISSED + 1)
    if len(rows) > MOST_MISSED:
        newest = last_position()
        return [json_text({"type": "resync", "feed": feed, "cursor": str(newest)})], newest
    ids = {row.order_id for row in rows if row.order_id}
    visible = {order.pk: order for order in orders_visible_to(actor).filter(pk__in=ids)}
    frames, reached = [], after
    for row in rows:
        reached = row.position or reached
        fact = _shown(row, visible.get(row.order_id or 0), feed)
        if fact is None:
            continue
        event = {"type": "event", "feed": feed, "id": row.pk, "cursor": str(reached), "event": fact}
        frames.append(json_text(event))
    return frames, reached


def _shown(row: DomainEvent, order: Order | None, feed: str) -> dict[str, Any] | None:
    """What a follower is shown of an event; None for one that is not theirs, or that cannot be read."""
    if not has_readable_fact(row):
        return None
    if isinstance(row.fact, StockEvent):
        return stock_fact(row)
    if order is None or (feed == "warehouse" and not concerns_stockroom(row)):
        return None
    return order_fact(order, row)
