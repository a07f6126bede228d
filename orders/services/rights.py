"""Asking the table of rights before anything is locked or written."""

from orders.errors import NotAllowed
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import people_who_may


def require_right(actor: Actor, right: str) -> None:
    """Whether the table of rights allows it. Raises NotAllowed, which names the people who may."""
    if not actor.may(right):
        raise NotAllowed(needed=people_who_may(right))
