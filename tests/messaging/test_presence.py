"""Who is here is known to all who are here, also after a process or Redis ended without a word."""

import json
import time

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from messaging.consumers import presence as presence_module
from messaging.consumers.presence import Presence
from shopcomm.core.accounts.actors import Actor

SALES, BUYER = Actor("staff", 1, "周敏", "sales"), Actor("customer", 2, "吴丽华", "customer")
TALK = 7


@pytest.fixture
def told(monkeypatch) -> list[list[str]]:
    """The names of each frame that was shown."""
    frames = []

    class Everybody:
        @staticmethod
        async def publish(frame):
            frames.append([who["name"] for who in json.loads(frame["shop"])["who"]])

    monkeypatch.setattr(presence_module, "hub", lambda: Everybody)
    return frames


@pytest.fixture
async def presence(told):
    known = Presence()
    known._prefix = "test-presence"
    yield known
    await known._redis.delete(known._key(TALK))
    await known._redis.aclose()


async def test_still_being_here_is_no_news(presence, told):
    await presence.here(TALK, SALES, "a")
    await presence.here(TALK, SALES, "a", again=True)

    assert told == [["周敏"]]


async def test_a_redis_that_forgot_everybody_is_told_again_by_each(presence, told):
    for actor, tab in ((BUYER, "b"), (SALES, "a")):
        await presence.here(TALK, actor, tab)
    await presence._redis.delete(presence._key(TALK))
    for actor, tab in ((BUYER, "b"), (SALES, "a")):
        await presence.here(TALK, actor, tab, again=True)

    assert told == [["吴丽华"], ["吴丽华", "周敏"]] * 2


async def test_who_went_with_their_process_is_gone_for_the_others_too(presence, told):
    await presence.here(TALK, SALES, "a")
    ended = {presence._member(BUYER, "b"): time.time() - 1}
    await presence._redis.zadd(presence._key(TALK), ended)
    await presence.here(TALK, SALES, "a", again=True)

    assert told == [["周敏"], ["周敏"]]
    assert await presence._redis.zcard(presence._key(TALK)) == 1


async def test_a_redis_that_does_not_answer_is_left_alone_for_a_moment(presence, told, monkeypatch):
    asked = []

    async def no_answer(*given):
        asked.append(given)
        raise RedisConnectionError

    monkeypatch.setattr(presence, "_note", no_answer)
    for _ in range(3):
        await presence.here(TALK, SALES, "a", again=True)

    assert len(asked) == 1
