"""A parcel that leaves is followed from then on."""

from orders.events import OrderShipped, ShipmentUpdated
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.handlers import on
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.integrations.couriers.services.following import follow_parcel


@on(OrderShipped, ShipmentUpdated, in_order=False)
def follow_what_leaves(event: DomainEvent) -> None:
    """A scan is no parcel that leaves."""
    fact = fact_of(event, OrderShipped) or fact_of(event, ShipmentUpdated)
    if fact and not (isinstance(fact, ShipmentUpdated) and fact.state):
        follow_parcel(fact.shipment_id)
