"""Log-in, log-out, one's own settings, and the rights page."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import LANGUAGE_QUERY_PARAMETER, set_language

from shopcomm.core import reading
from shopcomm.core.accounts.access import right_required
from shopcomm.core.accounts.confirming import note_confirmed
from shopcomm.core.accounts.forms import LoginForm, PasswordForm, PreferencesForm
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.open_sessions import open_sessions
from shopcomm.core.accounts.rights import GROUPS, role_may
from shopcomm.core.accounts.roles import API, CUSTOMER, SYSTEM, Role
from shopcomm.core.accounts.services.first_manager import waits_for_owner
from shopcomm.core.accounts.services.languages import keep_staff_language
from shopcomm.core.accounts.services.staff_sessions import (
    carry_session_over,
    change_password,
    end_session,
    end_sessions_except,
)
from shopcomm.core.realtime import recheck_access_on_commit, staff_group

# Where an empty shop is set up: a page of the floor above.
SETUP_URL = "/setup/"
REMEMBER_SECONDS = 30 * 24 * 3600


class Login(LoginView):
    """The log-in page. Wrong passwords are counted by django-axes."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; in an empty shop that was started for its owner the one that opens it."""
        if waits_for_owner():
            return redirect(SETUP_URL)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        answer = super().form_valid(form)
        if form.cleaned_data["remember"]:
            self.request.session.set_expiry(REMEMBER_SECONDS)
        return answer


class Logout(LogoutView):
    """Leaves, and has the sockets of other tabs leave at once."""

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log out."""
        staff_id = request.user.pk
        answer: HttpResponse = super().post(request, *args, **kwargs)
        if staff_id:
            recheck_access_on_commit(staff_group(staff_id))
        return answer


@require_safe
def home_redirect(request: HttpRequest) -> HttpResponseBase:
    """Everybody to the page of their role."""
    user: Any = request.user
    if not user.is_authenticated:
        # A customer's way home from a page that is not there is not the log-in of the staff.
        return redirect("/my/" if request.actor else "login")  # type: ignore[attr-defined]
    return redirect("/orders/" if role_may(user.role, "orders.view") else "/warehouse/")


@require_safe
def session_now(request: HttpRequest) -> JsonResponse:
    """Who the session is for the page that asks (`X-Visitor`): a socket that was sent away looks before it comes back."""
    actor = request.actor  # type: ignore[attr-defined]
    return JsonResponse({"who": actor.who if actor else ""})


@login_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def confirm_password(request: HttpRequest) -> HttpResponseBase:
    """Ask for the password again before keys and passwords are made. Wrong ones count like those of a log-in."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    refused = False
    if request.method == "POST":
        name, password = request.user.get_username(), request.POST.get("password", "")
        if authenticate(request, username=name, password=password) == request.user:
            note_confirmed(request)
            return redirect(wanted if safe else "home")
        refused = True
    context = {"next": wanted if safe else "", "refused": refused}
    return render(request, "accounts/confirm.html", context, status=422 if refused else 200)


@login_required
@require_http_methods(["GET", "POST"])
def preferences_page(request: HttpRequest) -> HttpResponseBase:
    """Somebody's own settings; `only` in the body limits a save to the fields it names."""
    user = cast(Staff, request.user)
    only = request.POST.getlist("only")
    form = PreferencesForm(request.POST or None, instance=user, only=only)
    if request.method == "POST" and form.is_valid():
        form.save()
        if only:
            return HttpResponse(status=204)
        messages.success(request, _("设置已保存"))
        return redirect("preferences")
    if only and form.errors:
        return JsonResponse({"errors": form.errors}, status=422)
    return _preferences_page(request, form, PasswordForm(request))


def _preferences_page(request: HttpRequest, form: PreferencesForm, password: PasswordForm) -> HttpResponse:
    user = cast(Staff, request.user)
    context = {
        "form": form,
        "password": password,
        "sessions": open_sessions(user, request.session.session_key),
    }
    status = 422 if form.errors or password.errors else 200
    return render(request, "accounts/preferences.html", context, status=status)


@login_required
@sensitive_post_parameters("old", "new", "again")
@require_POST
def own_password(request: HttpRequest) -> HttpResponseBase:
    """Another password for oneself: this browser stays logged in, every other one is out."""
    user = cast(Staff, request.user)
    form = PasswordForm(request, request.POST)
    if not form.is_valid():
        return _preferences_page(request, PreferencesForm(instance=user), form)
    before = request.session.session_key
    change_password(staff=user, password=form.cleaned_data["new"], this_key=before)
    # The session gets another key with the new password.
    update_session_auth_hash(request, user)
    carry_session_over(old_key=before, new_key=request.session.session_key)
    messages.success(request, _("密码已修改，其他设备已退出登录"))
    return redirect("preferences")


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponseBase:
    """Log out another browser of one's own (`session`), or all others (`others`)."""
    user = cast(Staff, request.user)
    if "others" in request.POST:
        count = end_sessions_except(staff=user, this_key=request.session.session_key)
        messages.success(request, _("已退出其他 %(count)s 台设备") % {"count": count})
    elif end_session(staff=user, session_id=reading.whole_number(request.POST.get("session")) or 0):
        messages.success(request, _("那台设备已退出登录"))
    else:
        messages.info(request, _("那台设备已经退出了"))
    return redirect("preferences")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Set the language of this browser; for staff it is also saved for their notices."""
    answer = set_language(request)
    chosen = request.POST.get(LANGUAGE_QUERY_PARAMETER, "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        keep_staff_language(staff_id=request.user.pk, language=chosen)
    return answer


@require_safe
@login_required
def shortcuts_page(request: HttpRequest) -> HttpResponseBase:
    """The keys of the shop's pages; for a script the dialog that shows those of the page it is opened on."""
    part = "X-Fragment" in request.headers
    return render(request, "accounts/_shortcuts.html" if part else "accounts/shortcuts.html")


@require_safe
@right_required("admin")
def rights_page(request: HttpRequest) -> HttpResponseBase:
    """Who may do what, from the table the code itself asks."""
    columns: list[tuple[str, object]] = [(str(role.value), role.label) for role in Role]
    columns += [(CUSTOMER, _("客户")), (SYSTEM, _("系统")), (API, _("接口"))]
    groups = [
        (name, [(right, [key in right.holders for key, _label in columns]) for right in rights])
        for name, rights in GROUPS
    ]
    return render(request, "accounts/rights.html", {"columns": columns, "groups": groups})
