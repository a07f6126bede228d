"""Refusing sockets from foreign origins."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class OurOriginOnly:
    """Refuses a handshake whose Origin is neither the host it was sent to nor a trusted one.

    A program without a browser sends no Origin; it still needs a session cookie, so it is let through.
    Source: RFC 6455 section 10.2.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", [])}
        if _is_ours(headers.get(b"origin"), headers.get(b"host", "")):
            await self.inner(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 4403})


def _is_ours(origin: str | None, host: str) -> bool:
    if origin is None:
        return True
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    domain, _port = split_domain_port(host.lower())
    return urlsplit(origin).netloc.lower() == host.lower() and validate_host(domain, settings.ALLOWED_HOSTS)
