"""A page behind a signed link: the link is opened and its order fetched before the view runs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from orders.models import ChangeRequest, Order
from orders.selectors.order_parts import read_customers_parts
from orders.selectors.visibility import find_own_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink
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
    # The newest requests; the rest of what the order's pages show is attached to it.
    requests: list[ChangeRequest]

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
        # Looked up by the middleware already, which sees every address with a token.
        link: OrderLink | None = request.opened_link  # type: ignore[attr-defined]
        visit = visit_of(link, token, preview=request.user.is_authenticated)
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
    order = find_own_order(actor, link.order_id)
    if order is None:
        return None
    add_log_fields(order=order.number)
    return Visit(token, link, order, preview, read_customers_parts(order))


def link_closed(request: HttpRequest) -> HttpResponse:
    """The same answer for a forged, an unknown and a revoked link: it tells nothing apart."""
    return with_private_headers(render(request, "portal/closed.html", status=404))


def with_private_headers(response: HttpResponse) -> HttpResponse:
    """The address is the key: keep it out of search engines and of other sites' logs."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
