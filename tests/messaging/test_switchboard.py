"""The switchboard of the socket: each frame goes to the topic that answers it, and another topic is one more module."""

import json

import pytest

from messaging.consumers import switchboard, topics
from messaging.consumers.fanout import fanout
from messaging.consumers.frames import FrameError
from messaging.consumers.switchboard import (
    Topic,
    answer_at_once,
    answer_frame,
    answers_at_once,
    answers_frame,
    make_topics,
    may_be_answered_at_once,
    register_topic,
)
from messaging.errors import NotFound
from messaging.models import Conversation
from shopcomm.core.audiences import for_all_audiences
from shopcomm.core.realtime import conversation_group, encode_frame
from tests.messaging.test_socket import customer_cookie_of, send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def only_known_topics(monkeypatch):
    """Whatever a test registers is forgotten with it; what the product has is there already."""
    assert topics.presence.PresenceTopic in switchboard.TOPICS
    monkeypatch.setattr(switchboard, "TOPICS", [*switchboard.TOPICS])
    monkeypatch.setattr(switchboard, "ANSWERERS", {**switchboard.ANSWERERS})
    monkeypatch.setattr(switchboard, "AT_ONCE", {**switchboard.AT_ONCE})


@pytest.fixture
def ringing(only_known_topics):
    """A topic from outside: a bell in a conversation that counts how often this socket has rung it."""

    @register_topic
    class RingTopic(Topic):
        __slots__ = ("opened", "rung")

        async def on_open(self) -> None:
            self.rung, self.opened = 0, self.socket.actor.name

        @answers_frame("bell.ring")
        async def ring(self, given) -> None:
            conversation_id = await self.socket.access.require_conversation(given)
            self.rung += 1
            told = {"type": "bell.rings", "times": self.rung, "by": self.opened}
            await fanout().publish(encode_frame(conversation_group(conversation_id), for_all_audiences(told)))

        @answers_frame("subscribe", field="bell")
        async def follow(self, given) -> None:
            self.socket.send_frame(json.dumps({"type": "subscribed", "bell": given["bell"]}))

    return RingTopic


async def test_a_registered_topic_answers_its_own_frames(ringing, live, order, manager, other_customer):
    talk = (await Conversation.objects.aget(order=order)).pk
    async with (
        socket(live, await staff_cookie_of(manager)) as shop,
        socket(live, await customer_cookie_of(order)) as buyer,
    ):
        await send(shop, type="subscribe", conversation=talk, after=0)
        assert (await until(shop, "subscribed"))["conversation"] == talk
        await send(shop, type="subscribe", bell="shop")
        assert (await until(shop, "subscribed")) == {"type": "subscribed", "bell": "shop"}
        for _ in range(2):
            await send(buyer, type="bell.ring", conversation=talk)
        heard = [await until(shop, "bell.rings") for _ in range(2)]
        await send(buyer, type="bell.ring", conversation=talk + 1)
        refused = await until(buyer, "error")

    assert heard == [{"type": "bell.rings", "times": n, "by": order.customer.name} for n in (1, 2)]
    assert (refused["code"], refused["conversation"]) == ("not_found", talk + 1)


async def test_a_socket_without_the_topic_does_not_know_its_frames(live, manager):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="bell.ring", conversation=1)
        assert (await until(opened, "error"))["code"] == "unknown_type"


class Line:
    """As much of a socket as a topic needs that only answers."""

    def __init__(self) -> None:
        self.sent: list[str] = []


class Saying(Topic):
    @answers_frame("say")
    async def say(self, given) -> None:
        self.socket.sent.append("all")

    @answers_frame("say", field="loud")
    async def shout(self, given) -> None:
        self.socket.sent.append("loud")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"type": "say"}, ["all"]),
        ({"type": "say", "loud": None}, ["loud"]),
        ({"type": "say", "low": 1}, ["all"]),
    ],
)
async def test_a_frame_is_routed_to_the_topic_that_declares_its_field(only_known_topics, given, sent):
    register_topic(Saying)
    line = Line()
    await answer_frame(make_topics(line), given)

    assert line.sent == sent


async def test_a_refusal_of_a_topic_is_raised_to_the_socket(only_known_topics):
    @register_topic
    class Refusing(Topic):
        @answers_frame("say")
        async def say(self, given) -> None:
            raise NotFound()

    with pytest.raises(NotFound):
        await answer_frame(make_topics(Line()), {"type": "say"})
    with pytest.raises(FrameError, match="unknown_type"):
        await answer_frame(make_topics(Line()), {"type": "shout"})


def test_a_frame_is_answered_at_once_only_by_a_topic_that_need_not_wait(only_known_topics):
    @register_topic
    class Quick(Topic):
        @answers_at_once("say")
        def say_at_once(self, given) -> bool:
            self.socket.sent.append(given.get("known"))
            return given.get("known") is True

    line = Line()
    made = make_topics(line)
    asked = [{"type": "say", "known": True}, {"type": "say"}, {"type": "shout"}]

    assert [answer_at_once(made, each) for each in asked] == [True, False, False]
    assert line.sent == [True, None]
    texts = ('{"type":"say"}', '{"type":"shout"}', "x" * 1000 + '"say"')
    assert [may_be_answered_at_once(each) for each in texts] == [True, False, False]


def test_two_topics_cannot_answer_the_same_frames(only_known_topics):
    before = dict(switchboard.ANSWERERS)

    class Taking(Topic):
        @answers_frame("ping")
        async def ping(self, given) -> None: ...

    with pytest.raises(ValueError, match="another topic answers ping"):
        register_topic(Taking)
    assert (before, Taking in switchboard.TOPICS) == (switchboard.ANSWERERS, False)
