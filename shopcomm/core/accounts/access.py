"""Who may open a staff page."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.rights import role_may


class ShopRequest(HttpRequest):
    """What a view behind `right_required` gets: somebody of the shop is asking."""

    actor: Actor
    user: Staff


View = Callable[..., HttpResponseBase]


def return_path(request: HttpRequest) -> str:
    """The page to come back to after the log-in; for a form that was sent, the page on which it stood."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return "/"
    return urlsplit(came_from)._replace(scheme="", netloc="").geturl()


def right_required(*keys: str) -> Callable[[View], View]:
    """Lets in staff with any of these rights of the table; sends visitors to the login, refuses others."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated:
                return redirect_to_login(return_path(request))
            if not any(role_may(user.role, key) for key in keys):
                raise PermissionDenied
            # Whatever page a request names: here it is the shop's side that is asked.
            request.actor = Actor.staff(user)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return guarded

    return decorate
