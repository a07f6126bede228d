"""Cache headers: responses are not stored unless they say that they are impersonal."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

PRIVATE = "private, no-store"


class PrivateByDefaultMiddleware:
    """Gives every answer that names no rule of its own `Cache-Control: private, no-store`.

    What may be kept (icons, the manifest, the service worker) says so where it is made. Stands outside all others, so
    that refusals and redirects have it, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response
