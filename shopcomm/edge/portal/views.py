"""What a customer sees on a phone: how the order stands, and the shop to talk to."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.models import Order
from orders.selectors.change_requests import asked_changes
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink
from shopcomm.core.accounts.proofs import hold_link
from shopcomm.core.accounts.services.order_links import link_token, open_link
from shopcomm.edge.portal.middleware import PageOwner
from shopcomm.edge.portal.progress import progress_of
from shopcomm.edge.portal.questions import common_questions
from shopcomm.edge.portal.quick import quick_actions
from shopcomm.edge.portal.visits import Visit, by_link, link_closed, order_of, with_private_headers


@require_GET
@never_cache
def link_order_page(request: HttpRequest, token: str) -> HttpResponse:
    """The order's progress, with the chat beside it where there is room."""
    return _page(request, token, view="progress")


@require_GET
@never_cache
def chat_page(request: HttpRequest, token: str) -> HttpResponse:
    """The same page on its chat: an address of its own, so that Back works on a phone."""
    return _page(request, token, view="chat")


@require_GET
@by_link
def progress_part(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The progress alone, for a page that is open already."""
    return render(request, "portal/_progress.html", _context(request, visit.order, visit.token))


@require_POST
@never_cache
def prove_link(request: HttpRequest, token: str) -> HttpResponse:
    """A page that is open shows its link again, since its session has ended: nothing else in the session changes."""
    link = open_link(token)
    if link is None:
        return HttpResponse(status=404)
    if request.user.is_authenticated:
        return HttpResponse(status=409)
    hold_link(request.session, link)  # type: ignore[arg-type]
    return HttpResponse(status=204)


def _context(request: HttpRequest, order: Order, token: str) -> dict[str, Any]:
    """What the progress shows: what waits for an answer stands first, what is settled last."""
    preview = request.user.is_authenticated
    asked = asked_changes(order, whole=True)
    progress = progress_of(order)
    return {
        "order": order,
        "progress": progress,
        "questions": common_questions(order, progress, token),
        "waiting": [each for each in asked if each.is_open or each.may_intercept],
        "settled": [each for each in asked if not (each.is_open or each.may_intercept)],
        "quick": quick_actions(order, token, preview=preview),
        "token": token,
        "preview": preview,
    }


def _page(request: HttpRequest, token: str, *, view: str) -> HttpResponse:
    return order_response(request, open_link(token), view=view)


def order_response(request: HttpRequest, link: OrderLink | None, *, view: str) -> HttpResponse:
    """The page of a link's order."""
    order = order_of(link)
    if link is None or order is None:
        return link_closed(request)
    preview = request.user.is_authenticated
    if not preview:
        request.page_owner = PageOwner.of_link(link)  # type: ignore[attr-defined]
    context = _context(request, order, link_token(link)) | {
        "customer_actor": Actor.customer(link.customer, order_id=link.order_id),
        "view": view,
    }
    response = with_private_headers(render(request, "portal/order.html", context))
    if not preview:
        # The service worker keeps what carries this, apart for each customer.
        response["X-Offline-Owner"] = salted_hmac("shopcomm.offline", str(link.customer_id)).hexdigest()[:16]
    return response
