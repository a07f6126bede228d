"""A case that the shop opens for a customer who phoned, with the pictures they sent elsewhere."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.services.case_pictures import open_case_with_pictures
from messaging.services.form_pictures import FormPictures
from orders.forms.after_sales import case_form, read_case
from orders.views.desk import visible_order
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.outcomes import run_service


@require_http_methods(["GET", "POST"])
@right_required("orders.view")
def new_case(request: ShopRequest, number: str) -> HttpResponseBase:
    """Open a case for a customer who phoned."""
    order = visible_order(request, number)
    refusal, status = "", 200
    given = FormPictures.read(request.POST, request.FILES)
    if request.method == "POST":
        wanted = read_case(request.POST)
        opened = run_service(
            lambda: open_case_with_pictures(actor=request.actor, order=order, wanted=wanted, given=given)
        )
        if not opened.refusal:
            messages.success(request, _("售后已登记"))
            return redirect("orders:detail", number)
        refusal, status = opened.text, opened.status
    context = {
        "order": order,
        "refusal": refusal,
        "kept": given.kept(request.actor),
        "active": "orders",
        "for_customer": True,
    }
    decides_late = request.actor.may("after_sales.open_late")
    form = case_form(order, request.POST if refusal else None, decides_late=decides_late)
    return render(request, "orders/after_sales.html", context | form, status=status)
