"""Saving an order with its event, and showing it to open pages."""

from typing import Any

from orders import hooks
from orders.events import OrderEvent
from orders.models import Order
from orders.services.contacts import store_contacts_and_mask
from orders.services.feeds import show_order_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import publish


def save_with_event(
    order: Order, fact: type[OrderEvent], /, *, actor: Actor, status_from: str | None = None, **facts: Any
) -> DomainEvent:
    """Save a locked order with one more event: version + 1, log, hooks, live frames.

    Call it after all stock rows are locked: hooks lock the conversation, which comes last.
    """
    order.version += 1
    order.save()
    facts = store_contacts_and_mask(order, facts)
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
    for hook in hooks.order_event_hooks:
        hook(order, row, actor)
    show_order_event(order, row)
    return row
