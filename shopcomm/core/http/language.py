"""The language of a page: what was chosen in this browser, else the customer's, else the browser's, else the shop's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

# Pages of customers, who come from everywhere; the shop's own pages are in the shop's language until somebody chooses.
CUSTOMERS_PAGES = ("/o/", "/my/", "/offline/")


class LanguageMiddleware:
    """Reads the cookie that the language switch sets; programs under /api/ and customers' browsers ask by Accept-Language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(request_language(request)):
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response


def request_language(request: HttpRequest) -> str:
    """The language a request is answered in."""
    if chosen := chosen_language(request):
        return chosen
    if request.path.startswith(("/api/", *CUSTOMERS_PAGES)):
        return translation.get_language_from_request(request)
    return settings.LANGUAGE_CODE


def chosen_language(request: HttpRequest) -> str:
    """What somebody chose in this browser by the switch; blank when nobody did. Programs choose nothing."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    known = {code for code, _name in settings.LANGUAGES}
    return chosen if chosen in known and not request.path.startswith("/api/") else ""


def switch_request_language(request: HttpRequest, language: str) -> None:
    """Answer the rest of a request in the language of the customer it turned out to be from."""
    translation.activate(language)
    request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
