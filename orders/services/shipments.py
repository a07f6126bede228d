"""Parcels in transit: courier scans advance a parcel, and the order once all its parcels are delivered."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.events import ShipmentUpdated
from orders.models import Shipment, Status, TrackingNode
from orders.services.locks import lock_order
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

State = Shipment.State
DONE = (State.SIGNED, State.RETURNED)


def sign_parcel(*, actor: Actor, shipment_id: int) -> Shipment:
    """Write down by hand that one parcel has arrived; the last one delivers the order. Raises as below."""
    parcel = Shipment.objects.get(pk=shipment_id)
    if parcel.state in DONE:
        return parcel
    return add_tracking_node(
        actor=actor,
        shipment_id=shipment_id,
        scanned_at=timezone.now(),
        state=State.SIGNED,
        text=_("已签收（人工登记）"),
    )


@retry_on_deadlock
@transaction.atomic
def add_tracking_node(
    *, actor: Actor, shipment_id: int, scanned_at: datetime, state: str, text: str
) -> Shipment:
    """Keep one scan. A scan seen before changes nothing; an older one is kept but never moves the parcel back.

    Raises Shipment.DoesNotExist, NotAllowed.
    """
    require_right(actor, "parcels.scan")
    order = lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
    parcel = Shipment.objects.get(pk=shipment_id)
    newest = parcel.nodes.values_list("scanned_at", flat=True).first()
    _node, fresh = TrackingNode.objects.get_or_create(
        shipment=parcel, scanned_at=scanned_at, text=text[:300], defaults={"state": state}
    )
    if not fresh or (newest and scanned_at < newest) or parcel.state in DONE:
        return parcel
    moved = parcel.state != state
    parcel.state = state
    parcel.signed_at = scanned_at if state == State.SIGNED else parcel.signed_at
    parcel.save()
    if moved:
        save_with_event(
            order,
            ShipmentUpdated,
            actor=actor,
            carrier=parcel.carrier,
            tracking_number=parcel.tracking_number,
            shipment_id=parcel.pk,
            state=state,
            text=text[:300],
        )
    signed = state == State.SIGNED and not order.shipments.exclude(state__in=DONE).exists()
    if signed and order.status == Status.SHIPPED:
        transition_order(actor=actor, order_id=order.pk, to=Status.DELIVERED)
    return parcel
