"""Sets `request.actor` on every request, and `request.speaks_as`, the page it comes from."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.proofs import SpeaksAs, actor_of, actors_of
from shopcomm.core.accounts.services.staff_sessions import record_session_use
from shopcomm.core.logs import add_log_fields

# A page's scripts say with it as whom they speak; a form says it in its address.
HEADER, FIELD = "X-Visitor", "visitor"


class ActorMiddleware:
    """Sets `request.actor`. Without a session cookie nothing is looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asking: Any = request
        asking.speaks_as = SpeaksAs.read(request.headers.get(HEADER) or request.GET.get(FIELD, ""))
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        asking.actor = actor_of(request.user, asking.session, asking.speaks_as) if known else None
        if asking.actor:
            add_log_fields(actor=asking.actor.who)
        if known and request.user.is_authenticated:
            record_session_use(
                staff=request.user,  # type: ignore[arg-type]
                session_key=asking.session.session_key,
                user_agent=request.headers.get("User-Agent", ""),
            )
        return self.get_response(request)


def actors_behind(request: HttpRequest) -> list[Actor]:
    """Who may be asking: the one whom the page names, else everybody the session has proved to be."""
    asking: Any = request
    if asking.speaks_as.is_said or asking.actor is None:
        return [asking.actor] if asking.actor else []
    return actors_of(request.user, asking.session)
