"""A room: the sockets of this process in one group, and whether the process is in the channel layer's group for them.

A room's life is the table MOVES and nothing else. It is given up only from a state in which nobody has a place and
nothing is under way, so that whoever comes while the last one leaves finds the same room and not its remains.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, Protocol

from messaging.consumers.history import CHANGE_MESSAGES, KEEP_SECONDS, ByAudience, RoomHistory, no_history
from messaging.consumers.send_queue import Frames
from messaging.consumers.shared_answers import SharedAnswers
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import Audience, all_audiences
from shopcomm.core.json_text import json_text

log = logging.getLogger(__name__)


class Listener(Protocol):
    """What a room knows of a socket."""

    id: str
    actor: Actor
    audience: Audience

    def send_frame(self, text: str) -> None: ...
    def send_frames(self, frames: Frames) -> None: ...
    async def send_frames_with_backpressure(self, frames: Frames) -> None: ...
    def may_see(self, group: str, text: str) -> bool: ...
    def recheck_access(self) -> None: ...


class State(Enum):
    """Where the process stands in the layer's group, and whether anybody wants it there."""

    OUT = auto()  # wanted; the next catch-up tries to join
    JOINING = auto()  # wanted, joining is under way
    IN = auto()  # wanted and joined
    ABANDONED = auto()  # joining is under way, but everybody has left
    LEAVING = auto()  # nobody is here, leaving is under way
    REVIVED = auto()  # leaving is under way, but somebody has come
    GONE = auto()  # given up; nobody finds this room any more


class Signal(Enum):
    """What can happen to a room."""

    TRY = auto()  # somebody came, or a catch-up tries again
    EMPTIED = auto()  # the last one left
    ADDED = auto()  # the layer has taken us in
    REFUSED = auto()  # it could not
    DISCARDED = auto()  # it has let us go, or could not be asked
    LOST = auto()  # it has forgotten us


MOVES = {
    (State.OUT, Signal.TRY): State.JOINING,
    (State.OUT, Signal.EMPTIED): State.GONE,
    (State.JOINING, Signal.ADDED): State.IN,
    (State.JOINING, Signal.REFUSED): State.OUT,
    (State.JOINING, Signal.EMPTIED): State.ABANDONED,
    (State.IN, Signal.EMPTIED): State.LEAVING,
    (State.IN, Signal.LOST): State.OUT,
    (State.ABANDONED, Signal.TRY): State.JOINING,
    (State.ABANDONED, Signal.ADDED): State.LEAVING,
    # It may have reached the layer all the same.
    (State.ABANDONED, Signal.REFUSED): State.LEAVING,
    (State.LEAVING, Signal.TRY): State.REVIVED,
    (State.LEAVING, Signal.DISCARDED): State.GONE,
    (State.REVIVED, Signal.EMPTIED): State.LEAVING,
    (State.REVIVED, Signal.DISCARDED): State.JOINING,
}
# States whose work is the keeper's: it asks the layer, and its answer is the next signal.
UNDER_WAY = frozenset({State.JOINING, State.ABANDONED, State.LEAVING, State.REVIVED})
# Of these, what it asks: to be taken in. In the others it asks to be let go.
ASKS_TO_JOIN = frozenset({State.JOINING, State.ABANDONED})


def _newest_seqs_in(messages: Sequence[dict[str, Any]]) -> dict[Audience, int]:
    """By audience: the newest of these messages that it may see."""
    found: dict[Audience, int] = {}
    wanted = [*all_audiences()]
    for message in reversed(messages):
        for audience in [each for each in wanted if each.name in message["texts"]]:
            found[audience] = message["seq"]
            wanted.remove(audience)
        if not wanted:
            break
    return found


class Room:
    """The sockets of this process in one group; for a conversation also the last message they were shown."""

    def __init__(self, group: str, conversation_id: int = 0, history: RoomHistory | None = None) -> None:
        self.group, self.conversation_id = group, conversation_id
        # Only a conversation has one.
        self.history = history or RoomHistory(no_history)
        # For the shop (True) and for the customer: who of the other side has read furthest, and how far.
        self.peer_marks: SharedAnswers[bool, tuple[Actor, int] | None] = SharedAnswers(KEEP_SECONDS)
        self.state = State.OUT
        self.listeners: set[Listener] = set()
        # Who is still being told the history, each with the mark of its latest subscription.
        self.entering: dict[Listener, object] = {}
        # What the listeners were shown, and the newest that is known to be there, of all and for each audience.
        self.last = self.head = 0
        self.heads: dict[Audience, int] = {}
        # Whether the layer did not have us for a time: what came meanwhile was not heard.
        self.was_lost = False
        self.keeper: asyncio.Task[None] | None = None
        self.catching_up: asyncio.Task[None] | None = None

    @property
    def wanted(self) -> bool:
        """Whether anybody has a place here."""
        return bool(self.listeners or self.entering)

    def signal(self, what: Signal) -> None:
        """Take note of something that happened; what means nothing in this state changes nothing."""
        self.state = MOVES.get((self.state, what), self.state)
        self.was_lost = self.was_lost or what in (Signal.REFUSED, Signal.LOST)

    def note_heads(self, heads: Mapping[Audience, int]) -> None:
        """There are messages up to here that each of these audiences may see."""
        for audience, seq in heads.items():
            self.heads[audience] = max(self.heads.get(audience, 0), seq)
            self.head = max(self.head, seq)

    def admit(self, listener: Listener) -> None:
        """Everything up to `head` was shown to this one: from now on it is one of all."""
        if not self.listeners:
            self.last = self.head
        self.entering.pop(listener, None)
        self.listeners.add(listener)

    def deliver(self, messages: Sequence[dict[str, Any]]) -> bool:
        """Show messages that continue the sequence, leaving out known ones. False: some before them are missing."""
        self.note_heads(_newest_seqs_in(messages))
        if not self.listeners:
            return True
        if messages[0]["seq"] > self.last + 1:
            return False
        shown = [each for each in messages if each["seq"] > self.last]
        if shown:
            self.last = shown[-1]["seq"]
            self._show(ByAudience(shown))
        return True

    def _show(self, shown: ByAudience) -> None:
        for listener in self.listeners:
            frames = shown.frames_for(listener.audience)
            if frames.texts:
                listener.send_frames(frames)

    def send_to_all(self, told: dict[str, Any]) -> None:
        """Show the same to everybody here."""
        frames = Frames([json_text(told)])
        for listener in self.listeners:
            listener.send_frames(frames)

    def send_frame(self, message: dict[str, Any]) -> None:
        """Show a frame that is not a message: each side's text, to all but the socket it came from."""
        if message.get("frame") in CHANGE_MESSAGES:
            self.history.forget()
        if message.get("frame") == "message.read":
            self.peer_marks.forget_all()
        shown = ByAudience([message])
        for listener in self.listeners:
            try:
                if message.get("recheck_access"):
                    listener.recheck_access()
                frames = shown.frames_for(listener.audience)
                if not frames.texts or listener.id == message.get("skip"):
                    continue
                if listener.may_see(self.group, frames.texts[0]):
                    listener.send_frames(frames)
            except Exception:
                log.exception("a listener of %s could not be shown a frame", self.group)
