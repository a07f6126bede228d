"""The floor under the product's own server: a raw ASGI application, psycopg and Redis; no Django."""

import asyncio
import json
from typing import Any

from benchmarks.floor.messages import Floor


class AsgiSocket:
    def __init__(self, send: Any) -> None:
        self.waiting: asyncio.Queue[str] = asyncio.Queue()
        self.send = send
        self.task = asyncio.create_task(self.run())

    def put(self, text: str) -> None:
        self.waiting.put_nowait(text)

    async def run(self) -> None:
        while True:
            await self.send({"type": "websocket.send", "text": await self.waiting.get()})


floor = Floor()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await floor.ready()
    await receive()
    await send({"type": "websocket.accept"})
    socket, joined = AsgiSocket(send), set()
    while (event := await receive())["type"] != "websocket.disconnect":
        joined.add(floor.answer(socket, json.loads(event["text"])))
    socket.task.cancel()
    for room in joined - {None}:
        floor.rooms[room].discard(socket)
