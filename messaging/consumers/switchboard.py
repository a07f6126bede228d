"""The switchboard of the socket: which topic answers which type of frame.

A topic is one subject of the protocol (conversations, feeds, presence), in a module of its own under `topics/`. It
registers itself with the types of frame that it answers. The socket knows none of them by name: another topic is another
module there, and nothing else changes.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from messaging.consumers.access import ConversationAccess
from messaging.consumers.frames import Frame, FrameError
from messaging.consumers.rooms import Listener
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.sockets import Visitor

Answer = Callable[[Any, Frame], Awaitable[None]]
AtOnce = Callable[[Any, Frame], bool]
A = TypeVar("A", bound=Answer)
B = TypeVar("B", bound=AtOnce)


class TopicSocket(Listener, Protocol):
    """What a topic may ask of its socket."""

    visitor: Visitor
    access: ConversationAccess

    @property
    def is_open(self) -> bool:
        """Whether frames still reach anybody: a socket may end while a topic waits for the database."""
        ...

    def send_error(self, code: str, given: Frame, **extra: Any) -> None: ...
    async def join(self, group: str, *, only: Callable[[str], bool] | None = None) -> None: ...
    async def follow(self, conversation_id: int, after: int) -> None: ...
    def leave(self, group: str) -> None: ...
    def spawn(self, work: Awaitable[None]) -> None: ...


class Topic:
    """One subject of one socket, with what it has to remember. One is made for each socket as it opens."""

    __slots__ = ("socket",)

    def __init__(self, socket: TopicSocket) -> None:
        self.socket = socket

    async def on_open(self) -> None:
        """The visitor is known and welcome."""

    async def on_recheck(self, actor: Actor) -> None:
        """The visitor may still be here. `actor` is who they are by now: the same person, perhaps with other rights."""

    def on_close(self) -> None:
        """The socket has closed. Leave everything at once; run what has to wait in the background."""


@dataclass(frozen=True)
class Answerer:
    """What answers frames of one type; with a `field`, only those that have it, as `subscribe` has `feed`."""

    topic: type[Topic]
    answer: Answer
    field: str = ""


TOPICS: list[type[Topic]] = []
# By type of frame. Those with a field come first.
ANSWERERS: dict[str, list[Answerer]] = {}
# A frame whose type stands further behind may not be answered at once; scripts write it first.
TYPE_WITHIN = 64
# By type of frame: what may answer it without waiting for anything.
AT_ONCE: dict[str, tuple[type[Topic], AtOnce]] = {}


def answers_frame(frame_type: str, *, field: str = "") -> Callable[[A], A]:
    """Mark a topic's method as what answers frames of a type (that have a field, if one is named).

    The method takes the frame. What it raises becomes an `error` frame.
    """

    def mark(method: A) -> A:
        method.answers_frames = (frame_type, field)  # type: ignore[attr-defined]
        return method

    return mark


def answers_at_once(frame_type: str) -> Callable[[B], B]:
    """Mark a topic's method as what answers frames of a type at once where it can. False: nothing was done, and the method
    that is marked by `answers_frame` is to answer.

    What it raises becomes an `error` frame, too.
    """

    def mark(method: B) -> B:
        method.answers_at_once = frame_type  # type: ignore[attr-defined]
        return method

    return mark


def register_topic(topic: type[Topic]) -> type[Topic]:
    """Have every socket that opens from now on answer a topic's frames. Raises ValueError for frames of another topic."""
    methods = [each for each in vars(topic).values() if hasattr(each, "answers_frames")]
    for frame_type, field in (each.answers_frames for each in methods):
        if any(known.field == field for known in ANSWERERS.get(frame_type, ())):
            raise ValueError(f"another topic answers {frame_type} {field}".strip())
    TOPICS.append(topic)
    for method in methods:
        frame_type, field = method.answers_frames
        known = [*ANSWERERS.get(frame_type, ()), Answerer(topic, method, field)]
        ANSWERERS[frame_type] = sorted(known, key=lambda each: not each.field)
    for method in vars(topic).values():
        if hasattr(method, "answers_at_once"):
            AT_ONCE[method.answers_at_once] = (topic, method)
    return topic


def make_topics(socket: TopicSocket) -> Mapping[type[Topic], Topic]:
    """All topics for one socket."""
    return {topic: topic(socket) for topic in TOPICS}


async def answer_frame(topics: Mapping[type[Topic], Topic], given: Frame) -> None:
    """Have the topic that a frame belongs to answer it. Raises FrameError `unknown_type`, and what the topic raises."""
    for each in ANSWERERS.get(given["type"], ()):
        if not each.field or each.field in given:
            await each.answer(topics[each.topic], given)
            return
    raise FrameError("unknown_type")


def may_be_answered_at_once(text: str) -> bool:
    """Whether to try it, by the look of a frame that is still to be read."""
    beginning = text[:TYPE_WITHIN]
    return any(frame_type in beginning for frame_type in AT_ONCE)


def answer_at_once(topics: Mapping[type[Topic], Topic], given: Frame) -> bool:
    """Have a frame answered if nothing has to be waited for. False: nothing was done. Raises what the topic raises."""
    known = AT_ONCE.get(given["type"])
    return known is not None and known[1](topics[known[0]], given)
