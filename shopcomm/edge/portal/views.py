"""What a customer sees on a phone: how the order stands, and the shop to talk to."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.selectors.change_requests import asked_changes
from shopcomm.core.accounts.proofs import hold_link
from shopcomm.core.accounts.services.order_links import open_link
from shopcomm.edge.portal.middleware import PageOwner
from shopcomm.edge.portal.progress import progress_of
from shopcomm.edge.portal.questions import common_questions
from shopcomm.edge.portal.quick import quick_actions
from shopcomm.edge.portal.visits import Visit, link_required


@require_GET
@link_required
def link_order_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The order's progress, with the chat beside it where there is room."""
    return order_response(request, visit, view="progress")


@require_GET
@link_required
def chat_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The same page on its chat: an address of its own, so that Back works on a phone."""
    return order_response(request, visit, view="chat")


@require_GET
@link_required
def progress_part(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The progress alone, for a page that is open already."""
    return render(request, "portal/_progress.html", _context(visit))


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


def _context(visit: Visit) -> dict[str, Any]:
    """What the progress shows: what waits for an answer stands first, what is settled last."""
    order, token = visit.order, visit.token
    asked = asked_changes(order, whole=True, found=visit.requests)
    progress = progress_of(order)
    return {
        "order": order,
        "progress": progress,
        "questions": common_questions(order, progress, token),
        "waiting": [each for each in asked if each.is_open or each.may_intercept],
        "settled": [each for each in asked if not (each.is_open or each.may_intercept)],
        "quick": quick_actions(order, token, preview=visit.preview),
        "token": token,
        "preview": visit.preview,
    }


def order_response(request: HttpRequest, visit: Visit, *, view: str) -> HttpResponse:
    """The page of a link's order; `view` is what a phone shows of it, `progress` or `chat`."""
    if not visit.preview:
        request.page_owner = PageOwner.of_link(visit.link)  # type: ignore[attr-defined]
    context = _context(visit) | {"customer_actor": visit.actor, "view": view}
    response = render(request, "portal/order.html", context)
    if not visit.preview:
        # The service worker keeps what carries this, apart for each customer.
        owner = salted_hmac("shopcomm.offline", str(visit.link.customer_id)).hexdigest()[:16]
        response["X-Offline-Owner"] = owner
    return response
