"""我的: what the shop calls a customer, what they spent, what they want of notices, and leaving."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orders.selectors.own import spending_of
from orders.selectors.statements import currencies_of, default_start, statement_of
from shopcomm.core.accounts.services.customers import rename_customer
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.my.access import MyRequest, customer_required
from shopcomm.edge.portal.preferences import preferences_context, save_preferences_form


@require_http_methods(["GET", "POST"])
@customer_required
def own_details_page(request: MyRequest) -> HttpResponse:
    """The customer's own page."""
    refusal = ""
    if request.method == "POST":
        name = request.POST.get("name", "")
        refusal = run_service(lambda: rename_customer(customer=request.customer, name=name)).text
        if not refusal:
            messages.success(request, _("已保存"))
            return redirect("my:me")
    context = {"active": "me", "spent": spending_of(request.customer), "refusal": refusal}
    return render(request, "my/me.html", context, status=422 if refusal else 200)


@require_safe
@customer_required
def own_account_page(request: MyRequest) -> HttpResponse:
    """What the customer ordered, paid and owes, as the shop has it in its books."""
    until = timezone.localdate()
    currencies = currencies_of(request.actor, request.customer)
    statement = statement_of(
        request.actor,
        request.customer,
        since=default_start(until),
        until=until,
        currency=currencies[0] if currencies else "CNY",
    )
    return render(request, "my/account.html", {"active": "me", "statement": statement})


@require_http_methods(["GET", "POST"])
@customer_required
def own_preferences_page(request: MyRequest) -> HttpResponse:
    """What a customer wants of notices."""
    refusal = ""
    if request.method == "POST":
        refusal = save_preferences_form(request, request.actor)
        if not refusal:
            return redirect("my:notices")
    context = preferences_context(request.actor, request.POST if refusal else None) | {
        "refusal": refusal,
        "active": "me",
        "back_url": reverse("my:me"),
        "back_label": _("返回我的"),
        "push_path": reverse("my:talks"),
        "start_url": reverse("my:orders"),
    }
    return render(request, "portal/wishes.html", context, status=422 if refusal else 200)
