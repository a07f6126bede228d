"""Cases at the desk and in the warehouse: answering, inspecting, paying out."""

from collections.abc import Callable
from decimal import Decimal

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.errors import GuardFailed
from orders.models import AfterSalesCase, Refund
from orders.reading.amounts import read_money
from orders.reading.couriers import named_couriers
from orders.selectors.after_sales import cases_visible_to, returns_awaited
from orders.selectors.visibility import orders_visible_to
from orders.services.after_sales import approve_case, record_return_parcel, reject_case, withdraw_case
from orders.services.refunds import fail_refund, pay_refund
from orders.services.returns import conclude_case, inspect_return
from orders.views.desk import back_to_order, not_now
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.http.outcomes import outcome_answer, run_and_tell
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.core.text import written_money


@require_POST
@right_required("orders.view")
def answer_case(request: ShopRequest, case_id: int, answer: str) -> HttpResponseBase:
    """Approve, reject, conclude or withdraw."""
    case = get_object_or_404(cases_visible_to(request.actor).select_related("order"), pk=case_id)
    post, actor = request.POST, request.actor
    reason = post.get("answer", "")
    work: dict[str, Callable[[], AfterSalesCase]] = {
        "approve": lambda: _approve(request, case),
        "reject": lambda: reject_case(actor=actor, case_id=case.pk, reason=reason),
        "conclude": lambda: conclude_case(
            actor=actor, case_id=case.pk, amount=_amount(request), answer=reason
        ),
        "withdraw": lambda: withdraw_case(actor=actor, case_id=case.pk),
    }
    if answer not in work:
        raise Http404
    run_and_tell(request, lambda: _said_of_case(answer, work[answer]()))
    return back_to_order(request, case.order.number)


def _said_of_case(answer: str, case: AfterSalesCase) -> str:
    """What came of an answer to a case, to whoever gave it."""
    texts = {
        "approve": _("已同意售后：%(kind)s，%(state)s"),
        "reject": _("已拒绝售后：%(kind)s"),
        "conclude": _("售后已了结：%(kind)s，%(state)s"),
        "withdraw": _("已撤回售后：%(kind)s"),
    }
    return texts[answer] % {"kind": case.get_kind_display(), "state": case.get_state_display()}


@require_http_methods(["GET", "POST"])
@right_required("orders.view")
def return_parcel_page(request: ShopRequest, case_id: int) -> HttpResponseBase:
    """Writes down the parcel that a case's goods come back in."""
    case = get_object_or_404(cases_visible_to(request.actor).select_related("order"), pk=case_id)
    if request.method == "GET" and case.state != AfterSalesCase.State.WAITING_RETURN:
        raise not_now(case.order)
    typed = {name: request.POST.get(name, "") for name in ("carrier", "tracking_number")}
    refusal = ""
    if request.method == "POST":
        done = run_service(lambda: record_return_parcel(actor=request.actor, case_id=case.pk, **typed))
        refusal = done.text
        if not refusal:
            text = _("已登记寄回的运单号：%(number)s") % {"number": done.result.tracking_number}
            return outcome_answer(request, text, back=lambda: back_to_order(request, case.order.number))
    part = "X-Fragment" in request.headers
    context = {"active": "orders", "case": case, "order": case.order, "refusal": refusal}
    template = "orders/_return_parcel.html" if part else "orders/return_parcel.html"
    choices = {"couriers": tuple(named_couriers()), "typed": typed}
    return render(request, template, context | choices, status=422 if refusal else 200)


def _approve(request: ShopRequest, case: AfterSalesCase) -> AfterSalesCase:
    """Agree to what the form says: how many of each line, the money, and where the goods go."""
    pieces = {
        row.pk: reading.piece_count(request.POST[name])
        for row in case.lines.all()
        if (name := f"pieces-{row.pk}") in request.POST
    }
    return_to = request.POST.get("return_to", "").strip() or shop_settings().return_to
    if case.kind != AfterSalesCase.Kind.REFUND and not return_to:
        raise GuardFailed(("return_to_required", _("请填写客户把货寄到哪里")))
    amount = _amount(request)
    # Of a part nobody has worked out the worth yet: the sum that stood in the form is that of the whole.
    if amount == case.amount and any(
        row.quantity != pieces.get(row.pk, row.quantity) for row in case.lines.all()
    ):
        amount = None
    return approve_case(
        actor=request.actor,
        case_id=case.pk,
        amount=amount,
        answer=request.POST.get("answer", ""),
        pieces=pieces,
        return_to=return_to,
    )


def _amount(request: ShopRequest) -> Decimal | None:
    text = request.POST.get("amount", "").strip()
    if not text:
        return None
    amount = read_money(text)
    return Decimal(-1) if amount is None else amount


@require_POST
@right_required("payments.record")
def answer_refund(request: ShopRequest, refund_id: int, outcome: str) -> HttpResponseBase:
    """Book that a refund has been paid out, or that it bounced."""
    visible = Refund.objects.filter(order__in=orders_visible_to(request.actor)).select_related("order")
    refund = get_object_or_404(visible, pk=refund_id)
    text = request.POST.get("reference", "")
    if outcome not in ("paid", "failed"):
        raise Http404

    def settle() -> str:
        if outcome == "paid":
            pay_refund(actor=request.actor, refund_id=refund.pk, reference=text)
        else:
            fail_refund(actor=request.actor, refund_id=refund.pk, reason=text)
        said = _("已登记退款 %(amount)s") if outcome == "paid" else _("已登记退款 %(amount)s 没有到账")
        return said % {"amount": written_money(refund.amount, refund.order.currency)}

    run_and_tell(request, lambda: run_form_once(request, settle))
    return back_to_order(request, refund.order.number)


@require_GET
@right_required("warehouse.view")
def returns_page(request: ShopRequest) -> HttpResponseBase:
    """Expected returns, found by their waybill and counted here."""
    cases = returns_awaited(request.actor)
    wanted = request.GET.get("q", "").strip().upper()
    if wanted:
        cases = [case for case in cases if wanted in (case.tracking_number, case.order.number.upper())]
    context = {"active": "returns", "cases": cases, "q": wanted}
    return render(request, "warehouse/returns.html", context)


@require_POST
@right_required("warehouse.ship")
def count_return(request: ShopRequest, case_id: int) -> HttpResponseBase:
    """Count returned goods."""
    case = get_object_or_404(AfterSalesCase, pk=case_id)
    counted = {
        row.pk: (_pieces(request, f"good-{row.pk}"), _pieces(request, f"damaged-{row.pk}"))
        for row in case.lines.all()
    }

    def inspected() -> str:
        done = inspect_return(actor=request.actor, case_id=case.pk, counted=counted)
        return _("已登记验收：%(kind)s，%(state)s") % {
            "kind": done.get_kind_display(),
            "state": done.get_state_display(),
        }

    run_and_tell(request, inspected)
    return redirect("warehouse:returns")


def _pieces(request: ShopRequest, name: str) -> int:
    return reading.piece_count(request.POST.get(name))
