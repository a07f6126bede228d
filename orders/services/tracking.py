"""Scans of a parcel, from whoever reports them: kept, put in their true order, and the parcel moved on by what is new."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.events import ShipmentUpdated
from orders.models import Order, Shipment, Status, TrackingNode
from orders.policies.parcel_way import (
    ENDED,
    EXCEPTIONS,
    FURTHER,
    Scan,
    as_believed,
    in_true_order,
    moves_of,
)
from orders.services.locks import lock_order
from orders.services.parcel_tasks import open_task, parcel_facts, settle_tasks_of
from orders.services.rights import require_right
from orders.services.saving import save_with_event
from orders.services.transitions import transition_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

State = Shipment.State
LONGEST_TEXT = TrackingNode._meta.get_field("text").max_length or 0
LONGEST_PLACE = TrackingNode._meta.get_field("place").max_length or 0


@dataclass
class Recorded:
    """What became of some scans: how many were new, and the states that the parcel went through by them."""

    parcel: Shipment
    new: int = 0
    steps: list[str] = field(default_factory=list)


@retry_on_deadlock
@transaction.atomic
def record_scans(*, actor: Actor, shipment_id: int, scans: Sequence[Scan]) -> Recorded:
    """Keep the scans of a parcel that are not known yet, and move it on, in the order in which they were made.

    A scan told again changes nothing, unless its code says by now that the parcel is further. Older ones are kept and
    never move it back; after a signature nothing is told any more. The last signature delivers the order.
    Raises Shipment.DoesNotExist, NotAllowed.
    """
    require_right(actor, "parcels.scan")
    order = lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
    parcel = Shipment.objects.get(pk=shipment_id)
    known = list(parcel.nodes.all())
    fresh = _keep(actor, parcel, known, scans)
    steps = moves_of(known, fresh, parcel.state)
    is_first = not actor.is_staff and parcel.watched_since is None
    if is_first:
        parcel.watched_since = timezone.now()
    moved = [step.state for step in steps if _move(actor, order, parcel, step)]
    _note_new_states(known, fresh)
    if moved or is_first:
        parcel.save()
    if steps:
        settle_tasks_of(parcel, parcel.state)
    if State.SIGNED in moved:
        _deliver(actor, order)
    return Recorded(parcel, len(fresh), moved)


def sign_parcel(*, actor: Actor, shipment_id: int) -> Shipment:
    """Write down by hand that one parcel has arrived; the last one delivers the order. Raises as above."""
    parcel = Shipment.objects.get(pk=shipment_id)
    if parcel.state in ENDED:
        return parcel
    scan = Scan(timezone.now(), State.SIGNED.value, _("已登记签收"))
    return record_scans(actor=actor, shipment_id=shipment_id, scans=[scan]).parcel


def _keep(actor: Actor, parcel: Shipment, known: list[TrackingNode], scans: Sequence[Scan]) -> list[Scan]:
    """Store what is new. Returns it, with what is known to be further than it was."""
    now = timezone.now()
    stored = {(node.scanned_at, node.text): FURTHER[node.state] for node in known}
    fresh: list[Scan] = []
    rows: dict[tuple[object, str], TrackingNode] = {}
    for said in in_true_order(scans):
        scan = _as_kept(as_believed(said, now))
        mark = (scan.at, scan.text)
        if FURTHER[scan.state] <= stored.get(mark, -2):
            continue
        is_known = mark in stored and mark not in rows
        stored[mark] = FURTHER[scan.state]
        fresh.append(scan)
        if not is_known:
            rows[mark] = TrackingNode(
                shipment=parcel,
                scanned_at=scan.at,
                state=scan.state,
                text=scan.text,
                place=scan.place,
                added_by=actor.name if actor.is_staff else "",
            )
    TrackingNode.objects.bulk_create(rows.values())
    return fresh


def _as_kept(scan: Scan) -> Scan:
    """With words in any case, and no longer than there is room for."""
    text = scan.text.strip() or str(State(scan.state).label if scan.state else "")
    return Scan(scan.at, scan.state, text[:LONGEST_TEXT], scan.place.strip()[:LONGEST_PLACE])


def _note_new_states(known: list[TrackingNode], fresh: Sequence[Scan]) -> None:
    """A scan whose code says more than it did."""
    further = {(scan.at, scan.text): scan.state for scan in fresh}
    raised = [node for node in known if (node.scanned_at, node.text) in further]
    for node in raised:
        node.state = further[node.scanned_at, node.text]
    TrackingNode.objects.bulk_update(raised, ["state"])


def _move(actor: Actor, order: Order, parcel: Shipment, scan: Scan) -> bool:
    """Move the parcel on by one scan. Returns whether it is somewhere else by it."""
    if scan.state == parcel.state:
        return False
    parcel.state = scan.state
    if scan.state == State.SIGNED:
        parcel.signed_at = scan.at
    if kind := EXCEPTIONS.get(State(scan.state)):
        open_task(parcel, kind, text=scan.text, by=actor)
    save_with_event(
        order,
        ShipmentUpdated,
        actor=actor,
        state=scan.state,
        text=scan.text,
        scanned_at=scan.at.isoformat(),
        place=scan.place,
        **parcel_facts(parcel),
    )
    return True


def _deliver(actor: Actor, order: Order) -> None:
    """Once every parcel of a shipped order has come to its end, the order is delivered."""
    if order.status != Status.SHIPPED or order.shipments.exclude(state__in=ENDED).exists():
        return
    # Sales may write down a signature; that it delivers the order follows from it.
    mover = actor if actor.may("orders.mark_delivered") else Actor.system()
    transition_order(actor=mover, order_id=order.pk, to=Status.DELIVERED)


@retry_on_deadlock
@transaction.atomic
def expect_scans(*, shipment_id: int) -> None:
    """From now on a parcel's courier reports scans: its silence means something."""
    lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
    Shipment.objects.filter(pk=shipment_id, watched_since=None).update(watched_since=timezone.now())
