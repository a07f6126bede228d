"""Which other system keeps an order, and whether it can be told anything now."""

from orders.events import ChangeRequested
from orders.hooks import Keeper
from orders.models import Order
from shopcomm.edge.integrations.keeping import Keeping, keeping_of
from shopcomm.edge.integrations.models import Connection, OutsideOrder
from shopcomm.edge.integrations.webhooks_out.event_types import types_meant
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint

# The type of the event that carries one.
COMMANDS = ChangeRequested.type


def keeper_of_order(order: Order) -> Keeper | None:
    """The system that an order came from, where it decides what is changed of it."""
    outside = OutsideOrder.objects.filter(order=order).select_related("connection").order_by("pk").first()
    if outside is None:
        return None
    keeping = keeping_of(outside.connection)
    if not keeping.decides:
        return None
    is_away = _is_away(outside.connection, keeping)
    return Keeper(outside.connection.name, outside.external_id, keeping.by_hand, is_away)


def _is_away(connection: Connection, keeping: Keeping) -> bool:
    """Whether a command has to wait: it cannot be reached, or nobody sends it anything for now."""
    if connection.failing_since is not None or not connection.is_active:
        return True
    if keeping.endpoint is None:
        return False
    endpoint = WebhookEndpoint.objects.filter(pk=keeping.endpoint).first()
    # An endpoint that somebody took away is told nothing.
    return (
        endpoint is None
        or endpoint.failing_since is not None
        or endpoint.state != WebhookEndpoint.State.ACTIVE
    )


def endpoints_for_commands(**only: int) -> list[WebhookEndpoint]:
    """The webhook endpoints that are told of requests, newest first; `only` these columns' rows."""
    rows = WebhookEndpoint.objects.filter(**only).order_by("-pk")
    return [each for each in rows if COMMANDS in types_meant(each.event_types)]
