"""Event handlers of orders."""

from orders import events
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.wake import wake_task


@on(events.StockBack)
def fill_short_orders(event: DomainEvent) -> None:
    """Goods that are back go to those who paid for them first: a worker gives them out, one order at a time.

    Nothing is lost with the broker down, since the task looks for what is short by itself, and the clock runs it as well.
    """
    call_after_commit(_wake_filling)


def _wake_filling() -> None:
    wake_task("orders.fill_short_orders")
