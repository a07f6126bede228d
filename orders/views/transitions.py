"""Transitions at the desk: a page without JavaScript, a dialog with it."""

from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.errors import IllegalTransition, StaleVersion
from orders.forms.desk import TransitionForm
from orders.models import Order, Status
from orders.models.statuses import STATUS_LABELS
from orders.policies.transitions import Transition
from orders.selectors.orders import allowed_transitions
from orders.selectors.parts import shipped_text
from orders.services.transitions import transition_order
from orders.views.desk import back_to_order, not_now, visible_order
from orders.views.presenting import DANGEROUS, refusal_of, stale_of
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import outcome_answer, run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service


@require_http_methods(["GET", "POST"])
@right_required("orders.view")
def transition_page(request: ShopRequest, number: str, to: str) -> HttpResponseBase:
    """Asks for what the move needs, then makes it."""
    order = visible_order(request, number)
    transition = _wanted(order, to, request)
    if transition is None:
        return _told(request, number, _("订单已经是%(status)s") % {"status": order.get_status_display()})
    given: dict[str, Any] = {
        "order": order,
        "transition": transition,
        "may_override": request.actor.may("changes.override"),
    }
    form = TransitionForm(request.POST or None, **given)
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, order, transition, form, status=422 if form.is_bound else 200)
    version = form.cleaned_data["version"]
    outcome = run_service(
        lambda: transition_order(
            actor=request.actor, order_id=order.pk, to=to, version=version, data=form.inputs()
        )
    )
    if isinstance(outcome.refusal, StaleVersion):
        # What was typed stays; the next try is against what is now on the screen.
        newest = request.POST.copy()
        newest["version"] = str(outcome.refusal.extra["version"])
        form = TransitionForm(newest, **given)
        return _form_page(request, order, transition, form, status=409, stale=stale_of(outcome.refusal))
    if outcome.refusal:
        refusal = refusal_of(outcome.refusal)
        return _form_page(request, order, transition, form, status=outcome.status, refusal=refusal)
    return _done(request, number, transition)


@require_POST
@right_required("orders.view")
def part_refund(request: ShopRequest, number: str) -> HttpResponseBase:
    """Answer a full refund request with a partial refund; the order returns to its former status."""
    order = visible_order(request, number)
    given = {name: request.POST.get(name, "").strip() for name in ("amount", "reason")}
    # Without an amount it would be a rejection, which has a button of its own.
    given["amount"] = given["amount"] or "0"
    run_and_tell(
        request, lambda: run_form_once(request, lambda: _part(request, order, given)), _("已改为部分退款")
    )
    return back_to_order(request, number)


def _part(request: ShopRequest, order: Order, given: dict[str, str]) -> str:
    if order.status != Status.REFUNDING:
        raise IllegalTransition(from_=order.status, to=order.status, allowed=[], labels=STATUS_LABELS)
    transition_order(actor=request.actor, order_id=order.pk, to=order.status_before, data=given)
    return order.number


def _wanted(order: Order, to: str, request: ShopRequest) -> Transition | None:
    """The row of the table; None when the order is there already, as for a form that is sent twice. Raises Http404,
    with a sentence where only the order stands in the way."""
    for row in allowed_transitions(order, request.actor):
        if row.to == to:
            return row
    if to not in Status.values:
        raise Http404
    if order.status != to or request.method != "POST":
        raise not_now(order)
    return None


def _done(request: ShopRequest, number: str, transition: Transition) -> HttpResponseBase:
    order = visible_order(request, number)
    if transition.to == Status.SHIPPED and (text := shipped_text(order)):
        return _told(request, number, text)
    return _told(request, number, _("%(what)s：完成") % {"what": transition.label})


def _told(request: ShopRequest, number: str, text: str) -> HttpResponseBase:
    return outcome_answer(request, text, back=lambda: back_to_order(request, number))


def _form_page(
    request: ShopRequest,
    order: Order,
    transition: Transition,
    form: TransitionForm,
    *,
    status: int,
    **extra: Any,
) -> HttpResponseBase:
    template = "_transition_form" if request.headers.get("X-Fragment") else "transition"
    context = {"order": order, "transition": transition, "form": form, "danger": transition.to in DANGEROUS}
    return render(
        request,
        f"orders/{template}.html",
        context | {"active": "orders", "view": "detail"} | extra,
        status=status,
    )
