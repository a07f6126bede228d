"""Parcels in transit, one scan at a time."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Shipment
from orders.policies.parcel_way import ENDED, Scan
from orders.services.tracking import record_scans
from shopcomm.core.accounts.actors import Actor

State = Shipment.State


def sign_parcel(*, actor: Actor, shipment_id: int) -> Shipment:
    """Write down by hand that one parcel has arrived; the last one delivers the order. Raises as below."""
    parcel = Shipment.objects.get(pk=shipment_id)
    if parcel.state in ENDED:
        return parcel
    return add_tracking_node(
        actor=actor,
        shipment_id=shipment_id,
        scanned_at=timezone.now(),
        state=State.SIGNED,
        text=_("已签收（人工登记）"),
    )


def add_tracking_node(
    *, actor: Actor, shipment_id: int, scanned_at: datetime, state: str, text: str, place: str = ""
) -> Shipment:
    """Keep one scan, as `record_scans` does. Raises Shipment.DoesNotExist, NotAllowed."""
    scan = Scan(scanned_at, state, text, place)
    return record_scans(actor=actor, shipment_id=shipment_id, scans=[scan]).parcel
