"""What stands between the fanout and one socket: a bounded queue, so that a slow client holds up nobody."""

import asyncio
import logging
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)

# What may wait for a slow client: so many bytes, and so many texts, each of which costs something however short.
BACKLOG = 4000
BACKLOG_BYTES = 1024 * 1024
TOO_SLOW = 4408


class SendQueue:
    """Sends texts in order; more than BACKLOG_BYTES waiting closes the socket, whose client then resumes.

    A text leaves at once where the network takes it. Only while something waits is there a task: most sockets are
    idle most of the time, and a task for every text would cost as much as the sending.
    """

    __slots__ = ("_close", "_room", "_send", "_stopped", "_task", "_waiting", "_weight")

    def __init__(
        self, send: Callable[[str], Coroutine[Any, Any, None]], close: Callable[[int], Awaitable[None]]
    ) -> None:
        self._send, self._close = send, close
        self._waiting: deque[bytes] | None = None
        self._weight = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._stopped = False

    def enqueue(self, text: str) -> None:
        """Send a text, or queue it behind what waits; never waits itself."""
        if self._stopped:
            return
        if self._waiting is None:
            self._send_now(text)
        elif self._is_full:
            self._give_up()
        else:
            # As it goes out, so that it is known how much it holds.
            data = text.encode("utf-8", "replace")
            self._waiting.append(data)
            self._weight += len(data)

    @property
    def _is_full(self) -> bool:
        waiting = self._waiting
        return waiting is not None and (len(waiting) >= BACKLOG or self._weight >= BACKLOG_BYTES)

    def _send_now(self, text: str) -> None:
        sending = self._send(text)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except UnicodeError:
            log.exception("a text that is none was not sent")
            return
        except Exception as error:
            self._gone(error)
            return
        self._waiting = deque()
        self._task = asyncio.create_task(self._run(resume_coroutine(sending, waits_for), self._waiting))

    async def enqueue_with_backpressure(self, text: str) -> None:
        """Queue a text of a long history; waits while the client is slower than the database."""
        while self._is_full and not self._stopped:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()
        self.enqueue(text)

    async def _run(self, begun: Awaitable[None], waiting: deque[bytes]) -> None:
        try:
            await begun
            while waiting:
                await self._send(waiting[0].decode())
                self._weight -= len(waiting.popleft())
                if self._room is not None:
                    self._room.set()
        except Exception as error:
            self._gone(error)
        finally:
            self._waiting, self._task, self._weight = None, None, 0

    def _gone(self, error: Exception) -> None:
        """The socket takes no more; whoever shows a text to a room goes on with the others."""
        log.debug("a socket took no text: %r", error)
        self._stopped = True
        if self._room is not None:
            self._room.set()

    def _give_up(self) -> None:
        """Too slow: what waits is dropped, the client is told to come back."""
        self.stop()
        self._task = asyncio.create_task(self._say_too_slow())

    async def _say_too_slow(self) -> None:
        with suppress(Exception):
            await self._close(TOO_SLOW)

    def stop(self) -> None:
        """End the sender; what waits is dropped, since the socket is gone."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
        if self._room is not None:
            self._room.set()


@types.coroutine
def resume_coroutine(work: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """What is left of a coroutine that has run until it first had to wait, for a task to go on with.

    `asyncio.eager_task_factory` of Python 3.12 does as much.
    """
    with suppress(StopIteration):
        while True:
            try:
                answer = yield waits_for
            except BaseException as error:
                waits_for = work.throw(error)
            else:
                waits_for = work.send(answer)
