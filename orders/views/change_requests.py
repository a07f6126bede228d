"""Answering change requests: at the desk, and on the warehouse board."""

from collections.abc import Callable
from functools import partial

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.models import ChangeRequest
from orders.reading.change_answers import read_phone_consent, read_seen
from orders.selectors.visibility import orders_visible_to
from orders.services.change_requests.consent import record_phone_consent
from orders.services.change_requests.request import (
    accept_change,
    decline_change,
    intercept_parcel,
    withdraw_change,
)
from orders.views.desk import back_to_order
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import outcome_answer
from shopcomm.core.outcomes import run_service

State = ChangeRequest.State


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
    work: Callable[[], ChangeRequest] | None = {
        "accept": lambda: accept_change(actor=request.actor, request_id=asked.pk, seen=seen),
        "decline": lambda: decline_change(actor=request.actor, request_id=asked.pk, reason=reason),
        "withdraw": lambda: withdraw_change(actor=request.actor, request_id=asked.pk),
        "intercept": lambda: intercept_parcel(actor=request.actor, request_id=asked.pk),
        "phone": lambda: record_phone_consent(
            actor=request.actor, request_id=asked.pk, consent=read_phone_consent(request.POST), seen=seen
        ),
    }.get(answer)
    if work is None:
        raise Http404
    outcome = run_service(work)
    text = outcome.text if outcome.refusal else _said(answer, outcome.result)
    return outcome_answer(request, text, status=outcome.status, back=lambda: back(asked.order.number))


def _said(answer: str, asked: ChangeRequest) -> str:
    """What came of an answer, to whoever gave it."""
    if asked.state in (State.VOID, State.EXPIRED) or (answer != "decline" and asked.state == State.DECLINED):
        # There was nothing left to do, or it came too late: the request says why.
        return asked.answer or str(asked.get_state_display())
    texts = {
        "accept": _("已接受修改申请：%(what)s"),
        "decline": _("已拒绝修改申请：%(what)s"),
        "withdraw": _("已撤回修改申请：%(what)s"),
        "intercept": _("已申请快递拦截：%(what)s"),
        "phone": _("已记下客户同意：%(what)s"),
    }
    text = texts[answer] % {"what": asked.get_kind_display()}
    if answer == "phone" and asked.state == State.OPEN:
        waits = _("等待%(who)s处理") % {"who": asked.get_handler_display()}
        text = _("，").join((text, waits))
    return text
