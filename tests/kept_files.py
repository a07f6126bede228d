"""Static files of a test's own server, answered from memory: a page of the suite asks for a hundred of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class KeptFiles:
    """Keeps each static file as the application answered it the first time, headers and all.

    As the browser sees it the product serves them; it does so in a thread of its few, through all its middleware, which
    is most of what a page costs here. What is asked with a condition goes through to it.
    """

    # Of the whole process: every test starts a server.
    kept: dict[tuple[str, bytes], list[Message]] = {}
    CONDITIONS = frozenset({b"range", b"if-none-match", b"if-modified-since"})

    def __init__(self, application: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        key = self._key(scope)
        if key is None:
            return await self.application(scope, receive, send)
        if key not in self.kept:
            parts: list[Message] = []

            async def note(message: Message) -> None:
                parts.append(message)

            await self.application(scope, receive, note)
            if parts[0].get("status") != 200:
                return await _send_all(parts, send)
            self.kept[key] = parts
        await _send_all(self.kept[key], send)

    def _key(self, scope: Message) -> tuple[str, bytes] | None:
        """What a file is kept by; None for what is no plain request for one."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or not scope["path"].startswith(settings.STATIC_URL)
        ):
            return None
        headers = dict(scope["headers"])
        if headers.keys() & self.CONDITIONS:
            return None
        return scope["path"], headers.get(b"accept-encoding", b"")


async def _send_all(parts: list[Message], send: Send) -> None:
    for part in parts:
        await send(part)
