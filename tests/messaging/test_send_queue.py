"""What stands between a room and one socket."""

import asyncio

from messaging.consumers.send_queue import BACKLOG, BACKLOG_BYTES, TOO_SLOW, SendQueue


class Line:
    """A socket's line to the client, which can be held up and can break."""

    def __init__(self) -> None:
        self.free, self.broken = asyncio.Event(), False
        self.free.set()
        self.sent: list[str] = []
        self.closed: list[int] = []
        self.send_queue = SendQueue(self.send, self.close)

    async def send(self, text: str) -> None:
        await self.free.wait()
        if self.broken:
            raise OSError("the client is gone")
        self.sent.append(text)

    async def close(self, code: int) -> None:
        self.closed.append(code)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_frame_is_sent_at_once_on_a_free_connection():
    line = Line()
    line.send_queue.enqueue("a")
    line.send_queue.enqueue("b")

    assert line.sent == ["a", "b"]


async def test_frames_keep_their_order_on_a_blocked_connection():
    line = Line()
    line.send_queue.enqueue("a")
    line.free.clear()
    for text in "bcd":
        line.send_queue.enqueue(text)
    assert line.sent == ["a"]

    line.free.set()
    line.send_queue.enqueue("e")
    await settle()
    line.send_queue.enqueue("f")

    assert line.sent == list("abcdef")


async def test_a_broken_connection_does_not_affect_the_others_in_the_room():
    line = Line()
    line.broken = True
    line.send_queue.enqueue("a")
    line.broken = False
    line.send_queue.enqueue("b")

    assert line.sent == []


async def test_a_connection_that_breaks_while_blocked_ends_quietly():
    line = Line()
    line.free.clear()
    line.send_queue.enqueue("a")
    line.broken = True
    line.free.set()
    await settle()
    line.send_queue.stop()
    await settle()

    assert line.sent == []


async def test_a_client_that_is_too_slow_is_closed_and_told_to_reconnect():
    line = Line()
    line.free.clear()
    for number in range(BACKLOG + 2):
        line.send_queue.enqueue(str(number))
    await settle()
    line.free.set()
    await settle()

    assert line.closed == [TOO_SLOW]
    assert line.sent == []


async def test_a_long_history_waits_for_a_slow_client():
    line = Line()
    line.free.clear()

    async def history() -> None:
        for number in range(BACKLOG + 500):
            await line.send_queue.enqueue_with_backpressure(str(number))

    reading = asyncio.create_task(history())
    await settle()
    assert not reading.done()
    line.free.set()
    await asyncio.wait_for(reading, 10)
    await settle()

    assert line.sent == [str(number) for number in range(BACKLOG + 500)]
    assert line.closed == []


async def test_queued_frames_are_dropped_when_the_socket_closes():
    line = Line()
    line.free.clear()
    line.send_queue.enqueue("a")
    line.send_queue.stop()
    line.free.set()
    line.send_queue.enqueue("b")
    await settle()

    assert line.sent == []


async def test_a_slow_client_is_limited_by_bytes_as_well_as_by_frames():
    line = Line()
    line.free.clear()
    for _ in range(15):
        line.send_queue.enqueue("好" * (BACKLOG_BYTES // 30))
    await settle()

    assert line.closed == [TOO_SLOW]
