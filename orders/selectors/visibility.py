"""Who may see which orders: one queryset for page, API, socket and search."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Order, Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.events.selectors import events_of_order

STOCKROOM_SEES = (Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED, Status.REFUNDING)
RECENT = timedelta(days=7)


def orders_visible_to(actor: Actor | None, *, now: datetime | None = None) -> QuerySet[Order]:
    """The orders somebody may see at a moment, which is this one unless another is named; for nobody, none."""
    orders = Order.objects.all()
    if actor is None:
        return orders.none()
    if actor.may("orders.view_own"):
        own = orders.filter(customer_id=actor.id_or_zero)
        return own.filter(pk=actor.order_id) if actor.order_id else own
    if actor.may("orders.view_all"):
        return orders
    if actor.may("orders.view_to_ship"):
        finished = Q(status=Status.COMPLETED, closed_at__gte=(now or timezone.now()) - RECENT)
        return orders.filter(Q(status__in=STOCKROOM_SEES) | finished)
    if actor.may("orders.view_assigned"):
        own_or_free = Q(assigned_to=actor.id) | Q(assigned_to=None)
        return orders if shop_settings().sales_see_all else orders.filter(own_or_free)
    return orders.none()


def successor_of(actor: Actor, number: str) -> str | None:
    """Who has an order that this member of staff worked on and may not see any more; "" for nobody in particular.

    None for whoever sees it, and for whoever never did anything with it: to them there is no such order.
    """
    order = Order.objects.filter(number=number).select_related("assigned_to").first()
    if order is None or not actor.is_staff or orders_visible_to(actor).filter(pk=order.pk).exists():
        return None
    worked_on = events_of_order(order.pk).filter(actor_kind="staff", actor_id=actor.id_or_zero)
    return str(order.assigned_to or "") if worked_on.exists() else None
