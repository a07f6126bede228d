"""Moving the demo shop's parcels: each new one within minutes, those of the demo's past one after the other."""

from datetime import datetime, timedelta

from orders.models import Shipment
from orders.policies.parcel_way import ENDED, Scan
from orders.services.tracking import record_scans
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.couriers.adapters.demo import way_of_parcel
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackedParcel
from shopcomm.edge.integrations.couriers.services.accounts import Wanted as WantedAccount
from shopcomm.edge.integrations.couriers.services.accounts import create_account

MOST = 20
# Between two parcels of the demo's past that move.
BETWEEN = timedelta(minutes=3)
OURS = TrackedParcel.objects.filter(account__adapter="demo", account__state="active")


def open_demo_account(now: datetime) -> CourierAccount:
    """The demo's courier, which takes over what is under way: one parcel after the other."""
    account = CourierAccount.objects.filter(adapter="demo").first()
    if account:
        return account
    account = create_account(adapter="demo", wanted=WantedAccount(name="演示快递"))
    under_way = Shipment.objects.exclude(state__in=ENDED).order_by("-shipped_at", "pk")
    TrackedParcel.objects.bulk_create(
        TrackedParcel(
            account=account,
            shipment=parcel,
            state=TrackedParcel.State.SUBSCRIBED,
            steps=_steps_done(parcel),
            due_at=now + BETWEEN * (place + 1),
        )
        for place, parcel in enumerate(under_way)
    )
    return account


def _steps_done(parcel: Shipment) -> int:
    """How far a parcel of the past is on the demo's way."""
    done = [place for place, step in enumerate(way_of_parcel(parcel.pk)) if step.state == parcel.state]
    return done[-1] + 1 if done else 0


def move_demo_parcels(now: datetime) -> int:
    """Give every parcel of the demo that is due its next scan. Returns how many."""
    due = OURS.filter(due_at__lte=now).exclude(state=TrackedParcel.State.OVER)
    rows = due.select_related("shipment__order").order_by("due_at", "pk")[:MOST]
    return sum(_move(tracked, now) for tracked in rows)


def _move(tracked: TrackedParcel, now: datetime) -> int:
    parcel, way = tracked.shipment, way_of_parcel(tracked.shipment_id)
    mine = TrackedParcel.objects.filter(pk=tracked.pk, steps=tracked.steps)
    if tracked.state == TrackedParcel.State.WAITING:
        mine.update(state=TrackedParcel.State.SUBSCRIBED, due_at=now + way[0].after)
        return 0
    if tracked.steps >= len(way) or parcel.state in ENDED:
        mine.update(state=TrackedParcel.State.OVER, ended="arrived")
        return 0
    step, is_last = way[tracked.steps], tracked.steps + 1 == len(way)
    next_at = now if is_last else now + way[tracked.steps + 1].after
    # Whoever counts the step makes it: two workers make one scan.
    if not mine.update(steps=tracked.steps + 1, due_at=next_at, heard_at=now):
        return 0
    where = {"city": parcel.order.city or "本市", "province": parcel.order.province}
    scan = Scan(now, step.state, step.text.format(**where), step.place.format(**where))
    record_scans(actor=Actor.system(), shipment_id=parcel.pk, scans=[scan])
    return 1
