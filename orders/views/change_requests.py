"""Answering what a customer asked for: from the desk, and from the warehouse's board."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.change_form import read_phone_consent, read_seen
from orders.errors import OrderError
from orders.models import ChangeRequest
from orders.selectors.visibility import orders_visible_to
from orders.services.change_requests import (
    accept_change,
    decline_change,
    intercept_parcel,
    withdraw_change,
)
from orders.services.consent import agree_by_phone
from orders.views.desk import back_to_order
from shopcomm.core.accounts.access import ShopRequest, right_required


@require_POST
@right_required("orders.view")
def answer_at_desk(request: ShopRequest, request_id: int, answer: str) -> HttpResponseBase:
    """Accept, decline or take back a request, seen from its order."""
    return _answer(request, request_id, answer, partial(back_to_order, request))


@require_POST
@right_required("warehouse.ship")
def answer_in_warehouse(request: ShopRequest, request_id: int, answer: str) -> HttpResponseBase:
    """The same from the board."""
    return _answer(request, request_id, answer, lambda number: redirect(f"/warehouse/?order={number}"))


def _answer(
    request: ShopRequest, request_id: int, answer: str, back: Callable[[str], HttpResponseBase]
) -> HttpResponseBase:
    visible = ChangeRequest.objects.filter(order__in=orders_visible_to(request.actor))
    asked = get_object_or_404(visible.select_related("order"), pk=request_id)
    reason, seen = request.POST.get("reason", "")[:300], read_seen(request.POST)
    work = {
        "accept": lambda: accept_change(actor=request.actor, request_id=asked.pk, seen=seen),
        "decline": lambda: decline_change(actor=request.actor, request_id=asked.pk, reason=reason),
        "withdraw": lambda: withdraw_change(actor=request.actor, request_id=asked.pk),
        "intercept": lambda: intercept_parcel(actor=request.actor, request_id=asked.pk),
        "phone": lambda: agree_by_phone(
            actor=request.actor, request_id=asked.pk, consent=read_phone_consent(request.POST), seen=seen
        ),
    }.get(answer)
    if work is None:
        raise Http404
    refusal, status = "", 200
    try:
        work()
    except OrderError as error:
        refusal, status = str(error.detail), error.status
    if request.headers.get("X-Fragment"):
        return JsonResponse({"text": refusal}, status=status)
    if refusal:
        messages.error(request, refusal)
    else:
        messages.success(request, _("已处理"))
    return back(asked.order.number)
