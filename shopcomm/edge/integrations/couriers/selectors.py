"""What managers see of the tracking services."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from orders.selectors.todo_rows import Todo, TodoKind, TodoSource
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackedParcel, TrackingPush

State = TrackingPush.State
PAGE = 100


def accounts_with_counts() -> QuerySet[CourierAccount]:
    """Every account, with how many parcels it follows."""
    followed = Count("parcels", filter=~Q(parcels__state=TrackedParcel.State.OVER))
    return CourierAccount.objects.annotate(followed=followed).order_by("pk")


def latest_pushes(account: CourierAccount, state: str = "") -> list[TrackingPush]:
    """The last hundred pushes of an account, the newest first; of one state where one is named."""
    rows = TrackingPush.objects.filter(account=account).defer("body")
    if state in State.values:
        rows = rows.filter(state=state)
    return list(rows.order_by("-pk")[:PAGE])


def parcels_with_trouble(account: CourierAccount) -> list[TrackedParcel]:
    """What a service says no to, or takes for another courier's."""
    rows = TrackedParcel.objects.filter(account=account).exclude(error="", suggested_carrier="")
    return list(rows.select_related("shipment__order").order_by("-pk")[:PAGE])


def settled_pushes(moment: datetime) -> QuerySet[TrackingPush]:
    """The pushes that were settled before a moment and wait for nobody."""
    return TrackingPush.objects.filter(settled_at__lt=moment).exclude(state=State.PARKED)


def stuck_pushes(actor: Actor, now: datetime) -> QuerySet[TrackingPush]:
    """What nobody can read: those who may settle it see all, the others none."""
    rows = TrackingPush.objects.filter(state=State.PARKED, received_at__lte=now)
    if not actor.may("admin"):
        rows = rows.filter(pk__isnull=True)
    return rows.select_related("account").order_by("received_at", "pk")


def stuck_push_todo(push: TrackingPush) -> Todo:
    """One of them."""
    return Todo(
        TodoKind.OUTSIDE,
        push.pk,
        push.received_at,
        customer=push.account.name,
        text=push.reason,
        number=push.number,
        url=reverse("couriers:push", args=[push.pk]),
    )


STUCK_PUSHES = TodoSource(stuck_pushes, stuck_push_todo)
