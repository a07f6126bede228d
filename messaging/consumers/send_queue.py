"""The bounded queue between the fanout and one socket, so that a slow client delays nobody."""

import asyncio
import logging
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import suppress
from typing import Any

from shopcomm.core.http.ready_frames import EXTENSION, text_frame

log = logging.getLogger(__name__)

# What may wait for a slow client: so many bytes, and so many pieces, each of which costs something however short.
BACKLOG = 4000
BACKLOG_BYTES = 1024 * 1024
TOO_SLOW = 4408

# Starts to write frames that are ready for the wire, or a text where the server makes the frame. None once the network has
# them; else something to await, which writes what is left.
Write = Callable[[Any], Awaitable[None] | None]


class Frames:
    """Texts that go to one socket or to many, each made ready for the wire once."""

    __slots__ = ("_ready", "texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._ready: bytes | None = None

    @property
    def ready(self) -> bytes:
        """All of them as they go over the wire."""
        if self._ready is None:
            texts = self.texts
            self._ready = text_frame(texts[0]) if len(texts) == 1 else b"".join(map(text_frame, texts))
        return self._ready


class SendQueue:
    """Sends frames in order; more than BACKLOG_BYTES waiting closes the socket, whose client then resumes.

    A frame leaves at once where the network takes it. Only while something waits is there a task: most sockets are
    idle most of the time, and a task for every frame would cost as much as the sending.
    """

    __slots__ = ("_close", "_room", "_stopped", "_takes_ready", "_task", "_waiting", "_weight", "_write")

    def __init__(self, write: Write, close: Callable[[int], Awaitable[None]], *, takes_ready: bool) -> None:
        self._write, self._close, self._takes_ready = write, close, takes_ready
        self._waiting: deque[bytes] | None = None
        self._weight = 0
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self._stopped = False

    def enqueue(self, frames: Frames) -> None:
        """Send frames, or queue them behind what waits; never waits itself."""
        if self._takes_ready:
            self._enqueue(frames.ready)
        else:
            for text in frames.texts:
                self._enqueue(text)

    def _enqueue(self, piece: bytes | str) -> None:
        if self._stopped:
            return
        if self._waiting is None:
            self._send_now(piece)
        elif self._is_full:
            self._give_up()
        else:
            # As it goes out, so that it is known how much it holds.
            data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace")
            self._waiting.append(data)
            self._weight += len(data)

    @property
    def _is_full(self) -> bool:
        waiting = self._waiting
        return waiting is not None and (len(waiting) >= BACKLOG or self._weight >= BACKLOG_BYTES)

    def _send_now(self, piece: bytes | str) -> None:
        try:
            rest = self._write(piece)
        except UnicodeError:
            log.exception("a text that is none was not sent")
            return
        except Exception as error:
            self._gone(error)
            return
        if rest is not None:
            self._waiting = deque()
            self._task = asyncio.create_task(self._run(rest, self._waiting))

    async def enqueue_with_backpressure(self, frames: Frames) -> None:
        """Queue frames of a long history; waits while the client is slower than the database."""
        while self._is_full and not self._stopped:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()
        self.enqueue(frames)

    async def _run(self, begun: Awaitable[None], waiting: deque[bytes]) -> None:
        try:
            await begun
            while waiting:
                piece = waiting[0]
                rest = self._write(piece if self._takes_ready else piece.decode())
                if rest is not None:
                    await rest
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


def send_queue_of(
    scope: dict[str, Any],
    send: Callable[[dict[str, Any]], Coroutine[Any, Any, None]],
    close: Callable[[int], Awaitable[None]],
) -> SendQueue:
    """The queue of a socket, by its ASGI `scope`: of ready frames where the server takes them, else of texts."""
    if protocol := scope.get("extensions", {}).get(EXTENSION):
        return SendQueue(protocol.write_frames, close, takes_ready=True)
    return SendQueue(text_writer(send), close, takes_ready=False)


def text_writer(send: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]) -> Write:
    """Writes texts by an ASGI `send`."""

    def write(text: str) -> Awaitable[None] | None:
        sending = send({"type": "websocket.send", "text": text})
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return None
        return resume_coroutine(sending, waits_for)

    return write


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
