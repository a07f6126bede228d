"""Moving an order on: a page without JavaScript, a dialog with it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.errors import OrderError, StaleVersion
from orders.forms import TransitionForm
from orders.models import Order
from orders.selectors.orders import allowed_transitions
from orders.services.transitions import transition_order
from orders.transitions import Transition
from orders.views.desk import visible_order
from orders.views.presenting import DANGEROUS, refusal_of, stale_of
from shopcomm.core.accounts.access import ShopRequest, right_required


@require_http_methods(["GET", "POST"])
@right_required("orders.view")
def transition_page(request: ShopRequest, number: str, to: str) -> HttpResponseBase:
    """Asks for what the move needs, then makes it."""
    order = visible_order(request, number)
    transition = _wanted(order, to, request)
    given: dict[str, Any] = {
        "order": order,
        "transition": transition,
        "may_override": request.actor.role == "manager",
    }
    form = TransitionForm(request.POST or None, **given)
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, order, transition, form, status=422 if form.is_bound else 200)
    version = form.cleaned_data["version"]
    try:
        transition_order(actor=request.actor, order_id=order.pk, to=to, version=version, data=form.inputs())
    except StaleVersion as error:
        # What was typed stays; the next try is against what is now on the screen.
        newest = request.POST.copy()
        newest["version"] = str(error.extra["version"])
        form = TransitionForm(newest, **given)
        return _form_page(request, order, transition, form, status=409, stale=stale_of(error))
    except OrderError as error:
        return _form_page(request, order, transition, form, status=error.status, refusal=refusal_of(error))
    return _done(request, number, transition)


def _wanted(order: Order, to: str, request: ShopRequest) -> Transition:
    """The row of the table; a move somebody else has made meanwhile is no longer there."""
    for row in allowed_transitions(order, request.actor):
        if row.to == to:
            return row
    raise Http404


def _done(request: ShopRequest, number: str, transition: Transition) -> HttpResponseBase:
    text = _("%(what)s：完成") % {"what": transition.label}
    if request.headers.get("X-Fragment"):
        return JsonResponse({"text": text})
    messages.success(request, text)
    return redirect("orders:detail", number)


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
