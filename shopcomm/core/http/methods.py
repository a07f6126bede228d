"""The page for a person who opens a URL that only accepts forms."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class MethodPageMiddleware:
    """Gives the empty 405 of `require_POST` a page; scripts and programs get it as it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if (
            answer.status_code != 405
            or answer.content
            or "text/html" not in request.headers.get("Accept", "")
        ):
            return answer
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = answer.headers.get("Allow", "")
        return page
