"""What both floors of the chat do: number, store and publish messages, a batch at a time, and hand them to sockets.

A message is acknowledged after its commit, numbered without gaps in its conversation, stored in one statement
with what came meanwhile, published once and encoded once. Nobody is asked who they are.
"""

import asyncio
import json
import os
from typing import Any, Protocol

import psycopg
from redis.asyncio import Redis

TABLES = """
CREATE TABLE IF NOT EXISTS floor_conversation (id bigint PRIMARY KEY, last_seq bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS floor_message (
    id bigserial PRIMARY KEY, conversation_id bigint NOT NULL, seq bigint NOT NULL, client_id uuid NOT NULL,
    body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (conversation_id, seq), UNIQUE (conversation_id, client_id));
"""
WRITE = """
WITH draft AS (SELECT * FROM json_to_recordset(%s::json) AS d(ord int, c bigint, u uuid, b text)),
made AS (
    INSERT INTO floor_conversation AS t (id, last_seq) SELECT c, count(*) FROM draft GROUP BY c
    ON CONFLICT (id) DO UPDATE SET last_seq = t.last_seq + excluded.last_seq RETURNING id, last_seq
), counted AS (SELECT c, count(*) AS n FROM draft GROUP BY c)
INSERT INTO floor_message (conversation_id, seq, client_id, body)
SELECT d.c, m.last_seq - k.n + row_number() OVER (PARTITION BY d.c ORDER BY ord), d.u, d.b
FROM draft d JOIN made m ON m.id = d.c JOIN counted k ON k.c = d.c
RETURNING conversation_id, seq, client_id::text, body, created_at::text
"""
FEED = 0


class Socket(Protocol):
    def put(self, text: str) -> None: ...


class Floor:
    def __init__(self) -> None:
        self.rooms: dict[int, set[Socket]] = {}
        self.drafts: list[tuple[Socket, dict[str, Any]]] = []
        self.busy: asyncio.Task[None] | None = None
        self.redis = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
        self.database: psycopg.AsyncConnection | None = None
        self.started: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Connect once, however many sockets come first."""
        self.started = self.started or asyncio.create_task(self.start())
        await asyncio.shield(self.started)

    async def start(self) -> None:
        self.database = await psycopg.AsyncConnection.connect(
            os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0
        )
        await self.database.execute(TABLES, prepare=False)
        listening = self.redis.pubsub()
        await listening.subscribe("floor")
        self.listener = asyncio.create_task(self.listen(listening))

    async def listen(self, listening: Any) -> None:
        async for message in listening.listen():
            if message["type"] == "message":
                room, text = message["data"].decode().split(" ", 1)
                for socket in self.rooms.get(int(room), ()):
                    socket.put(text)

    def take(self, socket: Socket, frame: dict[str, Any]) -> None:
        self.drafts.append((socket, frame))
        if self.busy is None or self.busy.done():
            self.busy = asyncio.create_task(self.flush())

    async def flush(self) -> None:
        while self.drafts:
            batch, self.drafts = self.drafts[:200], self.drafts[200:]
            rows = [
                {"ord": n, "c": f["conversation"], "u": f["client_id"], "b": f["body"]}
                for n, (_socket, f) in enumerate(batch)
            ]
            cursor = await self.database.execute(WRITE, [json.dumps(rows)])
            stored = await cursor.fetchall()
            senders = {frame["client_id"]: socket for socket, frame in batch}
            pipeline = self.redis.pipeline(transaction=False)
            for room, seq, client_id, body, created_at in sorted(stored, key=lambda row: row[1]):
                ack = {"type": "message.ack", "conversation": room, "client_id": client_id, "seq": seq}
                senders[client_id].put(json.dumps(ack))
                message = {"seq": seq, "body": body, "client_id": client_id, "created_at": created_at}
                new = {"type": "message.new", "conversation": room, "seq": seq, "message": message}
                pipeline.publish("floor", f"{room} {json.dumps(new)}")
            await pipeline.execute()

    def answer(self, socket: Socket, frame: dict[str, Any]) -> int | None:
        """What a client has sent. Returns the room that it joins by this."""
        if frame["type"] == "message.send":
            self.take(socket, frame)
            return None
        if frame["type"] != "subscribe":
            return None
        room = frame.get("conversation", FEED)
        self.rooms.setdefault(room, set()).add(socket)
        socket.put('{"type": "subscribed"}')
        return room
