"""Websocket clients that cost next to nothing: frames are counted in the bytes as they come, not decoded.

A client in Python that decoded each frame would be slower than what it measures, and hide every difference.
"""

import asyncio
import base64
import json
import os
import re
import struct
import time
from collections.abc import Callable
from typing import Any

NEW, ACK, SUBSCRIBED, REFUSED = (
    b'"message.new"',
    b'"message.ack"',
    b'"subscribed"',
    b'"error"',
)
EVENT = b'"type":"event"'
STAMP = re.compile(rb'"body": ?"T(\d{19})')
# More than any mark is long, so that one cut in two by the network is still seen once.
TAIL = 40


class Client(asyncio.Protocol):
    """One socket. `counts` says how often each mark has come."""

    def __init__(self, marks: tuple[bytes, ...]) -> None:
        self.counts = dict.fromkeys(marks, 0)
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.changed: Callable[[], None] = lambda: None
        self.delays: list[float] | None = None
        self._tail = b""
        self._head = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(ConnectionError("closed during the handshake"))

    def data_received(self, data: bytes) -> None:
        if not self.open.done():
            self._head += data
            if b"\r\n\r\n" not in self._head:
                return
            head, _, data = self._head.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101"):
                self.open.set_exception(ConnectionError(head[:60].decode()))
                return
            self.open.set_result(None)
        if self.delays is not None:
            self._note_delays(data)
        text = self._tail + data
        for mark in self.counts:
            self.counts[mark] += text.count(mark) - self._tail.count(mark)
        self._tail = text[-TAIL:]
        self.changed()

    def _note_delays(self, data: bytes) -> None:
        now = time.time_ns()
        self.delays += [(now - int(stamp)) / 1e6 for stamp in STAMP.findall(data)]

    def send(self, **frame: Any) -> None:
        self.send_text(json.dumps(frame).encode())

    def send_text(self, text: bytes) -> None:
        # Masked, as the protocol demands, with a key of zeros that changes nothing.
        head = b"\x81" + (
            bytes([0x80 | len(text)]) if len(text) < 126 else struct.pack("!BH", 0xFE, len(text))
        )
        self.transport.write(head + b"\0\0\0\0" + text)


async def connect(
    port: int, cookie: str, *marks: bytes, path: str = "/ws/", kind: type[Client] = Client
) -> Client:
    """A logged-in websocket on the loopback."""
    loop = asyncio.get_running_loop()
    _transport, client = await loop.create_connection(lambda: kind(marks), "127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Version: 13\r\nCookie: sessionid={cookie}\r\n\r\n"
    )
    client.transport.write(request.encode())
    await asyncio.wait_for(client.open, 60)
    return client


async def connect_many(
    port: int,
    cookie: str,
    count: int,
    *marks: bytes,
    at_once: int = 50,
    path: str = "/ws/",
    kind: type[Client] = Client,
) -> list[Client]:
    """Many of them, so many handshakes at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one() -> Client:
        async with gate:
            return await connect(port, cookie, *marks, path=path, kind=kind)

    return await asyncio.gather(*(one() for _ in range(count)))


async def until(holds: Callable[[], bool], within: float, what: str) -> None:
    """Wait for a condition of the clients. Raises TimeoutError that says for what."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s: {what}")
        await asyncio.sleep(0.005)


def close(clients: list[Client]) -> None:
    for client in clients:
        client.transport.abort()
