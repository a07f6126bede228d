"""Event handlers of messaging."""

from messaging.services.notifications.back_in_stock import notify_watchers
from messaging.services.notifications.planning import plan_event
from orders.events import StockBack
from shopcomm.core.events.handlers import on
from shopcomm.core.events.kinds import all_kinds
from shopcomm.core.events.models import DomainEvent

# Whatever a rule may wait for: each kind says so itself.
NOTIFIED_EVENTS = [kind for kind in all_kinds() if kind.notices]


@on(*NOTIFIED_EVENTS, in_order=False)
def plan_notifications(event: DomainEvent) -> None:
    """Write the notices of an event."""
    plan_event(event)


@on(StockBack, in_order=False)
def tell_stock_watchers(event: DomainEvent) -> None:
    """Tell those who asked for goods that are back."""
    notify_watchers(event)
