"""What another order system and this one do not agree on: written down beside the order, never forced."""

from django.db import transaction

from orders.events import OutsideNotTold, OutsideRefused
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


@retry_on_deadlock
@transaction.atomic
def record_outside_not_told(*, actor: Actor, source: str, order_id: int, what: str, reason: str) -> None:
    """Write into the order's timeline and conversation, for the shop alone, that another system (`source`) does not take what it is told.

    `what` is one of Told. Raises Order.DoesNotExist, NotAllowed.
    """
    require_right(actor, "orders.edit")
    order = lock_order(order_id)
    save_with_event(order, OutsideNotTold, actor=actor, source=source, what=what, reason=reason)
