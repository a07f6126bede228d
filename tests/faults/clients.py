"""A chat client as a program: sends until acknowledged, resumes with the last seq, keeps what it was shown."""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.waiting import STEP

Frame = dict[str, Any]


def open_socket(url: str, cookie: str, **options: Any) -> connect:
    """A handshake with a session; websockets would also look for a proxy, which loopback has none of."""
    headers = {"Cookie": f"sessionid={cookie}"} | options.pop("headers", {})
    return connect(url, additional_headers=headers, compression=None, proxy=None, max_size=None, **options)


class ChatClient:
    """One person in one conversation, through any number of lost connections."""

    body = "还有货吗"

    def __init__(
        self, url: str, cookie: str, conversation: int, messages: int = 0, pace: float = 0.0
    ) -> None:
        self.url, self.cookie, self.conversation, self.pace = url, cookie, conversation, pace
        self.unsent = [str(uuid.uuid4()) for _ in range(messages)]
        self.acked: dict[str, int] = {}
        self.history: list[tuple[int, str]] = []
        self.errors: list[str] = []
        self.doubled: list[int] = []
        self.connections = 0
        self.subscribed = False

    @property
    def last(self) -> int:
        return self.history[-1][0] if self.history else 0

    @property
    def done(self) -> bool:
        return all(client_id in self.acked for client_id in self.unsent)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with open_socket(self.url, self.cookie, open_timeout=5) as socket:
                    await self._talk(socket)
            self.subscribed = False
            await asyncio.sleep(STEP)

    async def _talk(self, socket: ClientConnection) -> None:
        self.connections += 1
        await self._say(socket, type="subscribe", after=self.last)
        sending = asyncio.create_task(self._send_all(socket))
        try:
            async for text in socket:
                await self._hear(socket, json.loads(text))
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, WebSocketException):
                await sending

    async def _send_all(self, socket: ClientConnection) -> None:
        """Everything without an acknowledgement, with its old client_id; again while answers are missing."""
        while not self.done:
            for client_id in self.unsent:
                if client_id not in self.acked:
                    await self._say(
                        socket, type="message.send", client_id=client_id, kind="text", body=self.body
                    )
                    await asyncio.sleep(self.pace)
            await asyncio.sleep(1)

    async def _say(self, socket: ClientConnection, **frame: Any) -> None:
        await socket.send(json.dumps({"conversation": self.conversation, **frame}))

    async def _hear(self, socket: ClientConnection, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "message.ack":
            self.acked[frame["client_id"]] = frame["seq"]
        elif kind == "error":
            self.errors.append(frame["code"])
        elif kind == "subscribed":
            self.subscribed = True
        elif kind == "message.new":
            await self._show(socket, frame)

    async def _show(self, socket: ClientConnection, frame: Frame) -> None:
        message = frame["message"]
        if message["seq"] <= self.last:
            self.doubled.append(message["seq"])
        elif message["prev"] != self.last:
            await self._say(socket, type="subscribe", after=self.last)
        else:
            self.history.append((message["seq"], message["client_id"]))


class Crowd:
    """Several clients at once, running as long as the block lasts."""

    def __init__(self, clients: list[ChatClient]) -> None:
        self.clients = clients

    async def __aenter__(self) -> list[ChatClient]:
        self.tasks = [asyncio.create_task(client.run()) for client in self.clients]
        return self.clients

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
