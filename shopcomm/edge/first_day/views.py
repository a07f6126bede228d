"""The first page of an empty shop, and the list of what is still to do."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from orders.reading.couriers import COURIERS, courier_name
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.services.first_manager import SetupRefused, has_manager
from shopcomm.core.configuration.models import ShopSettings, shop_settings
from shopcomm.core.outcomes import run_service
from shopcomm.edge.first_day.checklist import checklist_steps, from_files
from shopcomm.edge.first_day.forms import CouriersForm, ShopForm
from shopcomm.edge.first_day.services import Opening, open_shop, set_usual_couriers

BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters("password", "again", "code")
@require_http_methods(["GET", "POST"])
def setup_page(request: HttpRequest) -> HttpResponse:
    """Asks what an empty shop is called and who its first manager is; closed for good once there is one."""
    if has_manager():
        return redirect("login")
    form = ShopForm(request.POST or None, request.FILES or None, instance=ShopSettings(pk=1))
    if request.method == "GET" or not form.is_valid():
        return _asked(request, form)
    opened = run_service(
        lambda: open_shop(
            code=form.cleaned_data["code"],
            opening=_opening(form),
            address=str(request.META.get("REMOTE_ADDR", "")),
        )
    )
    if opened.status == 409:
        messages.error(request, opened.text)
        return redirect("login")
    if opened.refusal:
        field = opened.refusal.field if isinstance(opened.refusal, SetupRefused) else ""
        form.add_error(field or None, opened.text)
        return _asked(request, form, opened.status)
    login(request, opened.result, backend=BACKEND)
    messages.success(request, _("店铺已开好"))
    return redirect("first_day:checklist")


def _asked(request: HttpRequest, form: ShopForm, status: int = 422) -> HttpResponse:
    form.mark_errors()
    return render(request, "first_day/setup.html", {"form": form}, status=status if form.errors else 200)


def _opening(form: ShopForm) -> Opening:
    given = form.cleaned_data
    names = ("shop_name", "phone", "return_receiver", "return_phone", "return_address")
    return Opening(
        **{name: given[name] for name in names},
        logo=given["logo"] or None,
        weekly=form.weekly,
        manager=form.manager,
    )


@require_safe
@right_required("admin")
def first_day(request: ShopRequest) -> HttpResponse:
    """The checklist: steps done and steps to do."""
    # The admin changes a row that is there.
    ShopSettings.objects.get_or_create(pk=1)
    steps = checklist_steps()
    context = {
        "active": "me",
        "steps": steps,
        "next": next((step for step in steps if not step.done), None),
        "done": sum(step.done for step in steps),
        "files": from_files(),
    }
    return render(request, "first_day/checklist.html", context)


@require_http_methods(["GET", "POST"])
@right_required("admin")
def couriers_page(request: ShopRequest) -> HttpResponse:
    """With which couriers the shop sends."""
    usual = shop_settings().couriers
    rare = _("、").join(courier_name(code) for code in usual if code not in COURIERS)
    form = CouriersForm(request.POST or None, initial={"couriers": usual, "others": rare})
    if request.method == "POST" and form.is_valid():
        set_usual_couriers(form.codes())
        messages.success(request, _("常用快递已保存"))
        return redirect("first_day:checklist")
    context = {"active": "me", "form": form}
    return render(request, "first_day/couriers.html", context, status=422 if form.errors else 200)
