"""Releasing a deposit that was kept."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import DepositReleased
from orders.models import Order, Refund
from orders.services.locks import lock_order
from orders.services.refunds import promise_refund
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


@retry_on_deadlock
@transaction.atomic
def release_deposit(*, actor: Actor, order_id: int, reason: str) -> Order:
    """Take back that a cancelled order's deposit stays with the shop: it waits to be paid out.

    The right and the reason are those of keeping it. Raises Order.DoesNotExist, NotAllowed, GuardFailed.
    """
    require_right(actor, "deposits.keep")
    order, reason = lock_order(order_id), reason.strip()
    kept = order.deposit_kept
    if kept <= 0:
        raise GuardFailed(("no_deposit_kept", _("这张订单没有扣下的定金")))
    if not reason:
        raise GuardFailed(("reason_required", _("退还定金要写明原因")))
    order.deposit_kept = Decimal(0)
    promise_refund(
        order, kept, purpose=Refund.Purpose.CANCELLED, reason=_("退还定金：%(reason)s") % {"reason": reason}
    )
    save_with_event(
        order, DepositReleased, actor=actor, amount=str(kept), balance=str(-kept), reason=reason[:300]
    )
    return order
