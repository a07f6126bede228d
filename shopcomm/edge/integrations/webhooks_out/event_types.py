"""What other systems may be told of: the event types of the public contract. Names are never changed once they are out."""

from collections.abc import Iterable

EVENT_TYPES = (
    "order.created",
    "order.paid",
    "order.picking",
    "order.shipped",
    "order.delivered",
    "order.completed",
    "order.refunding",
    "order.refunded",
    "order.cancelled",
    "order.changed",
    "order.change_requested",
    "order.change_rejected",
    "shipment.updated",
    "stock.low",
    "stock.replenished",
    "conversation.message",
)
# Every one of them, also those that are added later.
ALL = "*"
# What an endpoint is sent to be tried; nobody asks for it by name.
TEST = "webhook.test"


def types_meant(asked: Iterable[str]) -> frozenset[str]:
    """The event types that an endpoint's list stands for."""
    wanted = frozenset(asked)
    return frozenset(EVENT_TYPES) if ALL in wanted else wanted & frozenset(EVENT_TYPES)


def unknown_types(asked: Iterable[str]) -> list[str]:
    """Those names of a list that are no event type."""
    return sorted(set(asked) - {ALL, *EVENT_TYPES})
