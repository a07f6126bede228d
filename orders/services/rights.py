"""Checks of rights and ownership, made before anything is written."""

from orders.errors import NotAllowed
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import people_who_may
from shopcomm.core.accounts.roles import SELLERS


def require_right(actor: Actor, right: str) -> None:
    """Whether the table of rights allows it. Raises NotAllowed, which names the people who may."""
    if not actor.may(right):
        raise NotAllowed(needed=people_who_may(right))


def check_owner(order: Order, actor: Actor) -> None:
    """A customer acts on their own order only. Raises NotAllowed."""
    if actor.is_customer and not actor.owns(order):
        raise NotAllowed(needed=SELLERS)
