"""Who may open a page of the shop's side."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.roles import may


class ShopRequest(HttpRequest):
    """What a view behind `right_required` gets: somebody of the shop is asking."""

    actor: Actor
    user: Staff


View = Callable[..., HttpResponseBase]


def right_required(*keys: str) -> Callable[[View], View]:
    """Lets in staff with any of these rights of the table; sends visitors to the login, refuses others."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not any(may(user.role, key) for key in keys):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
