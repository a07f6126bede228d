"""Who may see which conversation: whoever may see the order; an enquiry follows the same rule."""

from django.db.models import Q, QuerySet

from messaging.models import Conversation
from orders.models import Order
from orders.selectors.orders import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.roles import Role
from shopcomm.core.configuration.models import shop_settings


def conversations_visible_to(actor: Actor | None) -> QuerySet[Conversation]:
    """The conversations an actor may read and write in. Nobody's are empty; not visible is 404."""
    everything = Conversation.objects.all()
    if actor is None:
        return everything.none()
    if actor.kind == "customer":
        mine = everything.filter(customer=actor.id)
        return mine.filter(order=actor.order_id) if actor.order_id else mine
    if actor.kind in ("system", "api", "assistant") or actor.role == "manager":
        return everything
    if actor.role != "sales":
        return everything.none()
    if shop_settings().sales_see_all:
        return everything
    enquiries = Q(order=None) & (Q(assigned_to=None) | Q(assigned_to=actor.id))
    return everything.filter(enquiries | Q(order__in=orders_visible_to(actor)))


def colleagues() -> QuerySet[Staff]:
    """Who may be in charge of a customer: those who work in sales, and managers."""
    return Staff.objects.filter(is_active=True, role__in=[Role.SALES, Role.MANAGER]).order_by("pk")


def orders_to_link(conversation: Conversation, actor: Actor) -> QuerySet[Order]:
    """The orders that an enquiry may become the conversation of: the same customer's, in which nobody has spoken."""
    if conversation.order_id:
        return Order.objects.none()
    silent = orders_visible_to(actor).filter(
        customer=conversation.customer_id, conversation__last_customer_seq=0, conversation__last_shop_seq=0
    )
    return silent.order_by("-placed_at", "-pk")
