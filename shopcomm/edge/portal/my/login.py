"""Logging in with a phone: the number, then the code that was sent to it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from messaging.services.channels.sms import send_login_code
from messaging.services.subscriptions import forget_push_session
from shopcomm.core.accounts.proofs import my_customer
from shopcomm.core.accounts.services.one_time_codes import issue_code, mobile_number, verify_code
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.my.access import enter_as_customer
from shopcomm.edge.portal.visits import with_private_headers

# What this session asked for: the code's id, the phone, and in the demo the code itself.
PENDING_KEY = "my_code"


@require_http_methods(["GET", "POST"])
@never_cache
def customer_login_page(request: HttpRequest) -> HttpResponse:
    """GET asks for the phone, or for the code that is on its way; POST sends a code (`phone`) or tries one (`code`)."""
    if request.method == "GET":
        if not request.user.is_authenticated and my_customer(request.session):  # type: ignore[arg-type]
            return redirect(_next(request))
        if "again" in request.GET:
            request.session.pop(PENDING_KEY, None)
        return _page(request)
    outcome = run_service(lambda: _try(request) if "code" in request.POST else _send(request))
    return _page(request, refusal=outcome.text, status=outcome.status) if outcome.refusal else outcome.result


def _send(request: HttpRequest) -> HttpResponse:
    phone = mobile_number(request.POST.get("phone", "")[:40])
    issued = issue_code(phone=phone, address=_address(request))
    shown = send_login_code(issued)
    request.session[PENDING_KEY] = {
        "id": issued.pk,
        "phone": phone,
        "shown": issued.code if shown else "",
    }
    return redirect(f"{reverse('my:login')}?{urlencode({'next': _next(request)})}")


def _try(request: HttpRequest) -> HttpResponse:
    pending = request.session.get(PENDING_KEY) or {}
    code = "".join(request.POST.get("code", "")[:20].split())
    customer = verify_code(code_id=pending.get("id"), code=code, address=_address(request))
    wanted = _next(request)
    enter_as_customer(request, customer)
    return redirect(wanted)


def _page(request: HttpRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    pending: dict[str, Any] = request.session.get(PENDING_KEY) or {}
    context = {
        "pending": pending,
        "next": _next(request),
        "phone": request.POST.get("phone", ""),
        "refusal": refusal,
        "is_staff": request.user.is_authenticated,
    }
    return with_private_headers(render(request, "my/login.html", context, status=status))


def _next(request: HttpRequest) -> str:
    """Where to go then: a page of the customer's, and of no other site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe and wanted.startswith("/my/") and ".." not in wanted else reverse("my:orders")


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@require_POST
@never_cache
def log_customer_out(request: HttpRequest) -> HttpResponse:
    """Forget who this is, and wake this browser no more; the sockets of the session are closed by their watch."""
    forget_push_session(request.session.session_key)
    request.session.flush()
    return redirect("my:login")
