"""Presence over the socket: whether this page is in use, which conversations it has open, and whether the shop is online."""

from messaging.consumers.fanout import fanout
from messaging.consumers.frames import Frame
from messaging.consumers.loop_local import run_in_background
from messaging.consumers.presence import presence
from messaging.consumers.switchboard import Topic, TopicSocket, answers_frame, register_topic
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.json_text import json_text
from shopcomm.core.realtime import CUSTOMERS


@register_topic
class PresenceTopic(Topic):
    """Whether somebody sits before the page of one socket."""

    __slots__ = ("_idle",)

    def __init__(self, socket: TopicSocket) -> None:
        super().__init__(socket)
        self._idle = False

    async def on_open(self) -> None:
        """Customers hear whether the shop is there; who answers them says so."""
        if self.socket.actor.is_customer:
            await self.socket.join(CUSTOMERS)
        await self._say_at_work()

    @answers_frame("ping")
    async def answer_ping(self, given: Frame) -> None:
        """The line holds; how far each followed conversation is, so that a page that missed something asks again."""
        self._idle, was_idle = given.get("idle") is True, self._idle
        if was_idle and not self._idle:
            await self._say_at_work()
        last = {str(pk): fanout().last_seq(pk, self.socket) for pk in self.socket.access.followed}
        self.socket.send_frame(json_text({"type": "pong", "last_seq": last}) if last else '{"type":"pong"}')

    async def on_recheck(self, actor: Actor) -> None:
        """Say again who is there. It goes over a line that may be slow, so it comes after everything about rights."""
        for conversation_id in list(self.socket.access.followed):
            await presence().report_present(conversation_id, self.socket.actor, self.socket.id, again=True)
        await self._say_at_work()
        if self.socket.actor.is_customer:
            # The last of the shop may have gone without a word.
            shown = {"type": "presence", "shop": await presence().is_shop_there()}
            self.socket.send_frame(json_text(shown))

    def on_close(self) -> None:
        if self._attends:
            run_in_background(presence().report_shop_offline(self.socket.id))

    @property
    def _attends(self) -> bool:
        """Whether it is one of those who answer customers."""
        return self.socket.actor.may("conversations.view")

    async def _say_at_work(self) -> None:
        """Nobody has touched an idle page for a while: it is no sign of somebody."""
        if self._attends and not self._idle:
            await presence().report_shop_online(self.socket.id)
