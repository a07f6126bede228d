"""A customer's own orders: the list with what was spent, one order, and buying it again."""

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from messaging.selectors.own import unread_of_orders
from orders.forms.address import Pasted, address_widget, wants_reading, with_pasted
from orders.models import Order, Status
from orders.selectors.addresses import COLUMNS, AddressInput
from orders.selectors.items import ItemInput
from orders.selectors.orders import order_for_detail, status_counts
from orders.selectors.own import AgainLine, lines_to_reorder, own_orders, reorder_price_mark, spending_of
from orders.services.own_orders import place_own_order
from shopcomm.core import reading
from shopcomm.core.accounts.services.order_links import link_token, live_link
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.my.access import MyRequest, customer_required
from shopcomm.edge.portal.progress import progress_of
from shopcomm.edge.portal.views import order_response
from shopcomm.edge.portal.visits import visit_of


@require_GET
@customer_required
def own_orders_page(request: MyRequest) -> HttpResponse:
    """All own orders, newest first, by status."""
    status = request.GET.get("status", "")
    status = status if status in Status.values else ""
    page = own_orders(request.actor, status=status, cursor=request.GET.get("after", "")[:200])
    unread = unread_of_orders(request.actor, [order.pk for order in page.orders])
    counts = status_counts(request.actor)
    context: dict[str, Any] = {
        "active": "orders",
        "rows": [(order, progress_of(order), unread.get(order.pk)) for order in page.orders],
        "page": page,
        "status": status,
        "pills": [(each, counts[each]) for each in Status if counts[each] or each == status],
        "spent": spending_of(request.customer),
    }
    return render(request, "my/orders.html", context)


@require_GET
@customer_required
def own_order_page(request: MyRequest, number: str) -> HttpResponse:
    """One order: the page of its signed link, which its forms go through; the session stays the wider one."""
    found = _own(request, number)
    link = live_link(customer=request.customer, order_id=found.pk)
    visit = visit_of(link, link_token(link), preview=False)
    if visit is None:
        raise Http404
    response = order_response(request, visit, view="progress")
    # Nothing behind the log-in stays on a phone that somebody else may hold.
    del response["X-Offline-Owner"]
    return response


@require_http_methods(["GET", "POST"])
@customer_required
def order_again(request: MyRequest, number: str) -> HttpResponse:
    """The same goods once more, at today's prices, as far as they are there."""
    old = _own(request, number)
    if request.method == "GET":
        return _form(request, old, lines_to_reorder(old, request.customer))
    post: QueryDict = request.POST
    pasted = None
    if wants_reading(post):
        post, pasted = with_pasted(post, who=f"customer:{request.customer.pk}")
    wanted = {
        line.sku: reading.piece_count(request.POST.get(f"quantity-{line.pk}", "0"))
        for line in old.lines.all()
    }
    lines = lines_to_reorder(old, request.customer, wanted)
    if pasted:
        return _form(request, old, lines, post=post, pasted=pasted)
    placed = run_service(lambda: _place(request, wanted, lines))
    if placed.refusal:
        return _form(request, old, lines, refusal=placed.text, status=placed.status)
    messages.success(request, _("订单 %(number)s 已提交") % {"number": placed.result.number})
    return redirect("my:order", placed.result.number)


def _place(request: MyRequest, wanted: dict[str, int], lines: list[AgainLine]) -> Order:
    post = request.POST
    there = [line.sku for line in lines if line.variant]
    return place_own_order(
        actor=request.actor,
        customer=request.customer,
        items=[ItemInput(sku, wanted[sku]) for sku in there if wanted[sku]],
        address=AddressInput(**{name: post.get(name, "") for name in COLUMNS}),
        note=post.get("note", ""),
        key=post.get("key", ""),
        shown=post.get("prices", ""),
        priced=there,
    )


def _form(
    request: MyRequest,
    old: Order,
    lines: list[AgainLine],
    *,
    post: QueryDict | None = None,
    pasted: Pasted | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    post = request.POST if post is None else post
    ids: dict[str, int] = {}
    for line in old.lines.all():
        ids.setdefault(line.sku, line.pk)
    context = {
        "active": "orders",
        "order": old,
        "lines": [(ids[line.sku], line) for line in lines if line.state not in ("gone", "out")],
        "missing": [line for line in lines if line.state in ("gone", "out")],
        "total": sum((line.amount for line in lines), 0),
        "wholesale": request.customer.tier == "wholesale",
        "address": address_widget(
            {name: post.get(name, getattr(old, column)) for name, column in COLUMNS.items()},
            place="to",
            pasted=pasted,
        ),
        "note": post.get("note", ""),
        "key": post.get("key") or uuid.uuid4(),
        "prices": reorder_price_mark({line.sku: line.variant for line in lines if line.variant}),
        "refusal": refusal,
    }
    return render(request, "my/again.html", context, status=status)


def _own(request: MyRequest, number: str) -> Order:
    try:
        return cast(Order, order_for_detail(request.actor, number.replace("\x00", "")))
    except Order.DoesNotExist as error:
        raise Http404 from error
