"""Who is here is known to all who are here, also after a process or Redis ended without a word."""

import json
import time

import pytest
from django.conf import settings
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
            shown = json.loads(frame["texts"].get("shop") or frame["texts"]["customer"])
            frames.append([who["name"] for who in shown["who"]] if "who" in shown else shown["shop"])

    monkeypatch.setattr(presence_module, "fanout", lambda: Everybody)
    return frames


@pytest.fixture
async def presence(told):
    known = Presence()
    # Of this worker alone.
    known._prefix = f"{settings.REDIS_PREFIX}-presence"
    yield known
    await known._redis.delete(known._key(TALK), known._shop_key)
    await known._redis.aclose()


async def test_repeating_presence_sends_no_new_frame(presence, told):
    await presence.report_present(TALK, SALES, "a")
    await presence.report_present(TALK, SALES, "a", again=True)

    assert told == [["周敏"]]


async def test_after_redis_lost_its_data_everybodys_presence_is_restored(presence, told):
    for actor, tab in ((BUYER, "b"), (SALES, "a")):
        await presence.report_present(TALK, actor, tab)
    await presence._redis.delete(presence._key(TALK))
    for actor, tab in ((BUYER, "b"), (SALES, "a")):
        await presence.report_present(TALK, actor, tab, again=True)

    assert told == [["吴丽华"], ["吴丽华", "周敏"]] * 2


async def test_people_whose_process_died_are_shown_as_gone(presence, told):
    await presence.report_present(TALK, SALES, "a")
    ended = {presence._member(BUYER, "b"): time.time() - 1}
    await presence._redis.zadd(presence._key(TALK), ended)
    await presence.report_present(TALK, SALES, "a", again=True)

    assert told == [["周敏"], ["周敏"]]
    assert await presence._redis.zcard(presence._key(TALK)) == 1


async def test_an_unreachable_redis_is_not_asked_again_for_a_moment(presence, told, monkeypatch):
    asked = []

    async def no_answer(*given):
        asked.append(given)
        raise RedisConnectionError

    monkeypatch.setattr(presence, "_note", no_answer)
    for _ in range(3):
        await presence.report_present(TALK, SALES, "a", again=True)

    assert len(asked) == 1


async def test_customers_are_told_when_the_first_staff_member_arrives_and_not_of_later_ones(presence, told):
    assert await presence.is_shop_there() is False
    for tab in ("a", "b", "a"):
        await presence.report_shop_online(tab)

    assert told == [True]
    assert await presence.is_shop_there() is True


async def test_the_shop_is_online_while_anybody_of_the_staff_is_on_any_page(presence, told):
    await presence.report_shop_online("a")
    await presence.report_present(TALK, BUYER, "b")

    assert told == [True, ["吴丽华"]]
    assert await presence.is_shop_there() is True


async def test_changing_to_the_next_page_does_not_count_as_leaving(presence, told):
    await presence.report_shop_online("orders")
    await presence.report_shop_offline("orders")
    await presence.report_shop_online("inbox")

    assert told == [True]


async def test_a_person_who_left_is_shown_as_away_a_little_later(presence, told, monkeypatch):
    monkeypatch.setattr(presence_module, "LEAVES_SECONDS", 0)
    monkeypatch.setattr(presence_module, "KNOWN_SECONDS", 0)
    await presence.report_shop_online("a")
    await presence.report_shop_offline("a")
    await presence.report_shop_offline("never here")

    assert await presence.is_shop_there() is False
    assert await presence._redis.zcard(presence._shop_key) == 1
