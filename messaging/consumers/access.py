"""Which conversations the visitor of one socket may follow."""

import asyncio
from typing import Protocol, TypeGuard

from channels.db import database_sync_to_async

from messaging.consumers.frames import Frame, frame_number
from messaging.consumers.loop_local import loop_local
from messaging.errors import NotFound
from messaging.selectors.conversations import conversations_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.sockets import Visitor, actors_of_links

# So many sockets of a process ask at a time. When hundreds come back at once, the others' messages go between their questions.
ASK_AT_ONCE = 4
_asking = loop_local(lambda: asyncio.Semaphore(ASK_AT_ONCE))


class Identified(Protocol):
    """A socket, as far as it says who is there."""

    actor: Actor
    visitor: Visitor
    # The browser did not say which of its pages this is, so that it may speak for any link that its session holds.
    names_no_page: bool

    async def speak_as(self, visitor: Visitor, actor: Actor) -> None: ...


class ConversationAccess:
    """Asks the database once for each conversation, until the visitor's rights are checked again.

    `followed` are the conversations that the socket has subscribed to.
    """

    __slots__ = ("_allowed", "_socket", "followed")

    def __init__(self, socket: Identified) -> None:
        self._socket = socket
        self._allowed: set[int] = set()
        self.followed: set[int] = set()

    async def require_conversation(self, given: Frame) -> int:
        """The conversation that a frame names. Raises FrameError for none, NotFound for one that is not the visitor's."""
        conversation_id = frame_number(given, "conversation", least=1)
        if conversation_id not in self._allowed:
            asked = [conversation_id]
            async with _asking():
                visible = await visible_conversations(self._socket.actor, asked)
            if not visible and not await self._turn_to(asked):
                raise NotFound()
            self._allowed.add(conversation_id)
        return conversation_id

    def has_allowed(self, conversation: object) -> TypeGuard[int]:
        """Whether a frame names a conversation of which it is known that the visitor may be in it."""
        return type(conversation) is int and conversation in self._allowed

    async def recheck_followed(self) -> set[int]:
        """Forget what was allowed. Returns those of the followed conversations that the visitor may not see any more."""
        self._allowed.clear()
        asked = list(self.followed)
        return set(asked) - await visible_conversations(self._socket.actor, asked)

    async def _turn_to(self, conversation_ids: list[int]) -> bool:
        """A socket that names no page speaks for that of its session's links whose conversation it asks for first."""
        if not self._socket.names_no_page or self.followed:
            return False
        for visitor, actor in await actors_of_links(self._socket.visitor):
            if await visible_conversations(actor, conversation_ids):
                await self._socket.speak_as(visitor, actor)
                return True
        return False


@database_sync_to_async
def visible_conversations(actor: Actor, conversation_ids: list[int]) -> set[int]:
    """Those of the conversations that somebody may be in."""
    return set(conversations_visible_to(actor).filter(pk__in=conversation_ids).values_list("pk", flat=True))
