"""What stands between the hub and one socket: a bounded queue, so that a slow client holds up nobody."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

BACKLOG = 4000
TOO_SLOW = 4408


class Outlet:
    """Sends texts in order; more than BACKLOG waiting closes the socket, whose client then resumes.

    The sending task lives only while something waits: most sockets are idle most of the time.
    """

    __slots__ = ("_close", "_room", "_send", "_stopped", "_task", "_waiting")

    def __init__(
        self, send: Callable[[str], Awaitable[None]], close: Callable[[int], Awaitable[None]]
    ) -> None:
        self._send, self._close = send, close
        self._waiting: deque[str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._stopped = False

    def put(self, text: str) -> None:
        """Queue a text; never waits."""
        if self._stopped:
            return
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= BACKLOG:
            self._give_up()
            return
        self._waiting.append(text)
        if self._task is None:
            self._task = asyncio.create_task(self._run(self._waiting))

    async def put_slowly(self, text: str) -> None:
        """Queue a text of a long history; waits while the client is slower than the database."""
        while self._waiting is not None and len(self._waiting) >= BACKLOG and not self._stopped:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()
        self.put(text)

    async def _run(self, waiting: deque[str]) -> None:
        try:
            while waiting:
                await self._send(waiting[0])
                waiting.popleft()
                if self._room is not None:
                    self._room.set()
        finally:
            self._waiting = self._task = None

    def _give_up(self) -> None:
        """Too slow: what waits is dropped, the client is told to come back."""
        self._end()
        self._task = asyncio.create_task(self._say_too_slow())

    async def _say_too_slow(self) -> None:
        with suppress(Exception):
            await self._close(TOO_SLOW)

    def _end(self) -> asyncio.Task[None] | None:
        self._stopped, task = True, self._task
        if task is not None:
            task.cancel()
        if self._room is not None:
            self._room.set()
        return task

    async def stop(self) -> None:
        """End the sender; what waits is dropped, since the socket is gone."""
        if task := self._end():
            with suppress(asyncio.CancelledError, Exception):
                await task
