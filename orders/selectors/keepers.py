"""Who decides what is changed of an order: the shop itself, or another system that keeps it."""

from orders import hooks
from orders.hooks import Keeper
from orders.models import ChangeRequest, Order
from shopcomm.core.accounts.actors import Actor

# Whose wishes are laid before the system that keeps the order.
PEOPLE = ("customer", "staff", "assistant")


def keeper_of(order: Order) -> Keeper | None:
    """The other system that decides about an order; None where the shop does."""
    # Whatever came from elsewhere has its number there.
    if not order.external_id:
        return None
    return next((keeper for find in hooks.order_keepers if (keeper := find(order))), None)


def may_answer_by_hand(order: Order) -> bool:
    """Whether people here may answer what was laid before another system; they may where it keeps the order no more."""
    keeper = keeper_of(order)
    return keeper is None or keeper.by_hand


def is_keeper(actor: Actor, order: Order) -> bool:
    """Whether the other system that keeps an order says so itself."""
    keeper = keeper_of(order) if actor.is_integration else None
    return keeper is not None and keeper.name == actor.name


def keeper_asked(request: ChangeRequest) -> Keeper | None:
    """The other system that decides about a request. What a program asks comes from there, and does not go back."""
    return keeper_of(request.order) if request.asked_by_kind in PEOPLE else None
