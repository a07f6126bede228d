"""Timers as rows with a due time: the next sweep makes up for a missed one."""

import logging
from collections.abc import Iterable

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import OrderError
from orders.models import Order, Status
from orders.selectors.change_requests import overdue_request_ids
from orders.selectors.due import delivered_long_enough, unpaid_too_long
from orders.selectors.parcels import silent_parcels
from orders.selectors.quotes import overdue_quotes
from orders.selectors.shortages import fillable_orders, lapsed_waits
from orders.services.change_requests.request import escalate_change
from orders.services.parcel_tasks import alert_silence
from orders.services.quotes import expire_quote
from orders.services.shortages import allocate_stock_to_shortage, expire_wait
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import sweep_each

log = logging.getLogger(__name__)
BATCH = 500


@shared_task(name="orders.expire_unpaid")
def expire_unpaid() -> int:
    """Cancel orders whose time to pay is over. Returns how many."""
    due = unpaid_too_long(timezone.now())[:BATCH]
    return _sweep(due, Status.CANCELLED, _("超时未付款"))


@shared_task(name="orders.auto_complete")
def auto_complete() -> int:
    """Complete orders that were signed long enough ago. Returns how many."""
    return _sweep(delivered_long_enough(timezone.now())[:BATCH], Status.COMPLETED, "")


@shared_task(name="orders.escalate_changes")
def escalate_changes() -> int:
    """Tell the managers of requests that nobody has answered in time. Returns how many."""
    now = timezone.now()
    return sweep_each(
        overdue_request_ids(now), lambda pk: escalate_change(request_id=pk, now=now), what="change request"
    )


@shared_task(name="orders.expire_quotes")
def expire_quotes() -> int:
    """Write down which quotes have run out. Returns how many."""
    now = timezone.now()
    return sweep_each(overdue_quotes(now), lambda pk: expire_quote(quote_id=pk, now=now), what="quote")


@shared_task(name="orders.mind_parcels")
def sweep_parcels() -> int:
    """Tell sales of parcels that have not been scanned for two days. Returns how many."""
    now = timezone.now()
    silent = silent_parcels(now).values_list("pk", flat=True)[:BATCH]
    return sweep_each(list(silent), lambda pk: alert_silence(shipment_id=pk, now=now), what="parcel")


@shared_task(name="orders.mind_shortages")
def sweep_shortages() -> int:
    """Give orders what they are short of as soon as it is there, and ask again when a promised day is over."""
    now = timezone.now()
    return allocate_stock_to_orders() + sweep_each(
        lapsed_waits(now), lambda pk: expire_wait(task_id=pk, now=now), what="task"
    )


@shared_task(name="orders.fill_short_orders")
def allocate_stock_to_orders() -> int:
    """Give what there is to the orders that are short of it, who paid first before the others. Returns how many got some.

    Each order in a transaction of its own: nothing is locked of one while the next is looked at.
    """
    return sweep_each(fillable_orders(), lambda pk: allocate_stock_to_shortage(order_id=pk), what="shortage")


def _sweep(ids: Iterable[int], to: str, reason: str) -> int:
    """Move each order in a transaction of its own; one that refuses holds up no other."""

    def move(order_id: int) -> bool:
        try:
            transition_order(actor=Actor.system(), order_id=order_id, to=to, data={"reason": reason})
        except (OrderError, Order.DoesNotExist) as error:
            log.info("order %s stays where it is: %s", order_id, error)
            return False
        return True

    return sweep_each(ids, move, what="order")
