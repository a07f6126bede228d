"""售后 from the phone: asking with pictures, sending back, taking back, asking once more."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from messaging.services.case_pictures import open_case_with_pictures
from messaging.services.form_pictures import FormPictures
from orders.forms.after_sales import case_form, read_case
from orders.models import AfterSalesCase
from orders.reading.couriers import named_couriers
from orders.selectors.after_sales import cases_of
from orders.services.after_sales import appeal_case, record_return_parcel, withdraw_case
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_customer_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.visits import Visit, link_customer_required, link_required


@require_http_methods(["GET", "POST"])
@link_required
def after_sales(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The cases of this order, and the form for another."""
    if request.method != "POST" or visit.preview:
        return _page(request, visit, case_form(visit.order), status=200)
    given = FormPictures.read(request.POST, request.FILES)
    opened = run_service(
        lambda: open_case_with_pictures(
            actor=visit.actor, order=visit.order, wanted=read_case(request.POST), given=given
        )
    )
    if opened.refusal:
        # What was filled in, and the pictures that were sent ahead, stand there still.
        refused = {"refusal": opened.text, "kept": given.kept(visit.actor)}
        return _page(request, visit, case_form(visit.order, request.POST) | refused, status=opened.status)
    messages.success(request, _("售后申请已提交，我们会尽快处理"))
    return redirect("portal:after-sales", visit.token)


def _page(request: HttpRequest, visit: Visit, more: dict[str, Any], *, status: int) -> HttpResponse:
    order = visit.order
    context = {
        "order": order,
        "token": visit.token,
        "cases": cases_of(order),
        "couriers": named_couriers(),
        "preview": visit.preview,
    }
    return render(request, "portal/after_sales.html", context | more, status=status)


@require_POST
@link_customer_required
def act_on_case(request: HttpRequest, visit: Visit, case_id: int, step: str) -> HttpResponse:
    """Withdraw a case, name the parcel it comes back in, or appeal: `step` is withdraw, send or appeal."""
    case = AfterSalesCase.objects.filter(pk=case_id, order=visit.order).first()
    if case is None:
        raise Http404
    actor, post = visit.actor, request.POST
    steps = {
        "withdraw": lambda: withdraw_case(actor=actor, case_id=case.pk),
        "appeal": lambda: appeal_case(actor=actor, case_id=case.pk, note=post.get("note", "")),
        "send": lambda: record_return_parcel(
            actor=actor,
            case_id=case.pk,
            carrier=post.get("carrier", ""),
            tracking_number=post.get("tracking_number", ""),
        ),
    }
    if step not in steps:
        raise Http404

    said = {
        "withdraw": _("售后申请已撤回"),
        "appeal": _("申诉已提交，会由其他同事处理"),
        "send": _("寄回的运单号已提交"),
    }

    def stepped() -> str:
        steps[step]()
        return said[step]

    outcome = run_and_tell(request, lambda: run_customer_form_once(visit.link.customer_id, request, stepped))
    if outcome.refusal and step == "send":
        # What was typed stands there still.
        typed = {"case": case.pk} | {name: post.get(name, "") for name in ("carrier", "tracking_number")}
        return _page(request, visit, case_form(visit.order) | {"typed": typed}, status=outcome.status)
    return redirect("portal:after-sales", visit.token)
