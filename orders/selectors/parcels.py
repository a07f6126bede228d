"""Parcels under way: where each has been, what is to be seen to about it, and which have not been heard of."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, F, Max, Prefetch, Q, QuerySet
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.models import Order, ParcelTask, Shipment, ShipmentLine, TrackingNode
from orders.policies.parcel_way import ENDED, EXCEPTIONS, SILENCE, way_in_words
from orders.reading.couriers import courier_name, hotline_of
from orders.selectors.todo_rows import Todo, TodoKind
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

State = Shipment.State
# The stops that every parcel comes by, in their order.
_STOPS = (State.HANDED_OVER, State.COLLECTED, State.IN_TRANSIT, State.OUT_FOR_DELIVERY, State.SIGNED)


@dataclass(frozen=True)
class Stop:
    """One stop of the way; `state` is done, now or empty."""

    label: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Way:
    """A parcel's way in words: the stops, the towns, and the scans, the newest first."""

    stops: list[Stop]
    towns: list[str]
    scans: list[TrackingNode]


def parcel_way_of(parcel: Shipment) -> Way:
    """The way of a parcel whose scans have been fetched."""
    scans = list(parcel.nodes.all())
    return Way(_stops(parcel, scans), way_in_words(scan.place for scan in reversed(scans)), scans)


def _stops(parcel: Shipment, scans: list[TrackingNode]) -> list[Stop]:
    first: dict[str, datetime] = {State.HANDED_OVER: parcel.shipped_at}
    for scan in reversed(scans):
        first.setdefault(scan.state, scan.scanned_at)
    if parcel.signed_at:
        first[State.SIGNED] = parcel.signed_at
    is_off = parcel.state in EXCEPTIONS or parcel.state == State.RETURNED
    reached = max((place for place, state in enumerate(_STOPS) if state in first), default=0)
    now = _STOPS.index(State(parcel.state)) if parcel.state in _STOPS else reached
    stops = []
    for place, state in enumerate(_STOPS):
        if is_off and place > reached:
            break
        mark = "done" if place < now or is_off else "now" if place == now else ""
        stops.append(Stop(str(state.label), mark, first.get(state) if mark else None))
    if is_off:
        stops.append(Stop(parcel.get_state_display(), "now", first.get(parcel.state)))
    return stops


def parcels_visible_to(actor: Actor | None) -> QuerySet[Shipment]:
    """The parcels of the orders that somebody may see, with their scans."""
    visible = Shipment.objects.filter(order__in=orders_visible_to(actor))
    return visible.select_related("order").prefetch_related("nodes")


def parcels_with_lines(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Parcels with what is in them."""
    lines = ShipmentLine.objects.select_related("line").order_by("pk")
    return parcels.prefetch_related(Prefetch("lines", queryset=lines))


def last_scan_of(parcel: Shipment) -> datetime:
    """When a parcel was heard of last: its newest scan, or that it left and somebody began to follow it."""
    newest = parcel.nodes.aggregate(at=Max("scanned_at"))["at"]
    return max(moment for moment in (newest, parcel.shipped_at, parcel.watched_since) if moment)


def silent_parcels(now: datetime) -> QuerySet[Shipment]:
    """Parcels that are followed and were not scanned for 48 hours, and about whose silence nobody has been told."""
    before = now - SILENCE
    watched = Shipment.objects.exclude(state__in=ENDED).filter(
        watched_since__lte=before, shipped_at__lte=before
    )
    heard = watched.annotate(
        newest=Max("nodes__scanned_at"),
        told=Max("tasks__raised_at", filter=Q(tasks__kind=ParcelTask.Kind.SILENT)),
    )
    silent = heard.annotate(
        heard_at=Greatest("newest", "shipped_at", "watched_since", output_field=DateTimeField())
    ).filter(heard_at__lte=before)
    return silent.filter(Q(told=None) | Q(told__lte=F("heard_at"))).order_by("pk")


def open_tasks_concerning(orders: QuerySet[Order]) -> QuerySet[ParcelTask]:
    """What is to be seen to about parcels of some orders, the oldest first."""
    rows = ParcelTask.objects.filter(settled_at=None, shipment__order__in=orders)
    return rows.select_related("shipment__order__customer").order_by("raised_at", "pk")


def parcel_todo(row: ParcelTask) -> Todo:
    """One of them as a row of the queue, with the courier and whom to ring."""
    order, parcel = row.shipment.order, row.shipment
    phone = hotline_of(parcel.carrier)
    carrier = f"{courier_name(parcel.carrier)} {phone}".strip()
    text = _("%(what)s · %(carrier)s") % {"what": row.get_kind_display(), "carrier": carrier}
    return Todo(
        TodoKind.PARCEL,
        row.pk,
        row.raised_at,
        customer=order.customer.company or order.customer.name,
        text=f"{text} · {row.text}" if row.text else text,
        number=order.number,
        url=reverse("orders:parcel", args=[parcel.pk]),
    )
