"""Evaluations at the desk."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.errors import OrderError
from orders.selectors.visibility import orders_visible_to
from orders.services.evaluations import answer_evaluation
from shopcomm.core.accounts.access import ShopRequest, right_required


@require_POST
@right_required("orders.view")
def reply_to_evaluation(request: ShopRequest, number: str) -> HttpResponseBase:
    """Answer what the customer said of an order."""
    rated = orders_visible_to(request.actor).exclude(evaluation=None)
    order = get_object_or_404(rated, number=number)
    try:
        answer_evaluation(actor=request.actor, order_id=order.pk, answer=request.POST.get("answer", ""))
        messages.success(request, _("已答复客户的评价"))
    except OrderError as error:
        messages.error(request, str(error.detail))
    return redirect("orders:detail", number)
