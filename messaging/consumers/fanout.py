"""One fanout a process: it joins a group once, gets each frame once, and hands it to the process's own sockets.

Messages of a conversation reach every socket in the order of `seq`, without gaps: a room knows the last number
it has shown, and fetches what a lost or late frame left out.
"""

import asyncio
import logging
import uuid
from collections import deque
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from messaging.consumers.history import BLOCK, RoomHistory
from messaging.consumers.loop_local import loop_local, run_in_background
from messaging.consumers.rooms import ASKS_TO_JOIN, UNDER_WAY, Listener, Room, Signal, State
from messaging.selectors.messages import messages_after, newest_seqs_of
from messaging.selectors.pane import peer_read_marker
from messaging.services.frames import room_frame
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import SHOP, Audience
from shopcomm.core.events.selectors import last_position
from shopcomm.core.json_text import json_text
from shopcomm.core.layer import LAYER_BACK
from shopcomm.core.logs import context_without_log_fields
from shopcomm.core.realtime import (
    ORDERS_FEED,
    PROCESSES,
    TOGETHER,
    WAREHOUSE_FEED,
    conversation_group,
    is_own_group,
    is_staff_group,
)

log = logging.getLogger(__name__)
# How often the fanout looks for what a dead channel layer kept from it.
CATCH_UP_SECONDS = 5.0
# What waits for a slow channel layer, and how long it may take; what is lost is caught up from the database.
MOST_OUTGOING = 10_000
LAYER_SECONDS = 2.0
# After a loss rooms join again at once, and again so soon where the layer was not quite back.
REJOINS, REJOIN_SECONDS = 6, 0.4
# By audience: the newest number that it may see.
Heads = dict[Audience, int]
FEED_NAMES = {ORDERS_FEED: "orders", WAREHOUSE_FEED: "warehouse"}


def subscribed_frame(topic: dict[str, Any]) -> str:
    """The answer to `subscribe`."""
    return json_text({"type": "subscribed", **topic})


class Fanout:
    """All rooms of one process (of one event loop, to be exact)."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        # Frames carry it, so that none comes back to the process it came from.
        self.id = uuid.uuid4().hex
        self._channel = ""
        # Who waits to be told how far a conversation has come.
        self._heads_wanted: dict[int, list[asyncio.Future[Heads]]] = {}
        self._heads_asked: asyncio.Task[None] | None = None
        self._outgoing: deque[dict[str, Any]] = deque()
        self._has_outgoing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, group: str, listener: Listener) -> None:
        """Put a socket into a group without a history of its own."""
        room = self._room(group)
        room.listeners.add(listener)
        await self._wait_until_answered(room)

    async def enter(self, conversation_id: int, listener: Listener, after: int) -> None:
        """Put a socket into a conversation: everything behind `after` in order, then what comes.

        The place is taken before anything is awaited, so that nobody gives the room up meanwhile; between the last
        look at what came and joining in, nothing is awaited: no gap, no double. Raises what the database raises;
        the socket has no place then.
        """
        room = self._room(conversation_group(conversation_id), conversation_id)
        # Asked again after a gap: out, and in again with what is missing.
        room.listeners.discard(listener)
        mark = room.entering[listener] = object()
        try:
            await self._wait_until_answered(room)
            room.note_heads(await self._ask_heads_of(conversation_id))
            if room.listeners and room.last < room.head:
                # The others first: what they have still to be shown, this one would be shown again among them.
                await self.catch_up(room)
            listener.send_frame(subscribed_frame({"conversation": conversation_id, "last_seq": room.head}))
            while after < room.head and room.entering.get(listener) is mark:
                block = await room.history.block_after(after, room.head)
                if not block.messages:
                    break
                room.deliver(block.messages)
                for frames in block.pieces_for(listener.audience):
                    await listener.send_frames_with_backpressure(frames)
                after = block.messages[-1]["seq"]
            if room.entering.get(listener) is mark:
                room.admit(listener)
        except BaseException:
            if room.entering.get(listener) is mark:
                self.leave(room.group, listener)
            raise

    async def _ask_heads_of(self, conversation_id: int) -> Heads:
        """How far a conversation has come by now; whoever asks while the database is asked is in its next question."""
        answer: asyncio.Future[Heads] = asyncio.get_running_loop().create_future()
        self._heads_wanted.setdefault(conversation_id, []).append(answer)
        if self._heads_asked is None or self._heads_asked.done():
            self._heads_asked = run_in_background(self._ask_heads())
        return await answer

    async def _ask_heads(self) -> None:
        while self._heads_wanted:
            wanted, self._heads_wanted = self._heads_wanted, {}
            found: dict[int, Heads] | Exception
            try:
                found = await _heads(list(wanted))
            except Exception as error:
                found = error
            for conversation_id, answers in wanted.items():
                for answer in answers:
                    if answer.done():
                        continue
                    if isinstance(found, Exception):
                        answer.set_exception(found)
                    else:
                        answer.set_result(found.get(conversation_id, {}))

    def leave(self, group: str, listener: Listener) -> None:
        """Take a socket out, at once; an empty room is given up."""
        room = self.rooms.get(group)
        if room is None:
            return
        room.listeners.discard(listener)
        room.entering.pop(listener, None)
        if not room.wanted:
            self._signal(room, Signal.EMPTIED)

    def last_seq(self, conversation_id: int, listener: Listener) -> int:
        """The newest message that its audience may see, as the database or a frame has told; 0 when nothing is known."""
        room = self.rooms.get(conversation_group(conversation_id))
        return room.heads.get(listener.audience, 0) if room else 0

    async def peer_mark(self, conversation_id: int, listener: Listener) -> tuple[Actor, int] | None:
        """Who of the other side has read furthest, and how far; None while nobody has. Raises what the database raises."""
        room = self.rooms.get(conversation_group(conversation_id))
        if room is None:
            return None
        ask = partial(_peer_mark, conversation_id, listener.actor)
        return await room.peer_marks.get(listener.actor.is_shop, ask)

    async def publish(self, *messages: dict[str, Any]) -> None:
        """Show frames here at once, and leave it to the publisher to tell the other processes."""
        self._start()
        self._outgoing.extend(messages[: MOST_OUTGOING - len(self._outgoing)])
        try:
            for message in messages:
                self.receive(message)
        finally:
            # Only now: woken before, the publisher would have its turn before the sockets' frames have gone out.
            if self._outgoing:
                self._has_outgoing.set()

    def receive(self, message: dict[str, Any]) -> None:
        """A frame for one of our rooms."""
        room = self.rooms.get(message["group"])
        if room is None:
            return
        if "messages" not in message:
            room.send_frame(message)
        elif not room.deliver(message["messages"]) and room.catching_up is None:
            room.catching_up = run_in_background(self._catch_up_logged(room))

    async def catch_up(self, room: Room) -> None:
        """Bring a room's sockets to what the database has."""
        while room.listeners and (missed := await _missed(room.conversation_id, room.last)):
            room.deliver(missed)

    async def _catch_up_logged(self, room: Room) -> None:
        """Whoever showed the frame does not wait for it, and the next catch-up tries again what failed."""
        try:
            await self.catch_up(room)
        except Exception:
            log.warning("the fanout could not fetch what %s missed", room.group, exc_info=True)
        finally:
            room.catching_up = None

    # --- rooms and the layer ----------------------------------------------------------------------
    def _room(self, group: str, conversation_id: int = 0) -> Room:
        """The room of a group, on its way into the layer. The caller takes a place in it before it awaits anything."""
        self._start()
        room = self.rooms.get(group)
        if room is None:
            history = RoomHistory(partial(_missed, conversation_id)) if conversation_id else None
            room = self.rooms[group] = Room(group, conversation_id, history)
        self._signal(room, Signal.TRY)
        return room

    def _signal(self, room: Room, what: Signal) -> None:
        room.signal(what)
        if room.state is State.GONE:
            self.rooms.pop(room.group, None)
        elif room.state in UNDER_WAY and room.keeper is None:
            room.keeper = run_in_background(self._keep(room))

    async def _keep(self, room: Room) -> None:
        """Ask the layer for what the room's state wants, one thing after the other, until nothing is under way.

        Somebody may have come or left since this was begun: joining that everybody has abandoned is still done and
        then undone, leaving that somebody has come back to likewise, so that every round asks and ends in a signal.
        """
        try:
            while room.state in UNDER_WAY:
                if room.state in ASKS_TO_JOIN:
                    self._signal(room, Signal.ADDED if await self._add(room.group) else Signal.REFUSED)
                else:
                    await self._discard(room.group)
                    self._signal(room, Signal.DISCARDED)
        finally:
            room.keeper = None

    async def _wait_until_answered(self, room: Room) -> None:
        """Wait until the layer has answered, or could not in time: from then on its frames come, or a catch-up sees."""
        if room.keeper is not None:
            await asyncio.shield(room.keeper)

    async def _add(self, group: str) -> bool:
        if not (channel := self._channel):
            return False
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await get_channel_layer().group_add(group, channel)
        except Exception:
            log.warning("could not join %s yet", group)
            return False
        # Lost meanwhile: that was another channel, through which nothing comes any more.
        return channel == self._channel

    async def _discard(self, group: str) -> None:
        if not self._channel:
            return
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await get_channel_layer().group_discard(group, self._channel)
        except Exception:
            log.warning("could not leave %s", group)

    # --- what runs as long as the process -----------------------------------------------------------
    def _start(self) -> None:
        if not self._tasks:
            loops = (self._listen(), self._publish_outgoing(), self._keep_catching_up())
            self._tasks = [asyncio.create_task(loop, context=context_without_log_fields()) for loop in loops]

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                if not self._channel:
                    self._channel = await layer.new_channel("fanout")
                    await layer.group_add(PROCESSES, self._channel)
                    run_in_background(self._rejoin(self._channel))
                message = await layer.receive(self._channel)
            except Exception:
                log.exception("the fanout lost its channel")
                self._lose_layer()
                await asyncio.sleep(0.5)
                continue
            if message.get("type") == LAYER_BACK:
                self._resume_after_outage()
            elif message.get("from") != self.id:
                for frame in message.get("frames", [message]):
                    self._receive_logged(frame)

    def _receive_logged(self, frame: dict[str, Any]) -> None:
        try:
            self.receive(frame)
        except Exception:
            log.exception("the fanout could not take a frame")

    def _resume_after_outage(self) -> None:
        """The layer has us still, but what came meanwhile was not heard: look at once for what it was."""
        for room in self.rooms.values():
            room.was_lost = True
        run_in_background(self._catch_up_all_logged())

    def _lose_layer(self) -> None:
        """Nothing comes through this channel any more: every room joins again with the next."""
        self._channel = ""
        for room in list(self.rooms.values()):
            self._signal(room, Signal.LOST)

    async def _rejoin(self, channel: str) -> None:
        """Bring every room into a new channel, and what came meanwhile to its listeners, without waiting for the catch-up."""
        for _attempt in range(REJOINS):
            self._join_rooms()
            await asyncio.gather(*(self._wait_until_answered(room) for room in list(self.rooms.values())))
            if channel != self._channel:
                return
            if not any(room.state is State.OUT for room in self.rooms.values()):
                break
            await asyncio.sleep(REJOIN_SECONDS)
        await self._catch_up_all_logged()

    def _join_rooms(self) -> None:
        for room in list(self.rooms.values()):
            if room.state is State.OUT:
                self._signal(room, Signal.TRY)

    async def _publish_outgoing(self) -> None:
        """One publisher, so that order is kept; with the layer down nobody's acknowledgement waits for it.

        What has collected meanwhile goes to every process as one: each takes what is of its own rooms. Fifty
        conversations cost Redis and both ends of it one message then, and not fifty.
        """
        while True:
            await self._has_outgoing.wait()
            frames = [self._outgoing.popleft() for _ in range(min(TOGETHER, len(self._outgoing)))]
            try:
                async with asyncio.timeout(LAYER_SECONDS):
                    await get_channel_layer().group_send_all([self._outgoing_message(frames)])
            except Exception:
                log.warning("the channel layer is down; other processes catch up from the database")
                self._outgoing.clear()
            if not self._outgoing:
                self._has_outgoing.clear()

    def _outgoing_message(self, frames: list[dict[str, Any]]) -> dict[str, Any]:
        together = {"type": "fan.out", "group": PROCESSES, "frames": frames}
        # First, where the layer finds it without unpacking the rest.
        return {"from": self.id} | (together if len(frames) > 1 else frames[0])

    async def _keep_catching_up(self) -> None:
        """A frame is a hint that may be lost; the database is asked every few seconds."""
        while True:
            await asyncio.sleep(CATCH_UP_SECONDS)
            await self._catch_up_all_logged()

    async def _catch_up_all_logged(self) -> None:
        try:
            await self.catch_up_all()
        except Exception:
            log.warning("the fanout could not look for missed messages", exc_info=True)

    async def catch_up_all(self) -> None:
        """Join what could not be joined, and bring every listener to what the database has."""
        self._join_rooms()
        rooms = {room.conversation_id: room for room in self.rooms.values() if room.conversation_id}
        known = await _heads(list(rooms)) if rooms else {}
        for conversation_id, heads in known.items():
            room = rooms[conversation_id]
            room.note_heads(heads)
            if room.head > room.last and room.listeners:
                await self._catch_up_logged(room)
        if any(room.was_lost and room.state is State.IN for room in self.rooms.values()):
            self._send_resyncs(await _newest())

    def _send_resyncs(self, newest: int) -> None:
        """In rooms that are back in the layer: what frames told meanwhile is lost, so pages fetch what they show."""
        for room in self.rooms.values():
            if not room.was_lost or room.state is not State.IN:
                continue
            room.was_lost = False
            if feed := FEED_NAMES.get(room.group):
                room.send_to_all({"type": "resync", "feed": feed, "cursor": str(newest)})
            elif is_staff_group(room.group):
                room.send_to_all({"type": "notice.seen"})
            elif is_own_group(room.group):
                room.send_to_all({"type": "own.changed"})


@database_sync_to_async
def _missed(conversation_id: int, after: int) -> list[dict[str, Any]]:
    return room_frame(conversation_id, messages_after(conversation_id, after, SHOP, BLOCK))["messages"]


_peer_mark = database_sync_to_async(peer_read_marker)


@database_sync_to_async
def _heads(conversation_ids: list[int]) -> dict[int, Heads]:
    return newest_seqs_of(conversation_ids)


@database_sync_to_async
def _newest() -> int:
    return last_position()


# The fanout of the running event loop.
fanout = loop_local(Fanout)
