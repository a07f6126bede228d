"""What orders make of the event log."""

from orders import events
from orders.selectors.shortages import fillable_orders
from orders.services.shortages import fill_shortages
from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent


@on(events.StockBack, alone=True)
def fill_short_orders(event: DomainEvent) -> None:
    """Goods that are back go to those who paid for them first."""
    fill_shortages(order_ids=fillable_orders())
