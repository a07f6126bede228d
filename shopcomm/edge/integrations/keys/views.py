"""Pages of API keys, for managers: the keys, one key with its calls, its form; a secret is shown once."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.accounts.confirming import password_first_on_page
from shopcomm.core.accounts.models import ApiKey
from shopcomm.core.accounts.services.api_keys import change_api_key, create_api_key, revoke_api_key
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.edge.integrations.keys.forms import KeyForm, form_of_key
from shopcomm.edge.integrations.keys.scopes import scope_names
from shopcomm.edge.integrations.keys.selectors import ANSWERS, all_keys, expiring_keys, latest_calls

PAGES = "integrations/keys/"


@require_safe
@right_required("admin")
def key_list(request: ShopRequest) -> HttpResponse:
    """Every key with what it may do and when it was last used."""
    soon = set(expiring_keys().values_list("pk", flat=True))
    keys = [{"key": key, "may": scope_names(key.scopes), "soon": key.pk in soon} for key in all_keys()]
    return render(request, f"{PAGES}list.html", {"active": "integrations", "keys": keys})


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def new_key(request: ShopRequest) -> HttpResponse:
    """A form for a key; its secret is in the answer, and nowhere later."""
    form = KeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, None)
    secrets: list[str] = []

    def make() -> str:
        key, secret = create_api_key(**form.wanted())
        secrets.append(secret)
        return str(key.pk)

    key = get_object_or_404(ApiKey, pk=run_form_once(request, make))
    if not secrets:
        messages.info(request, _("这个密钥已经建立；它只显示一次，没有记下就停用它，再建一个"))
        return redirect("keys:key", key.pk)
    context = {"active": "integrations", "key": key, "secret": secrets[0]}
    return render(request, f"{PAGES}secret.html", context)


@require_http_methods(["GET", "POST"])
@right_required("admin")
@password_first_on_page
def key_settings(request: ShopRequest, pk: int) -> HttpResponse:
    """The same form for a key that there is."""
    key = get_object_or_404(ApiKey, pk=pk, revoked_at=None)
    form = KeyForm(request.POST or None, initial=form_of_key(key))
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, key)
    change_api_key(pk, **form.wanted())
    messages.success(request, _("已保存"))
    return redirect("keys:key", pk)


def _form_page(request: ShopRequest, form: KeyForm, key: ApiKey | None) -> HttpResponse:
    form.mark_errors()
    context = {"active": "integrations", "form": form, "key": key}
    return render(request, f"{PAGES}form.html", context, status=422 if form.errors else 200)


@require_safe
@right_required("admin")
def key_page(request: ShopRequest, pk: int) -> HttpResponse:
    """A key with its newest calls; for a script the list of those alone."""
    key, shown = get_object_or_404(ApiKey, pk=pk), request.GET.get("answers", "")
    context = {
        "active": "integrations",
        "key": key,
        "may": scope_names(key.scopes),
        "soon": expiring_keys().filter(pk=pk).exists(),
        "rate": key.rate or settings.API_RATE,
        "calls": latest_calls(key, shown),
        "shown": shown,
        "answers": [(value, label) for value, (label, _q) in ANSWERS.items()],
        "kept_days": settings.PURGE_KEY_CALLS_DAYS,
    }
    part = "X-Fragment" in request.headers
    return render(request, f"{PAGES}{'_calls' if part else 'key'}.html", context)


@require_POST
@right_required("admin")
def revoke_key(request: ShopRequest, pk: int) -> HttpResponse:
    """Close a key for good."""
    get_object_or_404(ApiKey, pk=pk)
    revoke_api_key(pk)
    messages.success(request, _("已停用，从现在起不再有效"))
    return redirect("keys:key", pk)
