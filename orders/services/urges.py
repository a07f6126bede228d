"""催单: a customer urges an order. Within some hours further urges are only counted."""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import OrderUrged
from orders.models import Order, Status, Urge
from orders.services.locks import lock_order
from orders.services.rights import check_owner
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import retry_on_deadlock

URGENT_IN = frozenset({Status.PAID, Status.PICKING, Status.SHIPPED, Status.REFUNDING})


class Urged(NamedTuple):
    """The outcome of an urge: the current order, and whether anybody was notified."""

    order: Order
    urge: Urge
    is_news: bool


@retry_on_deadlock
@transaction.atomic
def urge_order(*, actor: Actor, order_id: int) -> Urged:
    """Press for an order. Raises Order.DoesNotExist, NotAllowed, GuardFailed when there is nothing to press for."""
    order = lock_order(order_id)
    check_owner(order, actor)
    if order.status not in URGENT_IN:
        raise GuardFailed(
            ("nothing_to_urge", _("订单%(status)s，不用催") % {"status": order.get_status_display()})
        )
    now = timezone.now()
    last = order.urges.order_by("-id").first()
    if last and now - last.raised_at < timedelta(hours=shop_settings().urge_again_hours):
        last.times += 1
        last.last_at = now
        last.save(update_fields=["times", "last_at"])
        return Urged(order, last, is_news=False)
    urge = Urge.objects.create(order=order, raised_at=now, last_at=now)
    save_with_event(order, OrderUrged, actor=actor, urge_id=urge.pk)
    return Urged(order, urge, is_news=True)
