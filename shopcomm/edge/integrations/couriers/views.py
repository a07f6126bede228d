"""Pages of the tracking services, for managers: set one up, try it, see what it pushed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.core.sealing import CannotUnseal
from shopcomm.edge.integrations.couriers.adapters import ADAPTERS
from shopcomm.edge.integrations.couriers.forms import CREDENTIAL, AccountForm, PastedForm, QuestionForm
from shopcomm.edge.integrations.couriers.models import CourierAccount, TrackingPush
from shopcomm.edge.integrations.couriers.selectors import (
    accounts_with_counts,
    latest_pushes,
    parcels_with_trouble,
)
from shopcomm.edge.integrations.couriers.services.accounts import (
    AccountRefused,
    access_of,
    adapter_for,
    change_account,
    create_account,
    renew_account_secret,
    set_account_state,
    settings_of,
)
from shopcomm.edge.integrations.couriers.services.following import can_follow, follow_open_parcels
from shopcomm.edge.integrations.couriers.services.receiving import dismiss_push, retry_push
from shopcomm.edge.integrations.couriers.services.trying import try_push, try_query

PAGES = "integrations/couriers/"


@require_safe
@right_required("admin")
def account_list(request: ShopRequest) -> HttpResponse:
    """Every account, and the services that one may set up."""
    context = {
        "active": "integrations",
        "accounts": [(account, adapter_for(account).label) for account in accounts_with_counts()],
        "services": ADAPTERS.values(),
    }
    return render(request, f"{PAGES}list.html", context)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_account(request: ShopRequest, adapter: str) -> HttpResponse:
    """Set a service up."""
    service = ADAPTERS.get(adapter)
    if service is None:
        raise Http404
    form = AccountForm(
        service, None, request.POST or None, initial={"name": service.label, "slug": service.code}
    )
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, None)
    outcome = run_service(lambda: create_account(adapter=adapter, wanted=form.wanted()))
    if outcome.refusal:
        return _refused(request, form, None, outcome)
    messages.success(request, _("已建立；从现在起发出的包裹由它跟踪"))
    return redirect("couriers:account", outcome.result.pk)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def account_settings(request: ShopRequest, pk: int) -> HttpResponse:
    """The same form for an account that there is."""
    account = get_object_or_404(CourierAccount, pk=pk)
    form = AccountForm(adapter_for(account), account, request.POST or None, initial=settings_of(account))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, account)
    outcome = run_service(lambda: change_account(account_id=pk, wanted=form.wanted()))
    if outcome.refusal:
        return _refused(request, form, account, outcome)
    messages.success(request, _("已保存"))
    return redirect("couriers:account", pk)


def _form_page(
    request: ShopRequest, form: AccountForm, account: CourierAccount | None, status: int = 422
) -> HttpResponse:
    context = {"active": "integrations", "form": form, "account": account}
    return render(request, f"{PAGES}form.html", context, status=status if form.errors else 200)


def _refused(
    request: ShopRequest, form: AccountForm, account: CourierAccount | None, outcome: Outcome
) -> HttpResponse:
    field = outcome.refusal.field if isinstance(outcome.refusal, AccountRefused) else ""
    named = next((name for name in (field, CREDENTIAL + field) if name in form.fields), None)
    form.add_error(named, outcome.text)
    return _form_page(request, form, account, outcome.status)


@require_safe
@right_required("admin")
def account_page(request: ShopRequest, pk: int) -> HttpResponse:
    """An account: how it does, what it pushed last, and which parcels it has trouble with."""
    account = get_object_or_404(CourierAccount, pk=pk)
    return render(request, f"{PAGES}account.html", _account_context(request, account))


def _account_context(request: ShopRequest, account: CourierAccount, **more: Any) -> dict[str, Any]:
    state = request.GET.get("state", "")
    service = adapter_for(account)
    return {
        "active": "integrations",
        "account": account,
        "service": service,
        "may_follow": can_follow(account),
        "pushes": latest_pushes(account, state),
        "shown": state,
        "states": TrackingPush.State.choices,
        "troubled": parcels_with_trouble(account),
        "question": QuestionForm(),
        "pasted": PastedForm(),
        **more,
    }


@require_POST
@right_required("admin")
def ask_about(request: ShopRequest, pk: int) -> HttpResponse:
    """Try an account: ask it about one parcel. Nothing is kept of the answer."""
    account = get_object_or_404(CourierAccount, pk=pk)
    form = QuestionForm(request.POST)
    tried = try_query(account, form.asked()) if form.is_valid() and adapter_for(account).can_query else None
    return render(
        request, f"{PAGES}account.html", _account_context(request, account, question=form, tried=tried)
    )


@require_POST
@right_required("admin")
def read_push(request: ShopRequest, pk: int) -> HttpResponse:
    """Try an account: how something that it pushes would be read. Nothing is kept of it."""
    account = get_object_or_404(CourierAccount, pk=pk)
    form = PastedForm(request.POST)
    takes = adapter_for(account).takes_pushes
    tried = try_push(account, form.cleaned_data["body"]) if form.is_valid() and takes else None
    return render(
        request, f"{PAGES}account.html", _account_context(request, account, pasted=form, tried=tried)
    )


@require_safe
@right_required("admin")
@password_first_on_page
def show_account_secret(request: ShopRequest, pk: int) -> HttpResponse:
    """Where the service pushes to, and with what it signs."""
    account = get_object_or_404(CourierAccount, pk=pk)
    try:
        access = access_of(account)
    except CannotUnseal:
        messages.error(request, _("密钥读不出来，请重新填写"))
        return redirect("couriers:settings", pk)
    context = {
        "active": "integrations",
        "owner": account,
        "service": adapter_for(account),
        "callback": access.callback,
        "secret": access.secrets[0] if access.secrets else "",
    }
    return render(request, f"{PAGES}secret.html", context)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_secret(request: ShopRequest, pk: int) -> HttpResponse:
    """Another secret, shown next. Who comes from giving the password presses again."""
    get_object_or_404(CourierAccount, pk=pk)
    if request.method == "POST":
        run_and_tell(request, partial(renew_account_secret, account_id=pk), _("密钥已更换，旧的还能用 60 天"))
    return redirect("couriers:secret", pk)


@require_POST
@right_required("admin")
def switch_account(request: ShopRequest, pk: int) -> HttpResponse:
    """Have it work, or not for the time being."""
    get_object_or_404(CourierAccount, pk=pk)
    active = request.POST.get("active") == "yes"
    told = _("已恢复跟踪") if active else _("已停止跟踪")
    run_and_tell(request, partial(set_account_state, account_id=pk, active=active), told)
    return redirect("couriers:account", pk)


@require_POST
@right_required("admin")
def take_over(request: ShopRequest, pk: int) -> HttpResponse:
    """Have it follow what is under way already."""
    account = get_object_or_404(CourierAccount, pk=pk)
    run_and_tell(
        request, lambda: _("开始跟踪 %(count)s 个在途包裹") % {"count": follow_open_parcels(account)}
    )
    return redirect("couriers:account", pk)


@require_safe
@right_required("admin")
def push_page(request: ShopRequest, pk: int) -> HttpResponse:
    """One push as it came, and why it is where it is."""
    push = get_object_or_404(TrackingPush.objects.select_related("account"), pk=pk)
    is_stuck = push.state in (TrackingPush.State.PARKED, TrackingPush.State.UNMATCHED)
    context = {"active": "integrations", "push": push, "is_stuck": is_stuck}
    return render(request, f"{PAGES}push.html", context)


@require_POST
@right_required("admin")
def settle_push(request: ShopRequest, pk: int, how: str) -> HttpResponse:
    """Apply one again, or leave it be."""
    get_object_or_404(TrackingPush, pk=pk)
    work: Callable[..., TrackingPush] = retry_push if how == "retry" else dismiss_push
    told = _("已重新处理") if how == "retry" else _("已忽略")
    run_and_tell(request, partial(work, push_id=pk), told)
    return redirect("couriers:push", pk)
