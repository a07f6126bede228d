"""What another order system says of an order and this one does not allow: written down beside it, never forced."""

from django.db import transaction

from orders.events import OutsideRefused
from orders.services.locks import lock_order
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


@retry_on_deadlock
@transaction.atomic
def record_outside_refusal(
    *, actor: Actor, source: str, order_id: int, reason: str, wanted: str = ""
) -> None:
    """Write into the order's timeline and conversation, for the shop alone, that another system (`source`) has it otherwise.

    `wanted` is the status it has there, empty for anything else. Raises Order.DoesNotExist, NotAllowed.
    """
    require_right(actor, "orders.edit")
    order = lock_order(order_id)
    save_with_event(order, OutsideRefused, actor=actor, source=source, wanted=wanted, reason=reason)
