"""Confirming one's password again for sensitive actions, although a session is open."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

CONFIRMED_KEY = "password_confirmed_at"
# Long enough to fill in a form, too short to find somebody's open browser.
HOLDS_SECONDS = 5 * 60

AdminView = Callable[..., HttpResponse]


def note_confirmed(request: HttpRequest) -> None:
    """The password was just given."""
    request.session[CONFIRMED_KEY] = int(time.time())


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the password was given within the last minutes."""
    age = time.time() - int(request.session.get(CONFIRMED_KEY) or 0)
    return 0 <= age < HOLDS_SECONDS


def password_first(view: AdminView) -> AdminView:
    """A page of the admin that asks for the password before it shows or does anything."""

    @wraps(view)
    def guarded(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated or is_confirmed(request):
            return view(self, request, *args, **kwargs)
        return _asks_password(request)

    return guarded


def password_first_on_page(view: AdminView) -> AdminView:
    """The same for a page outside of the admin, below `right_required`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if is_confirmed(request) else _asks_password(request)

    return guarded


def _asks_password(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('confirm')}?{urlencode({'next': request.path})}")
