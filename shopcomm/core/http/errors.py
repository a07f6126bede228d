"""What a person sees when something is wrong; programs under /api/ get a problem document."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from shopcomm.core.http.problems import problem


def _answer(request: HttpRequest, status: int, code: str, template: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = problem(status=status, code=code)
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, template, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; 413 for a body that is larger than any form or call of ours."""
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, "body_too_large", "413.html")
    return _answer(request, 400, "bad_request", "400.html")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _answer(request, 403, "forbidden", "403.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _answer(request, 404, "not_found", "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without the database, which may be what is down."""
    if request.path.startswith("/api/"):
        return _answer(request, 500, "internal_error", "500.html")
    # Without a request there are no context processors, which would ask the database.
    page = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was open too long: nothing was changed, reload and send again."""
    if "application/json" in request.headers.get("Accept", "") or request.headers.get("X-Fragment"):
        detail = _("页面已过期，请刷新后重试")
        body: dict[str, Any] = problem(status=403, code="stale_page", detail=detail)
        return JsonResponse(body, status=403, content_type="application/problem+json")
    return render(request, "403_csrf.html", status=403)
