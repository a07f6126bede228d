"""Records of who was shown a receiver's full phone and address."""

from orders.models import ContactReveal, Order
from shopcomm.core.accounts.actors import Actor


def record_reveal(*, actor: Actor, order: Order, place: str) -> None:
    """Write down that this member of staff is shown them now; of anybody else there is nothing to write."""
    if actor.staff_id and (order.receiver_phone or order.street):
        ContactReveal.objects.create(order=order, staff_id=actor.staff_id, place=place)
