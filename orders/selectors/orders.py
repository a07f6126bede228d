"""Reading orders: the desk's list, its tabs, one order with everything on its page."""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from orders import hooks
from orders.models import Order, OrderLine, Status
from orders.policies.transitions import Transition, transitions_from
from orders.selectors.search import search_orders
from orders.selectors.visibility import orders_visible_to, sees_colleagues_orders
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.database.prepared import NOTHING, NOW, Number, PreparedCount, ask_numbers
from shopcomm.core.events.selectors import last_position_number

__all__ = [
    "OrderFilters",
    "OrderPage",
    "allowed_transitions",
    "filtered_orders",
    "newest_and_counts",
    "order_for_detail",
    "order_list",
    "orders_visible_to",
    "search_orders",
    "status_counts",
]

MAX_PAGE = 500
COUNT_CAP = 1000


@dataclass(frozen=True)
class OrderFilters:
    """What a list of orders is narrowed to. Empty values narrow nothing."""

    status: str | tuple[str, ...] = ""
    q: str = ""
    source: str = ""
    urgent: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    # A staff id, or 0 for orders of nobody.
    assigned_to: int | None = None
    # Only orders whose conversation holds something this reader has not read.
    unread: bool = False
    customer_id: int | None = None
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True)
class OrderPage:
    """One page of a list, newest first, and where its neighbours begin."""

    orders: list[Order] = field(default_factory=list)
    next_cursor: str | None = None
    previous_cursor: str | None = None

    def __iter__(self) -> Any:
        return iter(self.orders)

    def __len__(self) -> int:
        return len(self.orders)


def filtered_orders(actor: Actor | None, filters: OrderFilters) -> QuerySet[Order]:
    """The visible orders that match, in no order yet."""
    orders = orders_visible_to(actor)
    statuses = (filters.status,) if isinstance(filters.status, str) else filters.status
    if any(statuses):
        orders = orders.filter(status__in=[status for status in statuses if status])
    plain: dict[str, Any] = {
        "source": filters.source or None,
        "urgent": filters.urgent,
        "placed_at__gte": filters.created_after,
        "placed_at__lt": filters.created_before,
        "customer_id": filters.customer_id,
    }
    orders = orders.filter(**{key: value for key, value in plain.items() if value is not None})
    if filters.assigned_to is not None:
        orders = orders.filter(assigned_to=filters.assigned_to or None)
    if filters.unread and actor is not None:
        for narrow in hooks.unread_order_filters:
            orders = narrow(orders, actor)
    return search_orders(orders, filters.q) if filters.q.strip() else orders


def order_list(actor: Actor | None, filters: OrderFilters) -> OrderPage:
    """One keyset page of whole orders; as quick on the thousandth page as on the first."""
    return keyset_page(actor, filters, with_list_fields)


def keyset_page(
    actor: Actor | None, filters: OrderFilters, shape: Callable[[QuerySet[Order]], Any]
) -> OrderPage:
    """One page of the matching orders in any shape that keeps `placed_at` and `pk`."""
    limit = max(1, min(filters.limit, MAX_PAGE))
    backward, key = _decode(filters.cursor)
    orders = filtered_orders(actor, filters)
    if key is not None:
        orders = orders.filter(_beyond(*key, backward=backward))
    ordering = ("placed_at", "id") if backward else ("-placed_at", "-id")
    rows = list(shape(orders.order_by(*ordering))[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    if backward:
        rows.reverse()
    older, newer = (bool(rows), more) if backward else (more, bool(key) and bool(rows))
    return OrderPage(
        rows,
        cursor_after(rows[-1]) if older else None,
        _encode(rows[0], backward=True) if newer else None,
    )


def with_list_fields(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Everything a row of a list shows, in two queries."""
    lines = OrderLine.objects.order_by("pk")
    return orders.select_related("customer", "assigned_to").prefetch_related(
        Prefetch("lines", queryset=lines)
    )


def _beyond(placed_at: datetime, pk: int, *, backward: bool) -> Q:
    # The first condition alone would do for the index; the second settles equal moments.
    if backward:
        return Q(placed_at__gte=placed_at) & (Q(placed_at__gt=placed_at) | Q(pk__gt=pk))
    return Q(placed_at__lte=placed_at) & (Q(placed_at__lt=placed_at) | Q(pk__lt=pk))


def cursor_after(order: Order) -> str:
    """Where the page behind this order begins."""
    return _encode(order, backward=False)


def _encode(order: Order, *, backward: bool) -> str:
    text = f"{'<' if backward else '>'}{order.placed_at.isoformat()}|{order.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    """Which way a cursor leads, and from where; an unreadable one starts at the beginning."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        return False, None
    written, _bar, number = text[1:].partition("|")
    moment, pk = reading.iso_moment(written), reading.whole_number(number, least=1)
    if moment is None or moment.tzinfo is None or pk is None:
        return False, None
    return text[0] == "<", (moment, pk)


def status_counts(actor: Actor | None) -> dict[str, int]:
    """How many orders each status has, counted to 1000 at most, in one query."""
    return dict(zip(Status.values, ask_numbers(*_status_numbers(actor)), strict=True))


def newest_and_counts(actor: Actor | None) -> tuple[int, dict[str, int]]:
    """The position of the newest event, and the counts of that moment."""
    newest, *counts = ask_numbers(last_position_number(), *_status_numbers(actor))
    return newest, dict(zip(Status.values, counts, strict=True))


def _status_numbers(actor: Actor | None) -> list[Number]:
    if actor is None:
        return [NOTHING] * len(Status.values)
    given = {**keys_given_for(actor), "now": timezone.now()}
    return [
        each.given(**given)
        for each in _prepared_counts(actor_with_given_keys(actor), sees_colleagues_orders(actor))
    ]


@lru_cache(maxsize=32)
def _prepared_counts(actor: Actor, _sees_colleagues: bool) -> tuple[PreparedCount, ...]:
    orders = orders_visible_to(actor, now=NOW)
    return tuple(PreparedCount.of([orders.filter(status=each)], most=COUNT_CAP) for each in Status.values)


def allowed_transitions(order: Order, actor: Actor | None) -> list[Transition]:
    """The next moves this actor may call for, one for each status, in the table's order."""
    if actor is None:
        return []
    rows = transitions_from(order.status, order.status_before)
    open_: dict[str, Transition] = {}
    for row in rows:
        if actor.may(row.right):
            open_.setdefault(row.to, row)
    return list(open_.values())


def order_for_detail(actor: Actor | None, number: str) -> Order:
    """One order with all its page shows. Raises Order.DoesNotExist when it is not theirs to see."""
    return with_detail_fields(orders_visible_to(actor)).get(number=number)


def with_detail_fields(orders: QuerySet[Order]) -> QuerySet[Order]:
    """An order's lines with pictures, payments, refunds, parcels with their scans, alerts."""
    lines = OrderLine.objects.select_related("variant__product").order_by("pk")
    related: Iterable[Any] = (
        Prefetch("lines", queryset=lines),
        "payments",
        "refunds",
        "shipments__nodes",
        "shipments__lines__line",
        "alerts",
    )
    return orders.select_related("customer", "assigned_to", "picker").prefetch_related(*related)
