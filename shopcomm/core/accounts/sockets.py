"""The actor at the other end of a socket: the same session as the page's."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.proofs import ANYBODY, SpeaksAs, actor_of, customer_of_link, held_links
from shopcomm.core.database.pool import is_unavailable
from shopcomm.core.deadlocks import BUSY_SECONDS

log = logging.getLogger(__name__)

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a socket came with. Tabs of one browser are equal, so that they can be asked about once."""

    session_key: str
    # A customer's page says so, since the same browser may hold other links and be logged in as staff too.
    page: SpeaksAs = ANYBODY


@database_sync_to_async
def actor_now(visitor: Visitor) -> Actor | None:
    """Who the visitor is at this moment; None once logged out, shut out or with a revoked link."""
    if not visitor.session_key:
        return None
    request = HttpRequest()
    request.session = _session(visitor)
    return actor_of(get_user(request), request.session, visitor.page)


@database_sync_to_async
def actors_of_links(visitor: Visitor) -> list[tuple[Visitor, Actor]]:
    """A socket that names no page may speak for any link that its session holds: each of them, opened last first."""
    session = _session(visitor)
    pages = [SpeaksAs(link.pk) for link in reversed(held_links(session))]
    found = [(replace(visitor, page=page), customer_of_link(session, page.link_id)) for page in pages]
    return [(each, actor) for each, actor in found if actor]


def _session(visitor: Visitor) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(visitor.session_key)


class ActorSocketMiddleware:
    """Sets `scope["visitor"]` and `scope["actor"]`."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        scope["visitor"] = visitor_of(scope)
        try:
            scope["actor"] = await actor_now(scope["visitor"])
        except Exception as error:
            if not is_unavailable(error):
                raise
            log.warning("a socket was sent away, the database is not there: %s", str(error).strip())
            await _send_away(scope, receive, send)
        else:
            await self.inner(scope, receive, send)


async def _send_away(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """503 in place of the handshake, with Retry-After; 1013 (try again later) where the server cannot say that."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1013})
        return
    headers = [(b"retry-after", str(BUSY_SECONDS).encode()), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})


def visitor_of(scope: dict[str, Any]) -> Visitor:
    """Read the handshake."""
    page = SpeaksAs.read(scope.get("query_string", b"").decode("latin-1"))
    return Visitor(_cookies(scope).get(settings.SESSION_COOKIE_NAME, ""), page)


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            jar.load(value.decode("latin-1"))
    return {name: morsel.value for name, morsel in jar.items()}
