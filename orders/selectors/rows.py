"""A page of the desk's list as plain values: what fifty rows show, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from orders import hooks
from orders.models import Order
from orders.selectors.credit import BALANCE
from orders.selectors.open_sums import TO_RETURN, OpenSum, open_sum
from orders.selectors.orders import OrderFilters, OrderPage, cursor_after, keyset_page
from orders.selectors.visibility import orders_visible_to, sees_colleagues_orders
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.database.prepared import NOW, PreparedValues


class Goods(NamedTuple):
    """An order's first line and how many there are."""

    name: str
    styles: int
    picture: str
    static_picture: str
    product: str


@dataclass(frozen=True)
class OrderRow:
    """One order as a list shows it."""

    pk: int
    number: str
    status: str
    urgent: bool
    placed_at: datetime
    total: Decimal
    currency: str
    hold_reason: str
    shortage: bool
    customer: str
    paid_amount: Decimal
    balance: Decimal
    on_account: bool
    due_on: date | None
    to_return: Decimal
    goods: Goods
    talk: hooks.ConversationSummary

    @property
    def open_sum(self) -> OpenSum:
        """What is to be paid or refunded, as the order's own page says it."""
        return open_sum(self, self.to_return)


@dataclass(frozen=True)
class RowPage:
    """One page of rows, newest first, and where its neighbours begin."""

    rows: list[OrderRow] = field(default_factory=list)
    next_cursor: str | None = None
    previous_cursor: str | None = None


FIELDS = (
    "pk", "number", "status", "urgent", "placed_at", "total", "currency", "hold_reason", "shortage", "paid_amount",
    "on_account", "due_on",
)  # fmt: skip
PEOPLE = ("customer__company", "customer__name")
# Written out: building it from models costs three times what it costs to run, on the page that is opened most.
FIRST_LINES = """
SELECT DISTINCT ON (l.order_id) l.order_id, l.name, count(*) OVER (PARTITION BY l.order_id),
       v.picture, v.static_picture, p.name
FROM orders_orderline l
LEFT JOIN orders_variant v ON v.id = l.variant_id
LEFT JOIN orders_product p ON p.id = v.product_id
WHERE l.order_id = ANY(%s) AND l.quantity > l.cancelled_quantity ORDER BY l.order_id, l.id
"""
NOTHING = Goods("", 0, "", "", "")
# What a screen has room for; the others are a button away.
ROWS_BESIDE = 15


def order_rows(actor: Actor, filters: OrderFilters, *, beside: str = "") -> RowPage:
    """One keyset page of rows; as quick on the thousandth page as on the first.

    `beside`: the number of an order that is open beside the list. The list is short then, but goes as far as that
    order's row, if the page does.
    """
    page = _newest(actor) if filters == OrderFilters() else keyset_page(actor, filters, _values)
    if beside:
        page = _shortened(page, beside)
    return RowPage(rows_for_list(page.orders, actor), page.next_cursor, page.previous_cursor)


def _shortened(page: OrderPage, number: str) -> OrderPage:
    place = next((place for place, row in enumerate(page.orders) if row.number == number), 0)
    kept = page.orders[: max(ROWS_BESIDE, place + 1)]
    if len(kept) == len(page.orders):
        return page
    return OrderPage(kept, cursor_after(kept[-1]), page.previous_cursor)


def _newest(actor: Actor) -> OrderPage:
    """The first page of all that somebody may see: what the desk is opened with."""
    found = _prepared_newest(actor_with_given_keys(actor), sees_colleagues_orders(actor))
    rows = found.read_rows(**keys_given_for(actor), now=timezone.now())
    limit = OrderFilters.limit
    return OrderPage(rows[:limit], cursor_after(rows[limit - 1]) if len(rows) > limit else None)


@lru_cache(maxsize=32)
def _prepared_newest(actor: Actor, _sees_colleagues: bool) -> PreparedValues:
    newest = orders_visible_to(actor, now=NOW).order_by("-placed_at", "-id")
    return PreparedValues(_values(newest)[: OrderFilters.limit + 1])


def order_row(actor: Actor, orders: QuerySet[Order]) -> OrderRow | None:
    """One order of a queryset as a row."""
    found = rows_for_list(_values(orders)[:1], actor)
    return found[0] if found else None


def _values(orders: QuerySet[Order]) -> Any:
    return orders.annotate(open=BALANCE, to_return=TO_RETURN).values_list(
        *FIELDS, *PEOPLE, "open", "to_return", named=True
    )


def rows_for_list(found: Iterable[Any], actor: Actor) -> list[OrderRow]:
    """Rows with their goods and the last message of their conversations."""
    found = list(found)
    ids = [row.pk for row in found]
    goods, talk = _goods(ids), _talk(ids, actor)
    return [
        OrderRow(
            **{name: getattr(row, name) for name in FIELDS},
            customer=row.customer__company or row.customer__name,
            balance=row.open,
            to_return=row.to_return,
            goods=goods.get(row.pk, NOTHING),
            talk=talk.get(row.pk, hooks.SILENCE),
        )
        for row in found
    ]


def _goods(ids: list[int]) -> dict[int, Goods]:
    with connection.cursor() as cursor:
        cursor.execute(FIRST_LINES, [ids])
        return {
            pk: Goods(name, styles, picture or "", drawn or "", product or "")
            for pk, name, styles, picture, drawn, product in cursor
        }


def _talk(ids: list[int], actor: Actor) -> dict[int, hooks.ConversationSummary]:
    return {pk: talk for hook in hooks.conversation_summary_hooks for pk, talk in hook(ids, actor).items()}
