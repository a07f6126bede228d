"""Reading evaluations."""

from orders.models import Evaluation, Order


def evaluation_of(order: Order) -> Evaluation | None:
    """What the customer said of an order, if anything."""
    return Evaluation.objects.filter(order=order).first()
