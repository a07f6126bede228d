"""Reading cases: of an order, and those that wait for the warehouse."""

from django.db.models import Prefetch, QuerySet

from orders.models import AfterSalesCase, AfterSalesLine, Order, Refund
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

State = AfterSalesCase.State


def cases_with_lines(cases: QuerySet[AfterSalesCase]) -> QuerySet[AfterSalesCase]:
    """Cases with everything that is told of them."""
    lines = AfterSalesLine.objects.select_related("line__variant", "wanted__product").order_by("pk")
    return cases.select_related("order", "replacement").prefetch_related(
        Prefetch("lines", queryset=lines),
        Prefetch("refunds", queryset=Refund.objects.order_by("pk")),
    )


def cases_of(order: Order) -> list[AfterSalesCase]:
    """An order's cases, newest first, with lines and refunds."""
    return list(cases_with_lines(order.after_sales.order_by("-pk")))


def cases_visible_to(actor: Actor | None) -> QuerySet[AfterSalesCase]:
    """The cases of the orders this actor may see."""
    return AfterSalesCase.objects.filter(order__in=orders_visible_to(actor))


def returns_awaited(actor: Actor | None) -> list[AfterSalesCase]:
    """What the stockroom has to expect or to inspect: on the way first, oldest first."""
    waiting = AfterSalesCase.objects.filter(state__in=[State.RETURN_IN_TRANSIT, State.WAITING_RETURN])
    # The stockroom sees returns of orders that left its board long ago.
    if actor is None or not actor.may("warehouse.view"):
        return []
    rows = cases_with_lines(waiting.select_related("order__customer")).order_by("state", "asked_at")
    return list(rows[:200])
