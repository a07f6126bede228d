"""Who may see which orders: one queryset for page, API, socket and search."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import BigIntegerField, CharField, Field, Q, QuerySet
from django.utils import timezone

from orders.models import Order, Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.database.prepared import NOW, Given
from shopcomm.core.database.together import PreparedRows, read_together
from shopcomm.core.events.selectors import events_of_order

STOCKROOM_SEES = (Status.PAID, Status.PICKING, Status.SHIPPED, Status.DELIVERED, Status.REFUNDING)
RECENT = timedelta(days=7)
# What an order is asked for by.
KEYS: "dict[str, Field[Any, Any]]" = {"number": CharField(), "pk": BigIntegerField()}


def orders_visible_to(actor: Actor | None, *, now: datetime | None = None) -> QuerySet[Order]:
    """The orders somebody may see at a moment, which is this one unless another is named; for nobody, none."""
    orders = Order.objects.all()
    if actor is None:
        return orders.none()
    if actor.may("orders.view_own"):
        own = orders.filter(customer_id=actor.id_or_zero)
        return own.filter(pk=actor.order_id) if actor.order_id else own
    if actor.may("orders.view_all"):
        return orders
    if actor.may("orders.view_to_ship"):
        finished = Q(status=Status.COMPLETED, closed_at__gte=(now or timezone.now()) - RECENT)
        return orders.filter(Q(status__in=STOCKROOM_SEES) | finished)
    if actor.may("orders.view_assigned"):
        own_or_free = Q(assigned_to=actor.id) | Q(assigned_to=None)
        return orders if sees_colleagues_orders(actor) else orders.filter(own_or_free)
    return orders.none()


def sees_colleagues_orders(actor: Actor) -> bool:
    """Whether the shop shows somebody who works on assigned orders those of colleagues, too: all of the rule that is no
    right of the actor's. What is built once for all who are alike is built once for each answer."""
    return actor.may("orders.view_assigned") and shop_settings().sales_see_all


def find_visible_order(actor: Actor, number: str) -> Order | None:
    """The order of that number, with its customer, its assignee and its evaluation, when somebody may see it."""
    return _find(actor, "number", number)


def find_own_order(actor: Actor, order_id: int) -> Order | None:
    """The same by its key."""
    return _find(actor, "pk", order_id)


def _find(actor: Actor, name: str, wanted: str | int) -> Order | None:
    prepared = _prepared_order(actor_with_given_keys(actor), name, sees_colleagues_orders(actor))
    (found,) = read_together(prepared.given(**keys_given_for(actor), now=timezone.now(), wanted=wanted))
    return found[0] if found else None


@lru_cache(maxsize=32)
def _prepared_order(actor: Actor, name: str, _sees_colleagues: bool) -> PreparedRows[Order]:
    found = orders_visible_to(actor, now=NOW).filter(**{name: Given("wanted", KEYS[name])})
    return PreparedRows(found, "customer", "assigned_to", "evaluation")


def visible_orders_sql(actor: Actor) -> tuple[str, list[Any]]:
    """The same rule for statements that are written out, of a table `orders_order`."""
    condition, values = _prepared_condition(actor_with_given_keys(actor), sees_colleagues_orders(actor))
    given = keys_given_for(actor) | {"now": timezone.now()}
    return condition, [given[each.name] if isinstance(each, Given) else each for each in values]


@lru_cache(maxsize=32)
def _prepared_condition(actor: Actor, _sees_colleagues: bool) -> tuple[str, tuple[Any, ...]]:
    """Built once for everybody whom the rule and the shop's setting treat alike."""
    query = orders_visible_to(actor, now=NOW).query
    try:
        condition, values = query.where.as_sql(query.get_compiler(connection=connection), connection)
    except FullResultSet:
        return "TRUE", ()
    except EmptyResultSet:
        return "FALSE", ()
    return condition, tuple(values)


def successor_of(actor: Actor, number: str) -> str | None:
    """Who has an order that this member of staff worked on and may not see any more; "" for nobody in particular.

    None for whoever sees it, and for whoever never did anything with it: to them there is no such order.
    """
    order = Order.objects.filter(number=number).select_related("assigned_to").first()
    if order is None or not actor.is_staff or orders_visible_to(actor).filter(pk=order.pk).exists():
        return None
    worked_on = events_of_order(order.pk).filter(actor_kind="staff", actor_id=actor.id_or_zero)
    return str(order.assigned_to or "") if worked_on.exists() else None
