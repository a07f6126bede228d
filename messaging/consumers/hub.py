"""One hub a process: it joins a group once, gets each frame once, and hands it to the process's own sockets.

Messages of a conversation reach every socket in the order of `seq`, without gaps: a room knows the last number
it has shown, and fetches what a lost or late frame left out.
"""

import asyncio
import json
import logging
import uuid
from typing import Any, Protocol

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from messaging.consumers.per_loop import one_per_loop
from messaging.presenters import SHOP
from messaging.selectors.messages import last_seqs, messages_after
from messaging.services.frames import room_frame
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.realtime import TOGETHER, conversation_group

log = logging.getLogger(__name__)
# How often the hub looks for what a dead channel layer kept from it.
LOOK_SECONDS = 5.0
# What waits for a slow channel layer, and how long it may take; what is lost is caught up from the database.
MOST_OUTGOING = 10_000
LAYER_SECONDS = 2.0


class Listener(Protocol):
    """What the hub knows of a socket."""

    id: str
    actor: Actor

    def show(self, text: str) -> None: ...
    async def show_slowly(self, text: str) -> None: ...
    def may_see(self, group: str, text: str) -> bool: ...
    def look_again(self) -> None: ...


def text_for(listener: Listener, message: dict[str, Any]) -> str | None:
    """The side of a message that a socket may see; None for nothing."""
    text: str | None = message["shop"] if listener.actor.is_shop else message["customer"]
    return text


def subscribed(topic: dict[str, Any]) -> str:
    """The answer to `subscribe`."""
    return json.dumps({"type": "subscribed", **topic})


class Room:
    """The sockets of this process in one group; for a conversation also the last message they were shown."""

    def __init__(self, group: str, conversation_id: int = 0) -> None:
        self.group, self.conversation_id = group, conversation_id
        self.listeners: set[Listener] = set()
        self.last = 0
        self.joined = False
        # Set once `last` is known; until then the room has nobody to show anything to.
        self.ready = asyncio.Event()

    def deliver(self, messages: list[dict[str, Any]]) -> None:
        """Show messages that follow on what was shown; what is known already is left out."""
        for message in messages:
            if message["seq"] <= self.last:
                continue
            self.last = message["seq"]
            for listener in self.listeners:
                if text := text_for(listener, message):
                    listener.show(text)

    def show(self, message: dict[str, Any]) -> None:
        """Show a frame that is not a message: each side's text, to all but the socket it came from."""
        for listener in self.listeners:
            if message.get("look_again"):
                listener.look_again()
            text = text_for(listener, message)
            if text and listener.id != message.get("skip") and listener.may_see(self.group, text):
                listener.show(text)


class Hub:
    """All rooms of one process (of one event loop, to be exact)."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        # Frames carry it, so that none comes back to the process it came from.
        self.id = uuid.uuid4().hex
        self._channel = ""
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_OUTGOING)
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, group: str, listener: Listener) -> None:
        """Put a socket into a group without a history of its own."""
        room = await self._room(group)
        room.listeners.add(listener)

    async def enter(self, conversation_id: int, listener: Listener, after: int) -> None:
        """Put a socket into a conversation: everything behind `after` in order, then what comes.

        Between the last look at what came meanwhile and joining in, nothing is awaited: no gap, no double.
        """
        room = await self._room(conversation_group(conversation_id), conversation_id)
        last = (await _last_seqs([conversation_id])).get(conversation_id, 0)
        listener.show(subscribed({"conversation": conversation_id, "last_seq": last}))
        while after < max(room.last, last):
            page = await _missed(conversation_id, after)
            if not page:
                break
            room.deliver(page)
            for message in page:
                if text := text_for(listener, message):
                    await listener.show_slowly(text)
            after = page[-1]["seq"]
        room.listeners.add(listener)

    async def _room(self, group: str, conversation_id: int = 0) -> Room:
        self._start()
        room = self.rooms.get(group)
        if room is None:
            room = self.rooms[group] = Room(group, conversation_id)
            await self._subscribe(room)
            if conversation_id:
                room.last = max(room.last, (await _last_seqs([conversation_id])).get(conversation_id, 0))
            room.ready.set()
        await room.ready.wait()
        return room

    async def leave(self, group: str, listener: Listener) -> None:
        """Take a socket out; an empty room is given up."""
        room = self.rooms.get(group)
        if room is None:
            return
        room.listeners.discard(listener)
        if not room.listeners:
            del self.rooms[group]
            layer = get_channel_layer()
            try:
                async with asyncio.timeout(LAYER_SECONDS):
                    await layer.group_discard(group, self._channel)
            except Exception:
                log.warning("could not leave %s", group)

    async def publish(self, message: dict[str, Any]) -> None:
        """Show a frame here at once, and leave it to the publisher to tell the other processes."""
        self._start()
        await self.receive(message)
        if not self._outgoing.full():
            self._outgoing.put_nowait(message | {"from": self.id})

    async def receive(self, message: dict[str, Any]) -> None:
        """A frame for one of our rooms."""
        room = self.rooms.get(message["group"])
        if room is None:
            return
        if "messages" not in message:
            room.show(message)
        elif message["messages"][0]["seq"] > room.last + 1:
            await self.catch_up(room)
        else:
            room.deliver(message["messages"])

    async def catch_up(self, room: Room) -> None:
        """Bring a room's sockets to what the database has."""
        while missed := await _missed(room.conversation_id, room.last):
            room.deliver(missed)

    def _start(self) -> None:
        if not self._tasks:
            loops = (self._listen(), self._tell(), self._look())
            self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def _subscribe(self, room: Room) -> None:
        if not self._channel:
            return
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await get_channel_layer().group_add(room.group, self._channel)
            room.joined = True
        except Exception:
            log.warning("could not join %s yet", room.group)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                if not self._channel:
                    self._channel = await layer.new_channel("hub")
                    await self._join_rooms()
                message = await layer.receive(self._channel)
                if message.get("from") != self.id:
                    await self.receive(message)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("the hub could not take a frame")
                await asyncio.sleep(0.5)

    async def _join_rooms(self) -> None:
        for room in list(self.rooms.values()):
            if not room.joined:
                await self._subscribe(room)

    async def _tell(self) -> None:
        """One publisher, so that order is kept; with the layer down nobody's acknowledgement waits for it."""
        while True:
            messages = [await self._outgoing.get()]
            while len(messages) < TOGETHER and not self._outgoing.empty():
                messages.append(self._outgoing.get_nowait())
            try:
                async with asyncio.timeout(LAYER_SECONDS):
                    await get_channel_layer().group_send_all(messages)
            except Exception:
                log.warning("the channel layer is down; other processes catch up from the database")
                while not self._outgoing.empty():
                    self._outgoing.get_nowait()

    async def _look(self) -> None:
        """A frame is a hint that may be lost; the database is asked every few seconds."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look_once()
            except Exception:
                log.warning("the hub could not look for missed messages", exc_info=True)

    async def _look_once(self) -> None:
        rooms = {room.conversation_id: room for room in self.rooms.values() if room.conversation_id}
        await self._join_rooms()
        known = await _last_seqs(list(rooms)) if rooms else {}
        for conversation_id, seq in known.items():
            if seq > rooms[conversation_id].last:
                await self.catch_up(rooms[conversation_id])


@database_sync_to_async
def _missed(conversation_id: int, after: int) -> list[dict[str, Any]]:
    return room_frame(conversation_id, messages_after(conversation_id, after, SHOP))["messages"]


@database_sync_to_async
def _last_seqs(conversation_ids: list[int]) -> dict[int, int]:
    return last_seqs(conversation_ids)


# The hub of the running event loop.
hub = one_per_loop(Hub)
