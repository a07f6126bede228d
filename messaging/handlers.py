"""What conversations make of the event log."""

from messaging.services.notifications.back_in_stock import tell_watchers
from messaging.services.notifications.planning import plan_event
from orders import events
from orders.transitions import TRANSITIONS
from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.publish import Event

TOLD: set[type[events.OrderEvent] | type[Event]] = {row.event for row in TRANSITIONS} | {
    events.PaymentRecorded,
    events.DepositReleased,
    events.DebtReduced,
    events.ShipmentUpdated,
    events.OrderChanged,
    events.OrderUrged,
    events.OrderEvaluated,
    events.AfterSalesMoved,
    events.PartRefunded,
    events.ChangeRequested,
    events.ChangeEscalated,
    events.ChangeRejected,
    events.ShortageFound,
    events.StockLow,
    events.StockReplenished,
}


@on(*sorted(TOLD, key=lambda event: event.type), in_order=False)
def plan_notifications(event: DomainEvent) -> None:
    """Write the notices of what has happened."""
    plan_event(event)


@on(events.StockBack, in_order=False)
def tell_stock_watchers(event: DomainEvent) -> None:
    """Tell those who asked for goods that are back."""
    tell_watchers(event)
