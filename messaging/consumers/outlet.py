"""What stands between the hub and one socket: a bounded queue, so that a slow client holds up nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

BACKLOG = 4000
TOO_SLOW = 4408


class Outlet:
    """Sends texts in order; more than BACKLOG waiting closes the socket, whose client then resumes."""

    def __init__(
        self, send: Callable[[str], Awaitable[None]], close: Callable[[int], Awaitable[None]]
    ) -> None:
        self._send, self._close = send, close
        self._waiting: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        self._full = False
        self._task = asyncio.create_task(self._run())

    def put(self, text: str) -> None:
        """Queue a text; never waits."""
        if self._full:
            return
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            self._full = True
            self._task.cancel()
            self._task = asyncio.create_task(self._give_up())

    async def put_slowly(self, text: str) -> None:
        """Queue a text of a long history; waits while the client is slower than the database."""
        if not self._full:
            await self._waiting.put(text)

    async def _run(self) -> None:
        while True:
            await self._send(await self._waiting.get())

    async def _give_up(self) -> None:
        with suppress(Exception):
            await self._close(TOO_SLOW)

    async def stop(self) -> None:
        """End the sender; what waits is dropped, since the socket is gone."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task
