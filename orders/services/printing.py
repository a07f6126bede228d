"""Printing papers of an order despite an open change: only a manager may, with a reason."""

from django.db import transaction
from django.utils import timezone

from orders.errors import ChangePending
from orders.events import OrderPrinted
from orders.models import Order
from orders.selectors.change_requests import open_freezing
from orders.services.guards import pending_fact
from orders.services.locks import lock_order
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


@retry_on_deadlock
@transaction.atomic
def record_print_override(*, actor: Actor, order_id: int, paper: str, reason: str) -> Order:
    """Have a manager print the pick list or the parcel slip although a change is open, and write down why.

    The change stays open: only shipping makes it void. `paper` is PICK_LIST or PARCEL_SLIP.
    Raises Order.DoesNotExist, ChangePending for everybody else and without a reason.
    """
    order, reason = lock_order(order_id), reason.strip()[:200]
    asked = open_freezing(order)
    if asked is None:
        return order
    if not actor.may("changes.override") or not reason:
        raise ChangePending(request=pending_fact(asked, timezone.now()))
    save_with_event(order, OrderPrinted, actor=actor, paper=paper, reason=reason)
    return order
