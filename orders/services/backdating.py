"""Moving fresh rows into the past: for demo shops only, never for a real one."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from orders.models import Order, Quote, Status

# How long an order of the past had been given to be paid.
PAY_WITHIN = timedelta(hours=24)
STEPS = (Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED)
CLOSED = frozenset({Status.COMPLETED, Status.CANCELLED, Status.REFUNDED})


@transaction.atomic
def backdate_order(*, order_id: int, placed_at: datetime, times: Mapping[str, datetime]) -> None:
    """Let an order, its payments and its parcels have happened then. `times` are those of its statuses, by name."""
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    moved = {"placed_at": placed_at, "pay_by": placed_at + PAY_WITHIN}
    moved |= {f"{step}_at": times[step] for step in STEPS if step in times}
    if order.status in CLOSED:
        moved["closed_at"] = times[order.status]
    for column, moment in moved.items():
        setattr(order, column, moment)
    order.save(update_fields=list(moved))
    order.payments.update(received_at=times.get(Status.PAID, placed_at))
    order.shipments.update(
        shipped_at=times.get(Status.SHIPPED, placed_at), signed_at=times.get(Status.DELIVERED)
    )


def backdate_quote(*, quote_id: int, sent_at: datetime, valid_until: datetime) -> None:
    """Let a quote have been made and sent then, and be good until another moment."""
    Quote.objects.filter(pk=quote_id).update(sent_at=sent_at, created_at=sent_at, valid_until=valid_until)


def backdate_debt(*, order_id: int, due_on: date) -> None:
    """Move the due date of a debt, also into the past."""
    Order.objects.filter(pk=order_id).update(due_on=due_on)
