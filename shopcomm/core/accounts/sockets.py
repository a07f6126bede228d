"""Who is at the other end of a socket: the same session as the page's, plus an origin of ours."""

from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.middleware import LINK_SESSION_KEY, actor_of, customer_of

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class ActorSocketMiddleware:
    """Sets `scope["actor"]`, and `scope["reload_actor"]` which asks again whether they may still be here."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        scope = dict(scope)

        def load() -> Actor | None:
            return _actor_of_scope(scope)

        scope["reload_actor"] = sync_to_async(load)
        scope["actor"] = await scope["reload_actor"]()
        await self.inner(scope, receive, send)


def _actor_of_scope(scope: dict[str, Any]) -> Actor | None:
    key = _cookies(scope).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    link_id = request.session.get(LINK_SESSION_KEY)
    # A customer's page says so, since the same browser may be logged in as staff too.
    if b"as=customer" in scope.get("query_string", b"") and parse_qs(scope["query_string"]).get(b"as") == [
        b"customer"
    ]:
        return customer_of(link_id)
    return actor_of(get_user(request), link_id)


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            jar.load(value.decode("latin-1"))
    return {name: morsel.value for name, morsel in jar.items()}
