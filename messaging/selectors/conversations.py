"""Who may see which conversation: whoever may see the order; an enquiry follows the same rule."""

from typing import Any

from django.db.models import Q, QuerySet

from messaging.models import Conversation
from orders.models import Order
from orders.selectors.orders import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.rights import staff_roles_with
from shopcomm.core.configuration.models import shop_settings


def sees_every_conversation(actor: Actor) -> bool:
    """Whether nothing is kept from an actor, so that a question about all messages need not ask for each whose it is."""
    if actor.may("conversations.view_all"):
        return True
    return actor.may("conversations.view_assigned") and shop_settings().sales_see_all


def conversations_visible_to(actor: Actor | None) -> QuerySet[Conversation]:
    """The conversations an actor may read and write in. Nobody's are empty; not visible is 404."""
    if actor is None:
        return Conversation.objects.none()
    return conversations_of(actor, every=sees_every_conversation(actor))


def conversations_of(actor: Actor, *, every: bool = False) -> QuerySet[Conversation]:
    """An actor's own conversations, and for the shop's people those of nobody; or `every` one there is."""
    everything = Conversation.objects.all()
    if every:
        return everything
    if actor.may("conversations.view_own"):
        mine = everything.filter(customer=actor.id)
        return mine.filter(order=actor.order_id) if actor.order_id else mine
    if not actor.may("conversations.view_assigned"):
        return everything.none()
    # An order's conversation is its order's assignee's, so this is the rule of orders, too.
    own_or_free = Q(assigned_to=None) | Q(assigned_to=actor.id)
    return everything.filter(own_or_free).exclude(kind=Conversation.Kind.TEAM)


def visible_sql(actor: Actor) -> tuple[str, list[Any]]:
    """The same rule of the shop's people for statements that are written out, of a conversation `c`."""
    if sees_every_conversation(actor):
        return "TRUE", []
    if not actor.may("conversations.view_assigned"):
        return "FALSE", []
    return "(c.assigned_to_id IS NULL OR c.assigned_to_id = %s) AND c.kind <> 'team'", [actor.id_or_zero]


def assignable_staff() -> QuerySet[Staff]:
    """Who may be in charge of a customer: those who work in sales, and managers."""
    return Staff.objects.filter(is_active=True, role__in=staff_roles_with("conversations.view")).order_by(
        "pk"
    )


def orders_to_link(conversation: Conversation, actor: Actor) -> QuerySet[Order]:
    """The orders that an enquiry may become the conversation of: the same customer's, in which nobody has spoken."""
    if conversation.order_id:
        return Order.objects.none()
    silent = orders_visible_to(actor).filter(
        customer=conversation.customer_id, conversation__last_customer_seq=0, conversation__last_shop_seq=0
    )
    return silent.order_by("-placed_at", "-pk")
