"""Conversations over the socket: follow, send, mark as read, recall, typing."""

import logging
from functools import partial

from channels.db import database_sync_to_async

from messaging.consumers.batch_writer import batch_writer
from messaging.consumers.fanout import fanout
from messaging.consumers.frames import Frame, frame_number
from messaging.consumers.loop_local import run_in_background
from messaging.consumers.presence import presence
from messaging.consumers.switchboard import Topic, answers_at_once, answers_frame, register_topic
from messaging.services.drafts import draft_message
from messaging.services.frames import read_frame
from messaging.services.messages import mark_read, recall_message
from messaging.services.write import Sent
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.json_text import json_text
from shopcomm.core.realtime import conversation_group, encode_frame
from shopcomm.core.refusals import Refusal

log = logging.getLogger(__name__)
_mark_read = database_sync_to_async(mark_read)
_recall_message = database_sync_to_async(recall_message)


@register_topic
class ConversationTopic(Topic):
    """The conversations that one socket follows or speaks in."""

    __slots__ = ()

    @answers_frame("subscribe")
    async def follow(self, given: Frame) -> None:
        """Everything behind `after`, then what comes; and how far the other side has read."""
        socket = self.socket
        conversation_id = await socket.access.require_conversation(given)
        after = frame_number(given, "after", default=0)
        if not socket.is_open:
            # Put out by the recheck while the database was asked: nobody would ever take it out of the room again.
            return
        socket.access.followed.add(conversation_id)
        await socket.follow(conversation_id, after)
        if conversation_id not in socket.access.followed or not socket.is_open:
            # Put out meanwhile, or gone: not here.
            return
        socket.spawn(presence().report_present(conversation_id, socket.actor, socket.id))
        # How far the other side has read meanwhile is in none of the frames that were missed.
        if peer := await fanout().peer_mark(conversation_id, socket):
            socket.send_frame(json_text(read_frame(conversation_id, *peer)))

    @answers_frame("message.send")
    async def say(self, given: Frame) -> None:
        """Store a message; acknowledged once it is committed."""
        self._store(await self.socket.access.require_conversation(given), given)

    @answers_at_once("message.send")
    def say_at_once(self, given: Frame) -> bool:
        """The same in a conversation in which the visitor is known to be."""
        if not self.socket.access.has_allowed(conversation_id := given.get("conversation")):
            return False
        self._store(conversation_id, given)
        return True

    def _store(self, conversation_id: int, given: Frame) -> None:
        message = draft_message(actor=self.socket.actor, conversation_id=conversation_id, given=given)
        # Taken in order at once; the next frame need not wait for this one's commit. A task would cost more than it.
        batch_writer().take(message, partial(self._acknowledge, given))

    def _acknowledge(self, given: Frame, answer: Sent | Exception) -> None:
        if isinstance(answer, Sent):
            told = {
                "type": "message.ack",
                "conversation": given["conversation"],
                "client_id": given["client_id"],
                "seq": answer.said.seq,
            }
            self.socket.send_frame(json_text(told))
        elif isinstance(answer, Refusal):
            self.socket.send_error(answer.code, given, detail=str(answer.detail), **answer.extra)
        else:
            log.error("a message could not be answered", exc_info=answer)
            self.socket.send_error("unavailable", given)

    @answers_frame("message.read")
    async def mark_read(self, given: Frame) -> None:
        """Keep how far somebody has read, and tell the others."""
        conversation_id, seq = await self._message_in(given)
        await _mark_read(
            actor=self.socket.actor, conversation_id=conversation_id, seq=seq, socket=self.socket.id
        )

    @answers_frame("message.recall")
    async def recall(self, given: Frame) -> None:
        """Take a message back."""
        conversation_id, seq = await self._message_in(given)
        await _recall_message(actor=self.socket.actor, conversation_id=conversation_id, seq=seq)

    @answers_frame("typing")
    async def show_typing(self, given: Frame) -> None:
        """Tell the others that somebody is writing, or has stopped."""
        conversation_id = await self.socket.access.require_conversation(given)
        actor = self.socket.actor
        who = {"kind": actor.sender_kind, "id": actor.id, "name": actor.name}
        active = given.get("active") is True
        signal = {"type": "typing", "conversation": conversation_id, "active": active, "sender": who}
        shown = encode_frame(conversation_group(conversation_id), for_all_audiences(signal))
        await fanout().publish(shown | {"skip": self.socket.id})

    async def _message_in(self, given: Frame) -> tuple[int, int]:
        return await self.socket.access.require_conversation(given), frame_number(given, "seq")

    async def on_recheck(self, actor: Actor) -> None:
        """Stay only where the visitor may still be."""
        for conversation_id in await self.socket.access.recheck_followed():
            self.socket.access.followed.discard(conversation_id)
            self.socket.leave(conversation_group(conversation_id))
            self.socket.send_error("forbidden", {"conversation": conversation_id})

    def on_close(self) -> None:
        """Say to those who are still there that this one has gone."""
        for conversation_id in self.socket.access.followed:
            run_in_background(presence().report_gone(conversation_id, self.socket.actor, self.socket.id))
