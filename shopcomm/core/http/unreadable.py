"""Requests that nobody can read: answered in one place, with 400 and a word, before any page looks at them.

A NUL fits no column, half of a character no answer. What a page reads wrongly all the same, and only the database
notices, is refused here too: such a request is never an error of ours that somebody has to be woken for.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase

from shopcomm.core.http.errors import unreadable_answer
from shopcomm.core.http.problems import is_unreadable
from shopcomm.core.reading import is_readable

log = logging.getLogger(__name__)


class ReadableCookiesMiddleware:
    """Forgets a cookie that cannot be read (a quoted one may hold a NUL); stands before all who look at cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if not is_readable(value)]:
            del request.COOKIES[name]
        return self.get_response(request)


class UnreadableMiddleware:
    """404 for an address that no page can have, 400 for a query or a form with what cannot be read.

    Stands last, so that the answer is drawn as any. Bodies of other kinds are read by `JsonParser` and
    `reading.json_object`, which answer in the same way.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_readable(request.path_info):
            raise Http404
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse before the view; the API reads its own bodies, and has its form only after it knows the key."""
        if not _all_readable(request.GET):
            return unreadable_answer(request)
        has_form = request.method == "POST" and not getattr(view, "csrf_exempt", False)
        if has_form and not _all_readable(request.POST):
            return unreadable_answer(request)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """400 for a value that the database cannot take; anything else is for others."""
        if not is_unreadable(error):
            return None
        log.warning("a value of %s could not be kept: %r", request.path, error)
        return unreadable_answer(request)


def _all_readable(query: QueryDict) -> bool:
    return all(is_readable(name) and all(map(is_readable, values)) for name, values in query.lists())
