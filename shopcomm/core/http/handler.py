"""Django behind a door: so many requests at once, the others wait in turn for a stated time, then 503.

Django's own handler gives every request a thread, each with a connection: a thousand requests at once wanted a
thousand of both, and took from sockets, probes and each other what none of them could use. Here a lane has as many
threads as it has connections, and a request that waits holds neither.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import IO, Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from shopcomm.core.database.pool import Shares
from shopcomm.core.http.errors import unavailable_answer
from shopcomm.core.http.health import PROBES

log = logging.getLogger(__name__)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Where a password is tried or set, which costs a tenth of a second of a whole core.
LOGINS = ("/login/", "/admin/login/", "/confirm/", "/setup/")
PASSWORDS = ("/password/", "/password_change/")
# Pages of log-ins wait longer: their turn takes longer, and nobody tries twenty times.
LOGIN_PATIENCE = 3
COMPLAINT_SECONDS = 10.0


class Turn:
    """A place in the queue of a lane: either its work begins, or the visitor has gone."""

    def __init__(self) -> None:
        self._lock, self._decided = Lock(), False

    def take(self) -> bool:
        """Begin, or leave the queue; true for the first of the two that asks."""
        with self._lock:
            first, self._decided = not self._decided, True
            return first


class Lane:
    """Requests of one kind: so many at a time, the others in turn."""

    def __init__(self, name: str, threads: int, patience: float) -> None:
        self.name, self.patience = name, patience
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._complained = -COMPLAINT_SECONDS

    async def run(self, work: Callable[[], HttpResponseBase]) -> HttpResponseBase | None:
        """What the work answers; None when its turn has not come within the lane's patience."""
        turn = Turn()

        def begin() -> HttpResponseBase | None:
            return work() if turn.take() else None

        in_thread = sync_to_async(begin, thread_sensitive=False, executor=self._threads)
        job = asyncio.ensure_future(in_thread())
        try:
            await asyncio.wait({job}, timeout=self.patience)
            if job.done() or not turn.take():
                return await job
            self._complain()
            return None
        except asyncio.CancelledError:
            # The client has gone: what waits is not begun, what has begun is left to end by itself.
            turn.take()
            raise

    def _complain(self) -> None:
        """One line for a crowd, not one each."""
        now = monotonic()
        if now - self._complained >= COMPLAINT_SECONDS:
            self._complained = now
            log.warning("%s: nobody's turn came for %s s; answering 503", self.name, self.patience)


class ShopHandler(ASGIHandler):
    """Django's ASGI handler with lanes in place of a thread for every request."""

    def __init__(self, shares: Shares) -> None:
        # All our middleware and views are synchronous: one thread sees a request from end to end.
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.pages = Lane("pages", shares.pages, settings.DB_POOL_WAIT)
        self.logins = Lane("logins", shares.logins, settings.DB_POOL_WAIT * LOGIN_PATIENCE)
        self.probes = Lane("probe", shares.probe, settings.DB_POOL_WAIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            # Before it waits: a slow sender is nobody's turn.
            body = await self.read_body(receive)
        except RequestAborted:
            return
        answering = asyncio.ensure_future(self._answer(scope, body, send))
        leaving = asyncio.ensure_future(receive())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                answering.cancel()
            with suppress(asyncio.CancelledError):
                await answering
        finally:
            leaving.cancel()
            # Work that goes on without its visitor still reads: the file is closed when nobody holds it any more.
            if not answering.cancelled():
                body.close()

    async def _answer(self, scope: Scope, body: IO[bytes], send: Send) -> None:
        set_script_prefix(get_script_prefix(scope))
        request, refused = self.create_request(scope, body)
        response = await self._in_turn(scope, request) if request else cast(HttpResponseBase, refused)
        try:
            await self.send_response(response, send)
        finally:
            if response.streaming:
                await asyncio.to_thread(response.close)

    async def _in_turn(self, scope: Scope, request: ASGIRequest) -> HttpResponseBase:
        answer = await self._lane(request).run(lambda: self._work(scope, request))
        return unavailable_answer(request) if answer is None else answer

    def _lane(self, request: ASGIRequest) -> Lane:
        if request.path in PROBES:
            return self.probes
        hashes = request.path in LOGINS or request.path.endswith(PASSWORDS)
        return self.logins if request.method == "POST" and hashes else self.pages

    def _work(self, scope: Scope, request: HttpRequest) -> HttpResponseBase:
        """In a thread of the lane: the connection is given back before the answer goes out, however slowly it is read."""
        signals.request_started.send(sender=self.__class__, scope=scope)
        try:
            response: HttpResponseBase = self.get_response(request)
            response._handler_class = self.__class__  # type: ignore[attr-defined]
            if isinstance(response, FileResponse):
                response.block_size = self.chunk_size
            elif not response.streaming:
                response.close()
            return response
        finally:
            close_old_connections()

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """Send it; a file piece by piece (Django would read all of it first)."""
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _pieces(iter(cast("Iterator[bytes]", response.streaming_content)))
        await super().send_response(response, send)


async def _pieces(parts: Any) -> AsyncIterator[bytes]:
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part
