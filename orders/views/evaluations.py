"""Evaluations at the desk."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.selectors.visibility import orders_visible_to
from orders.services.evaluations import answer_evaluation
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell


@require_POST
@right_required("orders.view")
def reply_to_evaluation(request: ShopRequest, number: str) -> HttpResponseBase:
    """Answer what the customer said of an order."""
    rated = orders_visible_to(request.actor).exclude(evaluation=None)
    order = get_object_or_404(rated, number=number)
    answer = request.POST.get("answer", "")
    run_and_tell(
        request,
        lambda: answer_evaluation(actor=request.actor, order_id=order.pk, answer=answer),
        _("已答复客户的评价"),
    )
    return redirect("orders:detail", number)
