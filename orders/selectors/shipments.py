"""Reading parcels, with what is in them and where they were seen."""

from django.db.models import Prefetch, QuerySet

from orders.models import Shipment, ShipmentLine
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor


def shipments_visible_to(actor: Actor | None) -> QuerySet[Shipment]:
    """The parcels of the orders somebody may see, with everything that is told of them."""
    lines = ShipmentLine.objects.select_related("line").order_by("pk")
    found = Shipment.objects.filter(order__in=orders_visible_to(actor)).select_related("order")
    return found.prefetch_related(Prefetch("lines", queryset=lines), "nodes")
