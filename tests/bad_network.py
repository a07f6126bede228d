"""A TCP line to a server that can be bad: it cuts, delays, narrows, and loses what comes back."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any


class Line:
    """A proxy on a port (any free one unless given) and a thread of its own.

    `target` is an address with its port, or the path of a socket. `delay` holds every piece up for so many seconds each
    way; `rate` is bytes a second each way. `drop()` cuts all connections, `cut()` also refuses new ones until `mend()`.
    """

    def __init__(self, target: str, *, listen_on: int = 0, delay: float = 0, rate: float = 0) -> None:
        self._target = target
        self.delay, self.rate = delay, rate
        self._up, self._losing_answers = True, False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._server = self._call(self._listen(listen_on))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        self._up = False
        self.drop()

    def drop(self) -> None:
        """Drop every connection; new ones are welcome."""
        self._on_loop(self._drop)

    def cut_answers(self) -> None:
        """What is sent still arrives, but nothing comes back: the worst moment to lose a line."""
        self._losing_answers = True

    def mend(self) -> None:
        self.drop()
        self._losing_answers = False
        self._up = True

    def close(self) -> None:
        """Drop everything and stop."""
        self.cut()
        self._on_loop(self._server.close)
        self._on_loop(lambda: [task.cancel() for task in self._tasks])
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _on_loop(self, work: Callable[[], object]) -> None:
        async def do() -> None:
            work()

        self._call(do())

    async def _listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", port)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _drop(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()
        self._writers.clear()

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if not self._up:
            back.transport.abort()
            return
        try:
            far, forth = await self._reach()
        except OSError:
            # The server has gone before its browser.
            back.transport.abort()
            return
        self._writers |= {back, forth}
        self._start(self._pump(near, forth, answers=False))
        self._start(self._pump(far, back, answers=True))

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.startswith("/"):
            return await asyncio.open_unix_connection(self._target)
        host, port = self._target.removeprefix("http://").split(":")
        return await asyncio.open_connection(host, int(port))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        """Pieces leave in the order they came, each `delay` after it came, no faster than `rate`."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._start(self._deliver(pieces, sink))
        with suppress(OSError):
            while data := await source.read(16384):
                if not (answers and self._losing_answers):
                    pieces.put_nowait((self._loop.time() + self.delay, data))
        pieces.put_nowait((self._loop.time() + self.delay, b""))

    async def _deliver(self, pieces: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while True:
                due, data = await pieces.get()
                await asyncio.sleep(max(0, due - self._loop.time()))
                if not data:
                    break
                if self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                sink.write(data)
                await sink.drain()
        self._writers.discard(sink)
        sink.close()
