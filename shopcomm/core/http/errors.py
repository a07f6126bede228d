"""Error pages for people; programs under /api/ get a problem document."""

import sys
from functools import cache
from typing import Any

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from shopcomm.core.database.pool import is_unavailable
from shopcomm.core.deadlocks import BUSY_SECONDS
from shopcomm.core.http.caching import PRIVATE
from shopcomm.core.http.language import request_language
from shopcomm.core.http.problems import PROBLEM, problem_document


def _answer(request: HttpRequest, status: int, code: str, template: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = problem_document(status=status, code=code)
        return JsonResponse(body, status=status, content_type=PROBLEM)
    return render(request, template, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; 413 for a body that is larger than any form or call of ours."""
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, "body_too_large", "413.html")
    return _answer(request, 400, "bad_request", "400.html")


def unreadable_answer(request: HttpRequest) -> HttpResponse:
    """400 for what cannot be read; a script of ours gets it as a problem document."""
    if "application/json" in request.headers.get("Accept", "") or request.headers.get("X-Fragment"):
        body = problem_document(
            status=400, code="bad_request", detail=_("发来的内容里有读不懂的字符或数字，请改过再发")
        )
        return JsonResponse(body, status=400, content_type=PROBLEM)
    return _answer(request, 400, "bad_request", "400.html")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _answer(request, 403, "forbidden", "403.html")


class ElsewhereNow(Http404):
    """What somebody asks for is not theirs any more: told in a sentence on the page that they are sent to.

    A program, and a part of a page that asks for itself, gets the 404.
    """

    def __init__(self, text: str, url: str) -> None:
        super().__init__(text)
        self.text, self.url = text, url


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, or a redirect to where the page has moved."""
    if isinstance(exception, ElsewhereNow) and not request.headers.get("X-Fragment"):
        messages.info(request, exception.text)
        return redirect(exception.url)
    return _answer(request, 404, "not_found", "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when the database is away or too busy: what failed now may work in a moment."""
    if is_unavailable(sys.exc_info()[1]):
        return unavailable_answer(request)
    if request.path.startswith("/api/"):
        return _answer(request, 500, "internal_error", "500.html")
    # Without a request there are no context processors, which would ask the database.
    page = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)


def unavailable_answer(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After. Made without the database and without a thread: there may be neither."""
    language = request_language(request)
    if request.path.startswith("/api/") or _is_script(request):
        with translation.override(language):
            body = problem_document(status=503, code="unavailable", detail=_("系统正忙，请过几秒再试"))
        answer: HttpResponse = JsonResponse(body, status=503, content_type=PROBLEM)
    else:
        answer = HttpResponse(_unavailable_page(language), status=503)
        answer.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    answer.headers["Retry-After"] = str(BUSY_SECONDS)
    answer.headers["Cache-Control"] = PRIVATE
    return answer


@cache
def _unavailable_page(language: str) -> str:
    with translation.override(language):
        return render_to_string("503.html", {"language": language})


def _is_script(request: HttpRequest) -> bool:
    """Whether one of our own scripts asks, which shows a sentence and not a page."""
    return "application/json" in request.headers.get("Accept", "") or "X-Fragment" in request.headers


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was open too long: nothing was changed, reload and send again."""
    if _is_script(request):
        detail = _("页面已过期，请刷新后重试")
        body: dict[str, Any] = problem_document(status=403, code="stale_page", detail=detail)
        return JsonResponse(body, status=403, content_type=PROBLEM)
    return render(request, "403_csrf.html", status=403)
