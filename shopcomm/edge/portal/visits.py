"""A page behind a signed link: the link is opened and its order fetched before the view runs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from orders.models import Order
from orders.selectors.orders import orders_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink
from shopcomm.core.accounts.services.order_links import open_link
from shopcomm.core.logs import add_log_fields

P = ParamSpec("P")


@dataclass(frozen=True)
class Visit:
    """A live link with its order, and the token by which the visitor came."""

    token: str
    link: OrderLink
    order: Order
    # Somebody of the shop looks at the customer's page: they see it, and do nothing in the customer's name.
    preview: bool

    @property
    def actor(self) -> Actor:
        """The customer, with this one order."""
        return Actor.customer(self.link.customer, order_id=self.link.order_id)


def link_required(
    view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """The guard of every page behind a link: a view gets the visit instead of the token, what it answers is kept out
    of search engines, and every link that opens nothing gets the same answer.
    """

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        visit = visit_of(open_link(token), token, preview=request.user.is_authenticated)
        if visit is None:
            return link_closed(request)
        return with_private_headers(view(request, visit, *args, **kwargs))

    return opened


def link_customer_required(
    view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """The same for what only the customer does: staff who look at the page find nothing there."""

    @link_required
    @wraps(view)
    def own(request: HttpRequest, visit: Visit, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if visit.preview:
            raise Http404
        return view(request, visit, *args, **kwargs)

    return own


def visit_of(link: OrderLink | None, token: str, *, preview: bool) -> Visit | None:
    """A live link with its order, fetched as its customer may see it; None where there is neither."""
    if link is None:
        return None
    actor = Actor.customer(link.customer, order_id=link.order_id)
    visible = orders_visible_to(actor).select_related("customer", "evaluation")
    related = visible.prefetch_related(
        "lines__variant__product", "shipments__nodes", "shipments__lines__line", "refunds", "after_sales"
    )
    order = related.filter(pk=link.order_id).first()
    if order is None:
        return None
    add_log_fields(order=order.number)
    return Visit(token, link, order, preview)


def link_closed(request: HttpRequest) -> HttpResponse:
    """The same answer for a forged, an unknown and a revoked link: it tells nothing apart."""
    return with_private_headers(render(request, "portal/closed.html", status=404))


def with_private_headers(response: HttpResponse) -> HttpResponse:
    """The address is the key: keep it out of search engines and of other sites' logs."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
