"""One socket a tab: parse_frame, authorise, call one service or relay a signal, answer."""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

from messaging.consumers.batch_writer import batch_writer
from messaging.consumers.fanout import fanout, subscribed_frame
from messaging.consumers.feeds import FEEDS, may_see_fact, missed_events, sees_all
from messaging.consumers.frames import (
    Frame,
    FrameBudget,
    FrameError,
    echoed_fields,
    parse_frame,
    peek_client_id,
    size_of,
)
from messaging.consumers.loop_local import run_in_background
from messaging.consumers.presence import presence
from messaging.consumers.send_queue import SendQueue
from messaging.consumers.session_recheck import session_recheck
from messaging.errors import MessagingError, NotFound
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.pane import peer_has_read
from messaging.services.drafts import draft_message
from messaging.services.frames import read_frame
from messaging.services.messages import mark_read, recall_message, send_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.sockets import Visitor, actor_now, by_links
from shopcomm.core.logs import name_in_log
from shopcomm.core.reading import whole_number
from shopcomm.core.realtime import (
    CUSTOMERS,
    conversation_group,
    customer_group,
    encode_frame,
    link_group,
    staff_group,
)

log = logging.getLogger(__name__)

UNKNOWN_VISITOR = 4401
TOO_MANY = 4429
REFUSED_PAUSE = 0.05


class ShopSocket(AsyncWebsocketConsumer):
    """The socket of contract and `docs/protocol.md`."""

    actor: Actor
    visitor: Visitor

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

    async def connect(self) -> None:
        self.id = uuid.uuid4().hex
        self.groups_joined: set[str] = set()
        self.conversations: set[int] = set()
        self.allowed: set[int] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.budget = FrameBudget(settings.SOCKET_RATE)
        self.send_queue: SendQueue | None = None
        self.follows_feed = self.sees_all = False
        self.idle = False
        await self.accept()
        actor = self.scope["actor"]
        if actor is None:
            await self.close(UNKNOWN_VISITOR)
            return
        self.actor, self.visitor = actor, self.scope["visitor"]
        self.names_no_page = bool(actor.order_id) and not self.visitor.page.is_said
        if self.names_no_page:
            # From now on it is this link's: another that is opened meanwhile takes nothing away from it.
            self.visitor, self.actor = next(iter(await by_links(self.visitor)), (self.visitor, actor))
        name_in_log(request_id=self.id, actor=self.actor.who)
        if session_recheck().count_of(actor) >= settings.SOCKETS_PER_VISITOR:
            await self.close(TOO_MANY, "too many open sockets of one visitor")
            return
        self.send_queue = SendQueue(self._send_text, self.close)
        session_recheck().add(self)
        if actor.is_customer:
            await self._join(CUSTOMERS)
        if actor.is_staff:
            await self._join(staff_group(actor.id or 0))
            await self._say_at_work()
        else:
            await self._join(link_group(actor.order_id) if actor.order_id else customer_group(actor.id or 0))

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
        if self.attends:
            run_in_background(presence().left_work(self.id))
        for conversation_id in self.conversations:
            run_in_background(presence().gone(conversation_id, self.actor, self.id))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        given: Frame = {}
        if self.send_queue is None:
            return
        try:
            # What cannot be read costs as much as what can.
            if wait := self.budget.take(size_of(text_data, bytes_data)):
                given = peek_client_id(text_data)
                raise FrameError("rate_limited", retry_after=wait)
            given = parse_frame(text_data)
            handler = HANDLERS.get(given["type"])
            if handler is None:
                raise FrameError("unknown_type")
            await handler(self, given)
        except FrameError as error:
            self._error(error.code, given, **error.extra)
            if error.code == "rate_limited":
                # Whoever pours on is read no faster than this; the others are not held up.
                await asyncio.sleep(REFUSED_PAUSE)
        except MessagingError as error:
            self._error(error.code, given, detail=str(error.detail), **error.extra)
        except (DatabaseError, OSError) as error:
            log.warning("a frame could not be answered: %r", error)
            self._error("unavailable", given)
        except Exception:
            log.exception("a frame of type %.40r failed", given.get("type"))
            self._error("unavailable", given)

    # --- what the fanout asks of a listener ---------------------------------------------------------
    def send_frame(self, text: str) -> None:
        """Queue a frame for the client."""
        if self.send_queue:
            self.send_queue.enqueue(text)

    async def send_frame_with_backpressure(self, text: str) -> None:
        """Queue a frame of a long history."""
        if self.send_queue:
            await self.send_queue.enqueue_with_backpressure(text)

    def may_see(self, group: str, text: str) -> bool:
        """Whether a frame of a feed is for this actor; conversations were checked at the door."""
        return self.sees_all or not group.startswith("feed.") or may_see_fact(self.actor, json.loads(text))

    def recheck_access(self) -> None:
        """Something happened to this actor's right to be here; the watch would notice only in its next round."""
        self._spawn(self._recheck_access())

    async def _recheck_access(self) -> None:
        visitor = self.visitor
        await self.recheck(visitor, await actor_now(visitor))

    # --- frames ----------------------------------------------------------------------------------
    async def on_subscribe(self, given: Frame) -> None:
        if "feed" in given:
            await self._subscribe_feed(given)
            return
        conversation_id = await self._allowed(given)
        after = given.get("after", 0)
        if type(after) is not int or not 0 <= after < 2**63:
            raise FrameError("bad_frame")
        if self.send_queue is None:
            # Put out by the watch while the database was asked: nobody would ever take it out of the room again.
            return
        self.groups_joined.add(conversation_group(conversation_id))
        self.conversations.add(conversation_id)
        await fanout().enter(conversation_id, self, after)
        if conversation_id not in self.conversations or self.send_queue is None:
            # Put out meanwhile, or gone: not here.
            return
        self._spawn(presence().here(conversation_id, self.actor, self.id))
        # How far the other side has read meanwhile is in none of the frames that were missed.
        if peer := await _peer_has_read(conversation_id, self.actor):
            self.send_frame(json.dumps(read_frame(conversation_id, *peer)))

    async def _subscribe_feed(self, given: Frame) -> None:
        feed = FEEDS.get(given["feed"]) if isinstance(given["feed"], str) else None
        if feed is None:
            raise FrameError("not_found")
        if not self.actor.may(feed.right):
            raise FrameError("forbidden")
        after = _cursor(given.get("after"))
        self.follows_feed, self.sees_all = True, await sees_all(self.actor)
        await self._join(feed.group)
        missed, cursor = await missed_events(self.actor, feed.name, after)
        # Each frame that was missed brings its own cursor: a line that breaks among them loses none.
        self.send_frame(
            subscribed_frame({"feed": feed.name, "cursor": str(cursor if after is None else after)})
        )
        for text in missed:
            await self.send_frame_with_backpressure(text)

    async def on_send(self, given: Frame) -> None:
        conversation_id = await self._allowed(given)
        message = draft_message(actor=self.actor, conversation_id=conversation_id, given=given)
        if message.attachments:
            names = ("client_id", "kind", "body", "attachments", "reply_to", "internal")
            wanted = {name: given[name] for name in names if name in given}
            send = database_sync_to_async(send_message)
            sent = await send(actor=self.actor, conversation_id=conversation_id, **wanted)
            self._ack(given, sent.message.seq)
            return
        # Taken in order at once; the next frame need not wait for this one's commit.
        self._spawn(self._answer(given, batch_writer().write(message)))

    async def _answer(self, given: Frame, answer: "asyncio.Future[Any]") -> None:
        try:
            self._ack(given, (await answer).message.seq)
        except MessagingError as error:
            self._error(error.code, given, detail=str(error.detail), **error.extra)

    async def on_read(self, given: Frame) -> None:
        conversation_id, seq = await self._allowed(given), _seq(given)
        read = database_sync_to_async(mark_read)
        await read(actor=self.actor, conversation_id=conversation_id, seq=seq, socket=self.id)

    async def on_recall(self, given: Frame) -> None:
        conversation_id, seq = await self._allowed(given), _seq(given)
        recall = database_sync_to_async(recall_message)
        await recall(actor=self.actor, conversation_id=conversation_id, seq=seq)

    async def on_typing(self, given: Frame) -> None:
        conversation_id = await self._allowed(given)
        who = {"kind": self.actor.sender_kind, "id": self.actor.id, "name": self.actor.name}
        active = given.get("active") is True
        signal = {"type": "typing", "conversation": conversation_id, "active": active, "sender": who}
        await fanout().publish(
            encode_frame(conversation_group(conversation_id), signal, signal) | {"skip": self.id}
        )

    async def on_ping(self, given: Frame) -> None:
        self.idle, was_idle = given.get("idle") is True, self.idle
        if was_idle and not self.idle:
            await self._say_at_work()
        last = {str(pk): fanout().last_seq(pk, self) for pk in self.conversations}
        self.send_frame(json.dumps({"type": "pong", "last_seq": last}) if last else '{"type":"pong"}')

    # --- how ---------------------------------------------------------------------------------------
    async def _allowed(self, given: Frame) -> int:
        conversation_id = given.get("conversation")
        if type(conversation_id) is not int or not 0 < conversation_id < 2**63:
            raise FrameError("bad_frame")
        if conversation_id not in self.allowed:
            if not await _visible(self.actor, [conversation_id]) and not await self._turn_to(conversation_id):
                raise NotFound()
            self.allowed.add(conversation_id)
        return conversation_id

    @property
    def attends(self) -> bool:
        """Whether it is one of those who answer customers."""
        return self.actor.may("conversations.view")

    async def _say_at_work(self) -> None:
        """Nobody has touched an idle page for a while: it is no sign of somebody."""
        if self.attends and not self.idle:
            await presence().at_work(self.id)

    async def _show_whether_shop_is_there(self) -> None:
        """The last of them may have gone without a word."""
        if self.actor.is_customer:
            self.send_frame(json.dumps({"type": "presence", "shop": await presence().is_shop_there()}))

    async def _turn_to(self, conversation_id: int) -> bool:
        """A socket that names no page speaks for that of its session's links whose conversation it asks for first."""
        if not self.names_no_page or self.conversations:
            return False
        for visitor, actor in await by_links(self.visitor):
            if await _visible(actor, [conversation_id]):
                self.visitor, self.actor = visitor, actor
                name_in_log(actor=actor.who)
                await self._join(link_group(actor.order_id))
                return True
        return False

    async def _join(self, group: str) -> None:
        if self.send_queue is None:
            return
        self.groups_joined.add(group)
        await fanout().join(group, self)

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    def _ack(self, given: Frame, seq: int) -> None:
        known = {name: given[name] for name in ("conversation", "client_id")}
        self.send_frame(json.dumps({"type": "message.ack", **known, "seq": seq}))

    def _error(self, code: str, given: Frame, **extra: Any) -> None:
        self.send_frame(
            json.dumps({"type": "error", "code": code, **echoed_fields(given), **extra}, default=str)
        )

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def recheck(self, visitor: Visitor, actor: Actor | None) -> None:
        """Stay only as who you were, and only where you may still be; say that you are. `actor` is who the visitor is."""
        if visitor != self.visitor:
            # It names no page, and turned to another of its links while the database was asked about the one before.
            return
        if actor is None or not actor.is_same_as(self.actor):
            self._step_out()
            await self.close(UNKNOWN_VISITOR)
            return
        if self.follows_feed:
            self.sees_all = await sees_all(actor)
        self.allowed.clear()
        asked = list(self.conversations)
        visible = await _visible(actor, asked)
        # First whoever has to go: being there is told over a line that may be slow.
        for conversation_id in set(asked) - visible:
            self._put_out(conversation_id)
        for conversation_id in visible:
            await presence().here(conversation_id, self.actor, self.id, again=True)
        await self._say_at_work()
        await self._show_whether_shop_is_there()

    def _put_out(self, conversation_id: int) -> None:
        self.conversations.discard(conversation_id)
        self.groups_joined.discard(conversation_group(conversation_id))
        fanout().leave(conversation_group(conversation_id), self)
        self._error("forbidden", {"conversation": conversation_id})


Handler = Callable[[ShopSocket, Frame], Awaitable[None]]
HANDLERS: dict[str, Handler] = {
    "subscribe": ShopSocket.on_subscribe,
    "message.send": ShopSocket.on_send,
    "message.read": ShopSocket.on_read,
    "message.recall": ShopSocket.on_recall,
    "typing": ShopSocket.on_typing,
    "ping": ShopSocket.on_ping,
}


def _cursor(after: Any) -> int | None:
    """Where a feed is to go on; text, as it was given out, or a number."""
    if after is None:
        return None
    found = whole_number(after)
    if found is None:
        raise FrameError("bad_frame")
    return found


def _seq(given: Frame) -> int:
    seq = given.get("seq")
    if type(seq) is not int or not 0 <= seq < 2**63:
        raise FrameError("bad_frame")
    return seq


@database_sync_to_async
def _visible(actor: Actor, conversation_ids: list[int]) -> set[int]:
    """Those of the conversations that somebody may be in."""
    return set(conversations_visible_to(actor).filter(pk__in=conversation_ids).values_list("pk", flat=True))


_peer_has_read = database_sync_to_async(peer_has_read)
