"""Finding a customer while an order is written: by name, company or the last digits of their phone."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from orders.models import Order
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.search import customer_conditions
from shopcomm.core.search.query import parse_query

MOST = 8
# One letter means half of the shop.
SHORTEST = 2


def customers_visible_to(actor: Actor) -> QuerySet[Customer]:
    """The customers of the orders an actor may see, and those who have not bought yet."""
    orders = Order.objects.filter(customer=OuterRef("pk"))
    seen = orders_visible_to(actor).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Q(Exists(seen)) | ~Q(Exists(orders)), is_active=True)


def customers_matching(actor: Actor, text: str) -> list[Customer]:
    """Customers by part of their name or company, or by their phone or its end; the latest buyer first."""
    query = parse_query(text)
    if len(query.text) < SHORTEST:
        return []
    conditions = customer_conditions(query)
    known = " UNION ".join(
        f"(SELECT id FROM accounts_customer WHERE {where})" for where, _params in conditions
    )
    wanted = RawSQL(f"({known})", [value for _where, params in conditions for value in params])
    last = Order.objects.filter(customer=OuterRef("pk")).order_by("-placed_at").values("placed_at")[:1]
    found = customers_visible_to(actor).filter(pk__in=wanted).annotate(last_order=last)
    return list(found.order_by(F("last_order").desc(nulls_last=True), "name", "pk")[:MOST])
