"""The live feeds of desk and warehouse over the socket."""

import json
from typing import Any

from messaging.consumers.fanout import subscribed_frame
from messaging.consumers.feeds import FEEDS, gets_every_feed_event, may_see_fact, missed_events
from messaging.consumers.frames import Frame, FrameError
from messaging.consumers.send_queue import Frames
from messaging.consumers.switchboard import Topic, TopicSocket, answers_frame, register_topic
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.reading import whole_number


@register_topic
class FeedTopic(Topic):
    """The feeds that one socket follows, and whether every event of them is for its visitor."""

    __slots__ = ("_follows", "_sees_all")

    def __init__(self, socket: TopicSocket) -> None:
        super().__init__(socket)
        self._follows = self._sees_all = False

    @answers_frame("subscribe", field="feed")
    async def follow(self, given: Frame) -> None:
        """The events behind a cursor, then what comes."""
        socket = self.socket
        feed = FEEDS.get(given["feed"]) if isinstance(given["feed"], str) else None
        if feed is None:
            raise FrameError("not_found")
        if not socket.actor.may(feed.right):
            raise FrameError("forbidden")
        after = _cursor(given.get("after"))
        self._follows, self._sees_all = True, await gets_every_feed_event(socket.actor)
        await socket.join(feed.group, only=self._may_see)
        missed, cursor = await missed_events(socket.actor, feed.name, after)
        # Each frame that was missed brings its own cursor: a line that breaks among them loses none.
        start = str(cursor if after is None else after)
        socket.send_frame(subscribed_frame({"feed": feed.name, "cursor": start}))
        for text in missed:
            await socket.send_frames_with_backpressure(Frames([text]))

    def _may_see(self, text: str) -> bool:
        return self._sees_all or may_see_fact(self.socket.actor, json.loads(text))

    async def on_recheck(self, actor: Actor) -> None:
        """A manager may have given the visitor a wider view, or a narrower one."""
        if self._follows:
            self._sees_all = await gets_every_feed_event(actor)


def _cursor(after: Any) -> int | None:
    """Where a feed is to go on; text, as it was given out, or a number."""
    if after is None:
        return None
    found = whole_number(after)
    if found is None:
        raise FrameError("bad_frame")
    return found
