"""A page of a link: opening it proves the link to the session, and the page says as whom it speaks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language

from shopcomm.core.accounts.models import Customer, OrderLink
from shopcomm.core.accounts.proofs import LINKS_SESSION_KEY, MY_SESSION_KEY, hold_link, my_customer
from shopcomm.core.accounts.services.customers import keep_customer_language
from shopcomm.core.accounts.services.order_links import link_token, open_link
from shopcomm.core.http.language import chosen_language, switch_request_language


@dataclass(frozen=True)
class PageOwner:
    """What a customer's page says of itself, so that its socket and its requests are never another page's."""

    # As the server reads it back: `link=ID` or `as=customer`.
    visitor: str
    who: str
    # Where the page shows its link again, when the session has lost it; blank where only a log-in helps.
    prove: str = ""
    # Where the language switch goes.
    language: str = ""

    @classmethod
    def of_link(cls, link: OrderLink) -> "PageOwner":
        """The page of one signed link."""
        prove, language = (
            reverse(f"portal:{name}", args=[link_token(link)]) for name in ("prove", "language")
        )
        return cls(f"link={link.pk}", f"customer:{link.customer_id}", prove, language)

    @classmethod
    def of_customer(cls, customer: Customer) -> "PageOwner":
        """A page behind the code."""
        return cls("as=customer", f"customer:{customer.pk}", language=reverse("my:language"))


class LinkPageMiddleware:
    """Looks the link up before the view of an address with a `token`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: object, args: object, kwargs: dict[str, Any]) -> None:
        """Staff who look at a customer's page stay staff: the session of the log-in is left alone."""
        if "token" not in kwargs or request.resolver_match.app_name != "portal":
            return
        link = request.opened_link = open_link(kwargs["token"])
        if link is None or request.user.is_authenticated:
            return
        request.page_owner = PageOwner.of_link(link)
        opened = request.method == "GET" and is_opened(request)
        set_page_language(request, link.customer, opened=opened)
        if opened:
            remember_link(request, link)


def set_page_language(request: HttpRequest, customer: Customer, *, opened: bool) -> None:
    """Answer in the customer's language, unless another was chosen in this browser.

    Of whom no language is known, that in which a page was opened is kept: notices follow the pages.
    """
    if customer.language and not chosen_language(request):
        switch_request_language(request, customer.language)
        return
    now = get_language() or ""
    if opened and not customer.language and now != settings.LANGUAGE_CODE and is_browser(request):
        keep_customer_language(customer=customer, language=now)


def is_browser(request: HttpRequest) -> bool:
    """Whether somebody reads the page: a messenger that draws a preview of a link speaks English whoever its reader is."""
    return "Sec-Fetch-Mode" in request.headers or settings.SESSION_COOKIE_NAME in request.COOKIES


def is_opened(request: HttpRequest) -> bool:
    """Whether somebody opens the page: what a worker or a script fetches, or a browser beforehand, proves nothing."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode == "navigate" and "prefetch" not in request.headers.get("Sec-Purpose", "")


def remember_link(request: HttpRequest, link: OrderLink) -> None:
    """Let the session hold a link that was opened, beside those it holds already.

    Who proved the phone by a code keeps all orders, of which the link opens one. Another customer's link ends such a
    log-in: whoever holds the phone now is not the one who gave the code.
    """
    session: Any = request.session
    mine = my_customer(session)
    if mine and mine.pk == link.customer_id:
        return
    if MY_SESSION_KEY in session:
        del session[MY_SESSION_KEY]
    if link.pk in session.get(LINKS_SESSION_KEY, [])[-1:]:
        return
    if LINKS_SESSION_KEY not in session:
        # A key that somebody else may have planted is worth nothing from here on.
        session.cycle_key()
    hold_link(session, link)
