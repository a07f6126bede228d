"""What the stockroom looks at all day."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import ChangeRequest, Handler, Order, OrderLine, Status, Urge, WarehouseAlert
from orders.selectors.change_requests import freezing
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

COLUMN_LIMIT = 100


@dataclass(frozen=True)
class Column:
    """One column of the board, urgent first."""

    key: str
    label: str
    orders: list[Order]
    more: bool


@dataclass(frozen=True)
class Board:
    """The columns and, above them, the changes nobody has acknowledged."""

    columns: list[Column]
    alerts: list[WarehouseAlert]


def warehouse_board(actor: Actor | None) -> Board:
    """The board as this actor sees it."""
    visible = orders_visible_to(actor)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    first = ("-urgent", "placed_at")
    return Board(
        [
            _column(
                "new", _("待配货"), visible.filter(status=Status.PAID).order_by("-urgent", "paid_at", "id")
            ),
            _column("picking", _("配货中"), visible.filter(status=Status.PICKING).order_by(*first)),
            _column(
                "shipped",
                _("今日已发"),
                visible.filter(status=Status.SHIPPED, shipped_at__gte=today).order_by("-shipped_at"),
            ),
        ],
        open_alerts(actor),
    )


def _column(key: str, label: str, orders: QuerySet[Order]) -> Column:
    rows = list(with_pick_fields(orders)[: COLUMN_LIMIT + 1])
    return Column(key, label, rows[:COLUMN_LIMIT], len(rows) > COLUMN_LIMIT)


def with_pick_fields(orders: QuerySet[Order]) -> QuerySet[Order]:
    """What a card and its pick list show."""
    lines = OrderLine.objects.select_related("variant__product").order_by("pk")
    return orders.select_related("customer", "picker").prefetch_related(
        Prefetch("lines", queryset=lines),
        Prefetch(
            "alerts", queryset=WarehouseAlert.objects.filter(acknowledged_at=None), to_attr="open_alerts"
        ),
        Prefetch("urges", queryset=Urge.objects.order_by("-id"), to_attr="pressed"),
        Prefetch("change_requests", queryset=freezing(), to_attr="open_freezing"),
        "shipments",
    )


def open_alerts(actor: Actor | None) -> list[WarehouseAlert]:
    """Changes that wait for somebody in the warehouse, oldest first."""
    alerts = WarehouseAlert.objects.filter(acknowledged_at=None, order__in=orders_visible_to(actor))
    return list(alerts.select_related("order").order_by("raised_at")[:COLUMN_LIMIT])


def waiting_count(actor: Actor) -> int:
    """How much waits for the warehouse: new orders not acknowledged, and changes. Counted to a cap."""
    new = orders_visible_to(actor).filter(status=Status.PAID, acknowledged_version=0)
    alerts = WarehouseAlert.objects.filter(acknowledged_at=None, order__in=orders_visible_to(actor))
    asked = ChangeRequest.objects.filter(
        state=ChangeRequest.State.OPEN, handler=Handler.WAREHOUSE, order__in=orders_visible_to(actor)
    )
    return sum(waiting[:COLUMN_LIMIT].count() for waiting in (new, alerts, asked))


def pick_list(order: Order) -> list[OrderLine]:
    """An order's lines the way one walks through the shelves."""
    return list(
        OrderLine.objects.filter(order=order)
        .select_related("variant__product")
        .order_by("variant__location", "sku", "pk")
    )
