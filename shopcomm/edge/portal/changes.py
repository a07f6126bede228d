"""A customer changes their order from the phone: asks, sees what came of it, takes it back."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from orders.errors import OrderError
from orders.labels import field_label
from orders.models import ChangeKind, ChangeRequest, Order, Status
from orders.selectors.change_requests import asked_changes, choices_for, siblings_of
from orders.services.addresses import COLUMNS
from orders.services.change_requests import request_change, withdraw_change
from orders.services.transitions import transition_order
from orders.services.urges import urge_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink
from shopcomm.core.accounts.services.order_links import open_link
from shopcomm.edge.portal.progress import progress_of
from shopcomm.edge.portal.views import closed, order_of, private

State = ChangeRequest.State


@require_http_methods(["GET", "POST"])
@never_cache
def change(request: HttpRequest, token: str) -> HttpResponse:
    """What can be changed now, each with what will come of it."""
    link = open_link(token)
    order = order_of(link)
    if link is None or order is None:
        return closed(request)
    refusal, status = "", 200
    if request.method == "POST" and not request.user.is_authenticated:
        try:
            asked = request_change(actor=_customer(link), order_id=order.pk, **_asked(request, order))
            return _answered(request, token, asked)
        except OrderError as error:
            refusal, status = str(error.detail), error.status
    context = _context(order, token, request) | {"refusal": refusal}
    return private(render(request, "portal/change.html", context, status=status))


@require_POST
@never_cache
def withdraw(request: HttpRequest, token: str, request_id: int) -> HttpResponse:
    """Take a request back."""
    link = open_link(token)
    order = order_of(link)
    if link is None or order is None:
        return closed(request)
    if not order.change_requests.filter(pk=request_id).exists() or request.user.is_authenticated:
        raise Http404
    try:
        withdraw_change(actor=_customer(link), request_id=request_id)
        messages.success(request, _("申请已撤回"))
    except OrderError as error:
        messages.error(request, str(error.detail))
    return redirect("portal:order", token)


@require_POST
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Say that the goods are here and right; before the courier says so, if need be."""
    link = open_link(token)
    order = order_of(link)
    if link is None or order is None:
        return closed(request)
    if request.user.is_authenticated:
        raise Http404
    try:
        transition_order(actor=_customer(link), order_id=order.pk, to=Status.COMPLETED)
        messages.success(request, _("谢谢，订单已完成"))
    except OrderError as error:
        messages.error(request, str(error.detail))
    return redirect("portal:order", token)


@require_POST
@never_cache
def urge(request: HttpRequest, token: str) -> HttpResponse:
    """Press for the order; the answer says how it stands."""
    link = open_link(token)
    order = order_of(link)
    if link is None or order is None:
        return closed(request)
    if request.user.is_authenticated:
        raise Http404
    try:
        urged = urge_order(actor=_customer(link), order_id=order.pk)
    except OrderError as error:
        messages.error(request, str(error.detail))
        return redirect("portal:order", token)
    stands = progress_of(order).headline
    text = _("已帮您催了，现在：%(stands)s") if urged.is_news else _("已经在催了，现在：%(stands)s")
    messages.success(request, text % {"stands": stands})
    return redirect("portal:order", token)


def _customer(link: OrderLink) -> Actor:
    return Actor.customer(link.customer, order_id=link.order_id)


def _answered(request: HttpRequest, token: str, asked: ChangeRequest) -> HttpResponse:
    if asked.state == State.DECLINED:
        messages.error(request, asked.answer)
    elif asked.state == State.OPEN:
        messages.success(request, _("申请已提交，等待%(who)s处理") % {"who": asked.get_handler_display()})
    else:
        messages.success(request, asked.answer or _("已修改"))
    return redirect("portal:order", token)


def _asked(request: HttpRequest, order: Order) -> dict[str, Any]:
    """A form as the service takes it."""
    post = request.POST
    kind = post.get("kind", "")
    if kind not in ChangeKind.values:
        raise Http404
    data: dict[str, Any] = {name: post.get(name, "") for name in ("note", "reason")}
    if kind == ChangeKind.ADDRESS:
        data = {name: post.get(name, "") for name in COLUMNS}
    elif kind == ChangeKind.ITEMS:
        data = {"items": _items(request, order)}
    elif kind == ChangeKind.URGENT:
        data = {"urgent": True}
    return {"kind": kind, "data": data, "key": post.get("key", "")}


def _items(request: HttpRequest, order: Order) -> list[dict[str, Any]]:
    rows = []
    for line in order.lines.all():
        quantity = request.POST.get(f"quantity-{line.pk}", str(line.quantity))
        sku = request.POST.get(f"sku-{line.pk}", line.sku)
        rows.append({"sku": sku, "quantity": quantity if quantity.isdigit() and len(quantity) < 7 else -1})
    return rows


def _context(order: Order, token: str, request: HttpRequest) -> dict[str, Any]:
    lines = list(
        order.lines.select_related("variant__product").prefetch_related("variant__product__variants")
    )
    siblings = siblings_of(lines)
    return {
        "order": order,
        "token": token,
        "key": uuid.uuid4(),
        # A template takes `choices.items` for the method of the dictionary.
        "choices": {
            kind if kind != "items" else "items_form": each for kind, each in choices_for(order).items()
        },
        "address": [(name, field_label(column), getattr(order, column)) for name, column in COLUMNS.items()],
        "lines": [(line, siblings[line.pk]) for line in lines],
        "asked": asked_changes(order),
        "preview": request.user.is_authenticated,
    }
