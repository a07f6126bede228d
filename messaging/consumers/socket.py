"""One socket for each tab: it parses a frame within limits, has its topic answer it, and reports errors.

What the frames mean is in `topics/`; the socket knows who is there, what they may have open, and how texts go out.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

# Importing the topics registers them.
from messaging.consumers import topics  # noqa: F401
from messaging.consumers.access import ConversationAccess
from messaging.consumers.fanout import fanout
from messaging.consumers.frames import (
    Frame,
    FrameBudget,
    FrameError,
    echoed_fields,
    frame_size,
    parse_frame,
    peek_client_id,
)
from messaging.consumers.send_queue import Frames, SendQueue, send_queue_of
from messaging.consumers.session_recheck import session_recheck
from messaging.consumers.switchboard import (
    Topic,
    answer_at_once,
    answer_frame,
    make_topics,
    may_be_answered_at_once,
)
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.sockets import Visitor, actor_now, actors_of_links
from shopcomm.core.audiences import Audience, audience_of
from shopcomm.core.http.ready_frames import EXTENSION
from shopcomm.core.logs import add_log_fields
from shopcomm.core.realtime import conversation_group, customer_group, link_group, staff_group
from shopcomm.core.refusals import Refusal

log = logging.getLogger(__name__)

UNKNOWN_VISITOR = 4401
TOO_MANY = 4429
REFUSED_PAUSE = 0.05


class ShopSocket(AsyncWebsocketConsumer):
    """The socket of contract and `docs/protocol.md`."""

    actor: Actor
    visitor: Visitor
    audience: Audience
    names_no_page: bool
    access: ConversationAccess

    async def __call__(self, scope: Frame, receive: Callable[[], Awaitable[Frame]], send: Any) -> None:
        """Frames one after the other. The fanout is in the channel layer for all sockets of the process: one that
        subscribed for itself would cost Redis a channel, and could not open while Redis is down."""
        self.scope, self.base_send = scope, send
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }
        try:
            with suppress(StopConsumer):
                while True:
                    event = await receive()
                    await handlers[event["type"]](event)
        finally:
            # However it ends: nobody may go on showing things to a socket that is not there, or ask after it.
            self._step_out()

    # --- coming and going ------------------------------------------------------------------------
    async def connect(self) -> None:
        self.id = uuid.uuid4().hex
        self.groups_joined: set[str] = set()
        self.filters: dict[str, Callable[[str], bool]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.budget = FrameBudget(settings.SOCKET_RATE)
        self.send_queue: SendQueue | None = None
        self.topics: Mapping[type[Topic], Topic] = {}
        await self.accept()
        actor = self.scope["actor"]
        if actor is None:
            await self.close(UNKNOWN_VISITOR)
            return
        self._become(self.scope["visitor"], actor)
        self.names_no_page = bool(actor.order_id) and not self.visitor.page.is_said
        if self.names_no_page:
            # From now on it is this link's: another that is opened meanwhile takes nothing away from it.
            self._become(*next(iter(await actors_of_links(self.visitor)), (self.visitor, actor)))
        add_log_fields(request_id=self.id, actor=self.actor.who)
        if session_recheck().count_of(actor) >= settings.SOCKETS_PER_VISITOR:
            await self.close(TOO_MANY, "too many open sockets of one visitor")
            return
        self.send_queue = send_queue_of(self.scope, self.base_send, self.close)
        self.access = ConversationAccess(self)
        session_recheck().add(self)
        await self.join(_own_group(self.actor))
        self.topics = make_topics(self)
        for topic in self.topics.values():
            await topic.on_open()
        if protocol := self.scope.get("extensions", {}).get(EXTENSION):
            # As what this task does: its lines of the log name the same socket.
            context = copy_context()
            protocol.take_at_once(lambda text: context.run(self.receive_at_once, text))

    async def disconnect(self, code: int) -> None:
        self._step_out()

    def _step_out(self) -> None:
        """Be out of everything, at once and without waiting for anybody; a second time changes nothing."""
        send_queue, self.send_queue = getattr(self, "send_queue", None), None
        if send_queue is None:
            return
        session_recheck().discard(self)
        for task in list(self.tasks):
            task.cancel()
        for group in self.groups_joined:
            fanout().leave(group, self)
        send_queue.stop()
        for topic in self.topics.values():
            topic.on_close()

    async def recheck(self, visitor: Visitor, actor: Actor | None) -> None:
        """Stay only as who you were, and only where you may still be; say that you are. `actor` is who the visitor is."""
        if visitor != self.visitor:
            # It names no page, and turned to another of its links while the database was asked about the one before.
            return
        if actor is None or not actor.is_same_as(self.actor):
            self._step_out()
            await self.close(UNKNOWN_VISITOR)
            return
        for topic in self.topics.values():
            await topic.on_recheck(actor)

    def recheck_access(self) -> None:
        """Something happened to this actor's right to be here; the recheck would notice only in its next round."""
        self.spawn(self._recheck_access())

    async def _recheck_access(self) -> None:
        visitor = self.visitor
        await self.recheck(visitor, await actor_now(visitor))

    async def speak_as(self, visitor: Visitor, actor: Actor) -> None:
        """Speak for another link of the same session from now on."""
        self._become(visitor, actor)
        add_log_fields(actor=actor.who)
        await self.join(_own_group(actor))

    def _become(self, visitor: Visitor, actor: Actor) -> None:
        self.visitor, self.actor, self.audience = visitor, actor, audience_of(actor)

    # --- a frame ---------------------------------------------------------------------------------
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        given: Frame = {}
        if self.send_queue is None:
            return
        try:
            # What cannot be read costs as much as what can.
            if wait := self.budget.take(frame_size(text_data, bytes_data)):
                given = peek_client_id(text_data)
                raise FrameError("rate_limited", retry_after=wait)
            given = parse_frame(text_data)
            await answer_frame(self.topics, given)
        except Exception as error:
            self._refuse(error, given)
            if isinstance(error, FrameError) and error.code == "rate_limited":
                # Whoever pours on is read no faster than this; the others are not held up.
                await asyncio.sleep(REFUSED_PAUSE)

    def receive_at_once(self, text: str) -> bool:
        """Answer a frame for which nothing has to be waited. False: nothing was done, and it comes to `receive`."""
        if self.send_queue is None or not may_be_answered_at_once(text):
            return False
        given: Frame = {}
        size = frame_size(text, None)
        if self.budget.take(size):
            return False
        try:
            given = parse_frame(text)
            if answer_at_once(self.topics, given):
                return True
        except Exception as error:
            self._refuse(error, given)
            return True
        self.budget.give_back(size)
        return False

    def _refuse(self, error: Exception, given: Frame) -> None:
        """Answer a frame with what went wrong."""
        if isinstance(error, FrameError):
            self.send_error(error.code, given, **error.extra)
        elif isinstance(error, Refusal):
            self.send_error(error.code, given, detail=str(error.detail), **error.extra)
        elif isinstance(error, DatabaseError | OSError):
            log.warning("a frame could not be answered: %r", error)
            self.send_error("unavailable", given)
        else:
            log.error("a frame of type %.40r failed", given.get("type"), exc_info=error)
            self.send_error("unavailable", given)

    # --- what topics and the fanout ask of a socket ----------------------------------------------
    @property
    def is_open(self) -> bool:
        """Whether frames still go out."""
        return self.send_queue is not None

    # `send_frame`, since `send` is what Channels calls its own.
    def send_frame(self, text: str) -> None:
        """Send a frame, or queue it behind what waits; never waits itself."""
        self.send_frames(Frames([text]))

    def send_frames(self, frames: Frames) -> None:
        """Send frames that others may get as well, or queue them behind what waits; never waits itself."""
        if self.send_queue:
            self.send_queue.enqueue(frames)

    async def send_frames_with_backpressure(self, frames: Frames) -> None:
        """Send frames of a long history; waits while the client is slower than the database."""
        if self.send_queue:
            await self.send_queue.enqueue_with_backpressure(frames)

    def send_error(self, code: str, given: Frame, **extra: Any) -> None:
        """Answer a frame with an error."""
        error = {"type": "error", "code": code, **echoed_fields(given), **extra}
        self.send_frame(json.dumps(error, default=str))

    def may_see(self, group: str, text: str) -> bool:
        """Whether a frame of a group is for this visitor; conversations were checked at the door."""
        passes = self.filters.get(group)
        return passes is None or passes(text)

    async def join(self, group: str, *, only: Callable[[str], bool] | None = None) -> None:
        """Get the frames of a group from now on; with `only`, those of which it says that they are for this visitor."""
        if self.send_queue is None:
            return
        if only:
            self.filters[group] = only
        self.groups_joined.add(group)
        await fanout().join(group, self)

    async def follow(self, conversation_id: int, after: int) -> None:
        """Get a conversation's messages behind `after`, then what comes."""
        self.groups_joined.add(conversation_group(conversation_id))
        await fanout().enter(conversation_id, self, after)

    def leave(self, group: str) -> None:
        """Get nothing more of a group, from this moment."""
        self.groups_joined.discard(group)
        fanout().leave(group, self)

    def spawn(self, work: Awaitable[None]) -> None:
        """Start work that ends with the socket."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _own_group(actor: Actor) -> str:
    """Where a visitor's own pages hear of what is theirs, whatever they show."""
    if actor.is_staff:
        return staff_group(actor.id or 0)
    return link_group(actor.order_id) if actor.order_id else customer_group(actor.id or 0)
