"""What stands between a room and one socket, under a server that makes the frames and under one that takes them ready."""

import asyncio
import types
from collections.abc import Awaitable, Generator
from typing import Any

import pytest

from messaging.consumers.send_queue import (
    BACKLOG,
    BACKLOG_BYTES,
    TOO_SLOW,
    Frames,
    SendQueue,
    send_queue_of,
    text_writer,
)
from shopcomm.core.http.ready_frames import EXTENSION, text_frame

HEADERS = {126: 4, 127: 10}


class Line:
    """A socket's line to the client, which can be held up and can break."""

    def __init__(self, *, takes_ready: bool) -> None:
        self.free, self.broken = asyncio.Event(), False
        self.free.set()
        self.sent: list[str] = []
        self.closed: list[int] = []
        write = self.write_frames if takes_ready else text_writer(self.send)
        self.send_queue = SendQueue(write, self.close, takes_ready=takes_ready)

    def enqueue(self, *texts: str) -> None:
        self.send_queue.enqueue(Frames(texts))

    async def send(self, event: dict[str, str]) -> None:
        await self.free.wait()
        self.take(event["text"])

    def write_frames(self, frames: bytes) -> Awaitable[None] | None:
        text = frames[HEADERS.get(frames[1], 2) :].decode()
        return self.take(text) if self.free.is_set() else self.take_later(text)

    @types.coroutine
    def take_later(self, text: str) -> Generator[Any, Any, None]:
        yield from self.free.wait().__await__()
        self.take(text)

    def take(self, text: str) -> None:
        if self.broken:
            raise OSError("the client is gone")
        self.sent.append(text)

    async def close(self, code: int) -> None:
        self.closed.append(code)


@pytest.fixture(params=[False, True], ids=["texts", "ready frames"])
async def line(request: pytest.FixtureRequest) -> Line:
    return Line(takes_ready=request.param)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_frame_is_sent_at_once_on_a_free_connection(line):
    line.enqueue("a")
    line.enqueue("b")

    assert line.sent == ["a", "b"]


async def test_frames_keep_their_order_on_a_blocked_connection(line):
    line.enqueue("a")
    line.free.clear()
    for text in "bcd":
        line.enqueue(text)
    assert line.sent == ["a"]

    line.free.set()
    line.enqueue("e")
    await settle()
    line.enqueue("f")

    assert line.sent == list("abcdef")


async def test_a_broken_connection_does_not_affect_the_others_in_the_room(line):
    line.broken = True
    line.enqueue("a")
    line.broken = False
    line.enqueue("b")

    assert line.sent == []


async def test_a_connection_that_breaks_while_blocked_ends_quietly(line):
    line.free.clear()
    line.enqueue("a")
    line.broken = True
    line.free.set()
    await settle()
    line.send_queue.stop()
    await settle()

    assert line.sent == []


async def test_a_client_that_is_too_slow_is_closed_and_told_to_reconnect(line):
    line.free.clear()
    for number in range(BACKLOG + 2):
        line.enqueue(str(number))
    await settle()
    line.free.set()
    await settle()

    assert line.closed == [TOO_SLOW]
    assert line.sent == []


async def test_a_long_history_waits_for_a_slow_client(line):
    line.free.clear()

    async def history() -> None:
        for number in range(BACKLOG + 500):
            await line.send_queue.enqueue_with_backpressure(Frames([str(number)]))

    reading = asyncio.create_task(history())
    await settle()
    assert not reading.done()
    line.free.set()
    await asyncio.wait_for(reading, 10)
    await settle()

    assert line.sent == [str(number) for number in range(BACKLOG + 500)]
    assert line.closed == []


async def test_queued_frames_are_dropped_when_the_socket_closes(line):
    line.free.clear()
    line.enqueue("a")
    line.send_queue.stop()
    line.free.set()
    line.enqueue("b")
    await settle()

    assert line.sent == []


async def test_a_slow_client_is_limited_by_bytes_as_well_as_by_frames(line):
    line.free.clear()
    for _ in range(15):
        line.enqueue("好" * (BACKLOG_BYTES // 30))
    await settle()

    assert line.closed == [TOO_SLOW]


async def test_frames_for_many_sockets_are_encoded_once_and_sent_together():
    handed = []
    protocol = type("Protocol", (), {"write_frames": staticmethod(handed.append)})
    frames = Frames(["好", "b" * 200])
    for _socket in range(3):
        scope = {"extensions": {EXTENSION: protocol}}
        send_queue_of(scope, None, None).enqueue(frames)

    assert handed == [text_frame("好") + text_frame("b" * 200)] * 3
    assert all(each is handed[0] for each in handed)


async def test_a_server_without_ready_frames_is_sent_texts():
    line = Line(takes_ready=False)
    send_queue_of({"extensions": {}}, line.send, line.close).enqueue(Frames(["a", "b"]))

    assert line.sent == ["a", "b"]


async def test_a_lone_surrogate_in_one_frame_does_not_affect_others(line):
    line.enqueue("a")
    line.enqueue("\ud83d")
    line.enqueue("b")

    assert [text for text in line.sent if text in "ab"] == ["a", "b"]
