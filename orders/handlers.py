"""What orders make of the event log."""

from orders import events
from orders.selectors.shortages import fillable_orders
from orders.services.shortages import fill_shortage
from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent


@on(events.StockBack)
def fill_short_orders(event: DomainEvent) -> None:
    """Goods that are back go to those who paid for them first."""
    for order_id in fillable_orders():
        fill_shortage(order_id=order_id)
