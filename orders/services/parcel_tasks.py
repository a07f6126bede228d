"""What has to be seen to with a courier: raised by scans, by silence and by people, and settled by people or by the parcel itself."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import ParcelAlerted, ParcelTaskSettled
from orders.models import Order, ParcelTask, Shipment
from orders.policies.parcel_way import ENDED, SETTLED_BY, SILENCE
from orders.selectors.parcels import last_scan_of
from orders.services.locks import lock_order
from orders.services.rights import check_owner, require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock

Kind = ParcelTask.Kind
LONGEST = 300


def open_task(parcel: Shipment, kind: str, *, text: str, by: Actor) -> ParcelTask:
    """Put something before sales, once for each parcel. The order's row is locked."""
    task, _made = ParcelTask.objects.get_or_create(
        shipment=parcel,
        kind=kind,
        settled_at=None,
        defaults={
            "text": text[:LONGEST],
            "raised_at": timezone.now(),
            "raised_by": by.name if by.is_staff else "",
        },
    )
    return task


def settle_tasks_of(parcel: Shipment, state: str) -> None:
    """What a parcel settles by being where it is now. The order's row is locked."""
    settled = SETTLED_BY.get(state, frozenset())
    if settled:
        open_ = ParcelTask.objects.filter(shipment=parcel, kind__in=settled, settled_at=None)
        open_.update(settled_at=timezone.now())


def end_parcels(order: Order, state: str, **more: Any) -> None:
    """Every parcel under way has come to its end, as far as people say so; nobody has to see to it any more.

    The order's row is locked.
    """
    for parcel in order.shipments.exclude(state__in=ENDED):
        Shipment.objects.filter(pk=parcel.pk).update(state=state, **more)
        settle_tasks_of(parcel, state)


@retry_on_deadlock
@transaction.atomic
def alert_silence(*, shipment_id: int, now: datetime) -> bool:
    """Tell sales of a parcel that was not scanned for 48 hours; once for each silence. Returns whether it is told now."""
    order = lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
    parcel = Shipment.objects.get(pk=shipment_id)
    since = last_scan_of(parcel)
    told = ParcelTask.objects.filter(shipment=parcel, kind=Kind.SILENT, raised_at__gt=since).exists()
    if told or parcel.state in ENDED or parcel.watched_since is None or now - since < SILENCE:
        return False
    hours = int((now - since).total_seconds() // 3600)
    text = _("%(hours)s 小时没有新的物流") % {"hours": hours}
    system = Actor.system()
    open_task(parcel, Kind.SILENT, text=text, by=system)
    _publish_alert(order, parcel, Kind.SILENT, text, system)
    return True


@retry_on_deadlock
@transaction.atomic
def ask_interception(*, actor: Actor, shipment_id: int, reason: str) -> ParcelTask:
    """Have a parcel that is on its way stopped and brought back: a task for whoever rings the courier.

    Raises Shipment.DoesNotExist, NotAllowed, and GuardFailed for a parcel that has arrived or has no reason named.
    """
    require_right(actor, "changes.ask_courier")
    order = lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
    check_owner(order, actor)
    parcel = Shipment.objects.get(pk=shipment_id)
    if parcel.state in ENDED:
        raise GuardFailed(("nothing_to_intercept", _("这个包裹不能再拦截")))
    if not reason.strip():
        raise GuardFailed(("reason_required", _("请填写原因")))
    known = ParcelTask.objects.filter(shipment=parcel, kind=Kind.INTERCEPT, settled_at=None).first()
    if known:
        return known
    task = open_task(parcel, Kind.INTERCEPT, text=reason.strip(), by=actor)
    _publish_alert(order, parcel, Kind.INTERCEPT, task.text, actor)
    return task


@retry_on_deadlock
@transaction.atomic
def settle_task(*, actor: Actor, task_id: int, outcome: str) -> ParcelTask:
    """Write down what came of it. One that is settled stays as it is. Raises ParcelTask.DoesNotExist, NotAllowed."""
    require_right(actor, "changes.answer_courier")
    order = lock_order(ParcelTask.objects.values_list("shipment__order_id", flat=True).get(pk=task_id))
    task = ParcelTask.objects.select_related("shipment").get(pk=task_id)
    if task.settled_at:
        return task
    task.settled_at, task.settled_by = timezone.now(), actor.name
    task.outcome = outcome.strip()[:LONGEST]
    task.save()
    facts = parcel_facts(task.shipment)
    save_with_event(order, ParcelTaskSettled, actor=actor, kind=task.kind, outcome=task.outcome, **facts)
    return task


def _publish_alert(order: Order, parcel: Shipment, kind: str, text: str, actor: Actor) -> None:
    save_with_event(order, ParcelAlerted, actor=actor, kind=kind, text=text, **parcel_facts(parcel))


def parcel_facts(parcel: Shipment) -> dict[str, Any]:
    """Which parcel an event is about."""
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "shipment_id": parcel.pk,
    }
