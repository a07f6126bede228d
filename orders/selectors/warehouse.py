"""What waits for the warehouse, and what it shows of one order."""

from functools import lru_cache

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from orders.models import (
    ChangeRequest,
    Handler,
    Order,
    OrderLine,
    Status,
    Urge,
    WarehouseAlert,
)
from orders.selectors.change_requests import freezing_requests
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.database.prepared import NOW, Number, PreparedCount

COUNTED_TO = 100


def with_pick_fields(orders: QuerySet[Order]) -> QuerySet[Order]:
    """What the panel of an order and its papers show."""
    lines = OrderLine.objects.select_related("variant__product").order_by("pk")
    return orders.select_related("customer", "picker").prefetch_related(
        Prefetch("lines", queryset=lines),
        Prefetch(
            "alerts", queryset=WarehouseAlert.objects.filter(acknowledged_at=None), to_attr="open_alerts"
        ),
        Prefetch("urges", queryset=Urge.objects.order_by("-id"), to_attr="pressed"),
        Prefetch("change_requests", queryset=freezing_requests(), to_attr="open_freezing"),
        "shipments",
    )


def waiting_number(actor: Actor) -> Number:
    """How much waits for the warehouse: new orders not acknowledged, and changes. Counted to a cap."""
    return _prepared_count(actor_with_given_keys(actor)).given(**keys_given_for(actor), now=timezone.now())


@lru_cache(maxsize=32)
def _prepared_count(actor: Actor) -> PreparedCount:
    visible = orders_visible_to(actor, now=NOW)
    new = visible.filter(status=Status.PAID, acknowledged_version=0)
    alerts = WarehouseAlert.objects.filter(acknowledged_at=None, order__in=visible)
    asked = ChangeRequest.objects.filter(
        state=ChangeRequest.State.OPEN, handler=Handler.WAREHOUSE, order__in=visible
    )
    return PreparedCount.of([new, alerts, asked], most=COUNTED_TO)


def pick_list(order: Order) -> list[OrderLine]:
    """An order's lines the way one walks through the shelves."""
    return list(
        OrderLine.objects.filter(order=order)
        .select_related("variant__product")
        .order_by("variant__location", "sku", "pk")
    )
