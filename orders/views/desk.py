"""The order desk: list, order and conversation on one screen; parts of it for live updates."""

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders.labels import handed_over_text
from orders.models import Order
from orders.models.payments import BY_HAND
from orders.policies.after_sales import may_decide
from orders.selectors.change_requests import asked_changes
from orders.selectors.claims import claim_refusal, pieces_left
from orders.selectors.open_sums import open_sum_of
from orders.selectors.order_parts import read_shops_parts
from orders.selectors.orders import allowed_transitions, newest_and_counts, orders_visible_to
from orders.selectors.parts import still_to_ship
from orders.selectors.rows import RowPage, order_row, order_rows
from orders.selectors.shortages import shortages_of
from orders.selectors.timeline import order_timeline
from orders.selectors.todo import count_todo
from orders.selectors.visibility import find_visible_order, successor_of
from orders.views.filtering import chips_of, kept_fields, read_filters, tabs_of
from orders.views.listing import list_lines, row_html
from orders.views.presenting import (
    EDITABLE,
    NEWEST,
    name_carriers,
    primary_answer_of,
    steps_of,
    timeline_lines,
    toolbar_of,
)
from orders.views.todo import todo_lines
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.audiences import SHOP
from shopcomm.core.http.errors import ElsewhereNow


@require_safe
@never_cache
@right_required("orders.view")
def order_list_page(request: ShopRequest) -> HttpResponseBase:
    """The list alone; with `X-Fragment` the part of it that changed."""
    wanted = request.headers.get("X-Fragment", "")
    if wanted in ("list", "tabs"):
        return _list_part(request, wanted, order=None)
    return render(request, "orders/desk.html", list_context(request) | {"view": "list"})


@require_safe
@never_cache
@right_required("orders.view")
def desk_order_page(request: ShopRequest, number: str, view: str = "detail") -> HttpResponseBase:
    """One order beside the list and the chat; `view` is what a phone shows of them."""
    order = visible_order(request, number)
    wanted = request.headers.get("X-Fragment", "")
    if wanted in ("list", "tabs"):
        return _list_part(request, wanted, order=order)
    if wanted == "detail":
        return render(request, "orders/_detail.html", detail_context(request, order, view))
    return render(request, "orders/desk.html", desk_context(request, order, view))


@require_safe
@never_cache
@right_required("orders.view")
def row_part(request: ShopRequest, number: str) -> HttpResponse:
    """One row of the list as it is now."""
    row = order_row(request.actor, orders_visible_to(request.actor).filter(number=number))
    if row is None:
        raise Http404
    return HttpResponse(row_html(list_lines([row], query=_kept(request))[0]))


def visible_order(request: ShopRequest, number: str) -> Order:
    """The order when this reader may see it, 404 otherwise."""
    order = find_visible_order(request.actor, number)
    if order is None and (holder := successor_of(request.actor, number)) is not None:
        raise ElsewhereNow(handed_over_text(number, holder), reverse("orders:list"))
    if order is None:
        raise Http404
    return order


def not_now(order: Order) -> ElsewhereNow:
    """What an order that somebody may see does not allow as it is: a sentence on its page, for the address of a step
    that was typed, kept or open for long."""
    text = _("这一步现在不能做，订单是“%(status)s”") % {"status": order.get_status_display()}
    return ElsewhereNow(text, reverse("orders:detail", args=[order.number]))


def place_of_order(request: ShopRequest, number: str) -> str:
    """The order's page, or the list for whoever has just handed it over and may not see it any more."""
    if orders_visible_to(request.actor).filter(number=number).exists():
        return reverse("orders:detail", args=[number])
    return reverse("orders:list")


def back_to_order(request: ShopRequest, number: str) -> HttpResponseBase:
    """Back to the order's page, with the queue beside it for somebody who is working through it."""
    came_from = QueryDict(urlsplit(request.headers.get("Referer", "")).query)
    return redirect(f"{reverse('orders:detail', args=[number])}{'?todo=1' if came_from.get('todo') else ''}")


def _kept(request: ShopRequest) -> str:
    """The list's filters, which an order's link keeps; not how far one has scrolled."""
    fields = request.GET.copy()
    fields.pop("after", None)
    return f"?{fields.urlencode()}" if fields else ""


def _list_part(request: ShopRequest, wanted: str, *, order: Order | None) -> HttpResponse:
    context = list_context(request, order.number if order else "") | {"order": order}
    # A whole page asks for all its badges together.
    context["badges"] = {"todo": count_todo(request.actor)}
    return render(request, "orders/_tabs.html" if wanted == "tabs" else "orders/_list.html", context)


def list_context(request: ShopRequest, current: str = "") -> dict[str, Any]:
    """Everything the left pane shows. The cursor is read first: what happens meanwhile is replayed."""
    cursor, counts = newest_and_counts(request.actor)
    filters, in_queue = read_filters(request.GET, request.actor), bool(request.GET.get("todo"))
    page = RowPage() if in_queue else order_rows(request.actor, filters, beside=current)
    counts["all"] = sum(counts.values())
    chips, filtered = chips_of(request.GET)
    return {
        "active": "orders",
        "cursor": cursor,
        "filters": filters,
        "in_queue": in_queue,
        "todo": todo_lines(request.actor, current=current) if in_queue else [],
        "page": page,
        "rows": [row_html(line) for line in list_lines(page.rows, current=current, query=_kept(request))],
        "counts": counts,
        "tabs": tabs_of(counts, "todo" if in_queue else str(filters.status)),
        "chips": chips,
        "filtered": filtered,
        "more_on": bool(filters.source or filters.created_after or filters.created_before),
        "sources": Source.choices,
        "kept": kept_fields(request.GET, without=("q",)),
        "kept_all": kept_fields(request.GET, without=("source", "since", "until")),
    }


def desk_context(request: ShopRequest, order: Order, view: str = "detail") -> dict[str, Any]:
    """The whole screen around one order."""
    return list_context(request, order.number) | detail_context(request, order, view)


def detail_context(request: ShopRequest, order: Order, view: str = "detail") -> dict[str, Any]:
    """Everything the middle pane shows; in the view of events all that has happened, else the newest."""
    parts = read_shops_parts(order)
    lines, payments = list(order.lines.all()), list(order.payments.all())
    asked, cases = asked_changes(order, found=parts.requests), list(order.after_sales.all())
    shortages = shortages_of(order, tasks=parts.tasks, held=parts.held)
    deciding = primary_answer_of(asked, cases, shortages)
    happened = order_timeline(order, audience=SHOP, log=parts.log)[::-1]
    newest = happened if view == "events" or len(happened) == NEWEST + 1 else happened[:NEWEST]
    return {
        "view": view,
        "active": "orders",
        "order": order,
        "lines": lines,
        "pieces": sum(line.quantity for line in lines),
        "steps": steps_of(order),
        "toolbar": toolbar_of(
            order,
            allowed_transitions(order, request.actor),
            undecided=bool(deciding),
            may_claim=not claim_refusal(
                order,
                lines,
                left=pieces_left(lines, cases),
                decides_late=request.actor.may("after_sales.open_late"),
            ),
        ),
        "can_edit": order.status in EDITABLE,
        "shipments": name_carriers(list(order.shipments.all())),
        "to_ship": still_to_ship(order),
        "payments": sorted(payments, key=lambda each: each.received_at, reverse=True),
        "first_payment": min(payments, key=lambda each: (each.received_at, each.pk), default=None),
        "methods": BY_HAND,
        "refunds": list(order.refunds.all())[::-1],
        "reductions": list(order.debt_reductions.all())[::-1],
        "open_sum": open_sum_of(order),
        "asked": asked,
        "deciding": deciding,
        "cases": cases,
        "for_others": {case.pk for case in cases if not may_decide(case, request.actor)},
        "shortages": shortages,
        "evaluation": getattr(order, "evaluation", None),
        "open_alerts": parts.alerts,
        "timeline": timeline_lines(newest),
        "older_events": len(happened) - len(newest),
        "link_live": parts.link_is_live,
    }
