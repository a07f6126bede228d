"""Reads the shop settings once for each page, as they were at its beginning."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shopcomm.core.configuration.models import settings_read_once


class SettingsMiddleware:
    """Reads the shop's settings once for a request that changes nothing: who may see what is asked many times a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with settings_read_once():
            return self.get_response(request)
