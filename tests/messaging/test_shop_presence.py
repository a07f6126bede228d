"""客服 在线: somebody of the shop who answers customers is there, whatever they are looking at."""

import asyncio
import json

import pytest
from django.conf import settings
from redis import Redis

from messaging.consumers import presence, session_recheck
from messaging.models import Conversation
from tests.messaging.test_socket import customer_cookie_of, send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(session_recheck, "ROUND_SECONDS", 0.1)
    monkeypatch.setattr(presence, "LEAVES_SECONDS", 0)
    monkeypatch.setattr(presence, "KNOWN_SECONDS", 0)
    # Whoever was there in an earlier test is not.
    Redis.from_url(settings.REDIS_URL).delete(f"{settings.REDIS_PREFIX}:presence:shop")


async def shop(opened) -> bool:
    """What the next word about it is."""
    while True:
        frame = json.loads(await asyncio.wait_for(opened.recv(), 10))
        if frame["type"] == "presence" and "shop" in frame:
            return frame["shop"]


async def becomes(opened, there: bool) -> None:
    async with asyncio.timeout(10):
        while await shop(opened) is not there:
            pass


async def test_a_customer_sees_the_shop_go_online_and_offline(live, order, sales, warehouse):
    talk = (await Conversation.objects.aget(order=order)).pk
    async with socket(live, await customer_cookie_of(order)) as buyer:
        await send(buyer, type="subscribe", conversation=talk, after=0)
        await until(buyer, "subscribed")
        assert await shop(buyer) is False
        async with socket(live, await staff_cookie_of(warehouse)):
            # Whoever answers nobody is no sign of an answer.
            assert {await shop(buyer) for _round in range(3)} == {False}
        async with socket(live, await staff_cookie_of(sales)) as desk:
            await becomes(buyer, True)
            assert await heard_of_the_shop(desk) is None
        await becomes(buyer, False)


async def heard_of_the_shop(desk) -> object:
    """The shop's side is told nothing of it."""
    await send(desk, type="ping")
    return (await until(desk, "pong")).get("shop")


async def test_an_idle_page_does_not_count_as_online(live, order, sales, monkeypatch):
    monkeypatch.setattr(presence, "LASTS_SECONDS", 1)
    async with (
        socket(live, await customer_cookie_of(order)) as buyer,
        socket(live, await staff_cookie_of(sales)) as desk,
    ):
        await becomes(buyer, True)
        await send(desk, type="ping", idle=True)
        await becomes(buyer, False)
        await send(desk, type="ping")
        await becomes(buyer, True)
