"""The warehouse board."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.models import (
    ChangeRequest,
    Handler,
    Order,
    OrderLine,
    Status,
    StockReservation,
    Urge,
    WarehouseAlert,
)
from orders.selectors.change_requests import freezing_requests
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.configuration.cutoff import dispatch_cutoff
from shopcomm.core.database.prepared import NOW, Number, PreparedCount

COLUMN_PAGE = 40
# More than this nobody reads; what is beyond is counted all the same.
ALERTS_SHOWN = 100
COUNTED_TO = 100
COLUMNS = ("new", "picking", "packed", "shipped")


@dataclass(frozen=True)
class Column:
    """One column of the board: a page of its orders, the urgent first, and how many there are in all."""

    key: str
    keys: list[int]
    count: int
    page: int
    pages: int
    orders: list[Order] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """The day so far, and what still has to leave before the courier comes."""

    came_in: int
    left: int
    # Paid before the cut-off and still here; without one all that is paid.
    to_leave: int
    cutoff: datetime | None
    is_over: bool


@dataclass(frozen=True)
class Board:
    """The columns, above them the changes nobody has acknowledged, and how the day goes."""

    columns: list[Column]
    alerts: list[WarehouseAlert]
    alerts_count: int
    figures: Figures


def warehouse_board(actor: Actor | None, pages: Mapping[str, int] = MappingProxyType({})) -> Board:
    """The board as this actor sees it. `pages`: which page of a column, by the column's key; the first otherwise."""
    waiting = _open_alerts(actor)
    columns = [_column(actor, key, pages.get(key, 1)) for key in COLUMNS]
    shown = _with_pick_fields_by_key([pk for column in columns for pk in column.keys])
    return Board(
        [replace(column, orders=[shown[pk] for pk in column.keys if pk in shown]) for column in columns],
        list(waiting.select_related("order")[:ALERTS_SHOWN]),
        waiting.count(),
        day_figures(actor),
    )


def _column(actor: Actor | None, key: str, page: int) -> Column:
    orders = column_orders(actor, key)
    count = orders.count()
    pages = max(1, -(-count // COLUMN_PAGE))
    page = min(max(page, 1), pages)
    rows = orders.values_list("pk", flat=True)[(page - 1) * COLUMN_PAGE : page * COLUMN_PAGE]
    return Column(key, list(rows) if count else [], count, page, pages)


def _with_pick_fields_by_key(keys: list[int]) -> dict[int, Order]:
    """The orders of all columns at once, so that four columns ask for lines and pictures as often as one."""
    return {order.pk: order for order in with_pick_fields(Order.objects.filter(pk__in=keys))}


def column_orders(actor: Actor | None, key: str) -> QuerySet[Order]:
    """All orders of one column; each asks for itself, so that a full one hides nothing of another."""
    visible = orders_visible_to(actor)
    picking = visible.filter(status=Status.PICKING).order_by("-urgent", "placed_at", "id")
    if key == "new":
        return visible.filter(status=Status.PAID).order_by("-urgent", "paid_at", "id")
    if key == "picking":
        return picking.exclude(is_packed())
    if key == "packed":
        return picking.filter(is_packed())
    left = visible.filter(status=Status.SHIPPED, shipped_at__gte=start_of_day())
    return left.order_by("-shipped_at", "-id")


def is_packed() -> Q:
    """Whether all of an order that is there lies in the box: of a line that is short, what is held for it."""
    held = StockReservation.objects.filter(line=OuterRef("pk")).values("quantity")
    there = F("shipped_quantity") + Coalesce(Subquery(held), 0)
    lines = OrderLine.objects.filter(order=OuterRef("pk"))
    open_lines = lines.filter(picked_quantity__lt=F("quantity") - F("cancelled_quantity"))
    known = Q(order__shortage=True, variant__isnull=False)
    lacking = open_lines.filter(~known | Q(picked_quantity__lt=there))
    in_box = lines.filter(picked_quantity__gt=F("shipped_quantity"))
    return Q(~Exists(lacking)) & Q(Exists(in_box))


def day_figures(actor: Actor | None) -> Figures:
    """Today's orders: come in, left, and those that the courier of today should still take."""
    visible, today, now = orders_visible_to(actor), start_of_day(), timezone.now()
    cutoff = dispatch_cutoff(now)
    here = visible.filter(status__in=(Status.PAID, Status.PICKING))
    here = here.filter(Q(deliver_on=None) | Q(deliver_on__lte=timezone.localdate(now)))
    return Figures(
        came_in=visible.filter(paid_at__gte=today).count(),
        left=visible.filter(shipped_at__gte=today).count(),
        to_leave=(here.filter(paid_at__lte=cutoff) if cutoff else here).count(),
        cutoff=cutoff,
        is_over=cutoff is not None and now > cutoff,
    )


def start_of_day() -> datetime:
    """Midnight in the shop."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def with_pick_fields(orders: QuerySet[Order]) -> QuerySet[Order]:
    """What a card and its pick list show."""
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


def _open_alerts(actor: Actor | None) -> QuerySet[WarehouseAlert]:
    """Changes that wait for somebody in the warehouse: urgent orders' first and of those the newest, then the oldest."""
    alerts = WarehouseAlert.objects.filter(acknowledged_at=None, order__in=orders_visible_to(actor))
    new_urgent = Case(When(order__urgent=True, then=F("raised_at")))
    return alerts.order_by(new_urgent.desc(nulls_last=True), "raised_at", "id")


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
