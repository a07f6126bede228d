"""What a follower of a feed is told of the time it was away."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib import admin
from redis import Redis

from messaging.consumers import fanout as fanout_module
from messaging.consumers import feeds
from messaging.consumers.fanout import Fanout
from messaging.models import Conversation
from shopcomm.core.configuration.admin import ShopSettingsAdmin
from shopcomm.core.configuration.models import ShopSettings
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.positions import position_new_events
from shopcomm.core.events.selectors import last_position
from shopcomm.core.realtime import ORDERS_FEED, WAREHOUSE_FEED, staff_group
from tests.factories import make_order, move
from tests.messaging.test_socket import send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_feed_too_far_behind_gets_a_resync_and_continues_from_the_newest_event(
    live, order, manager, monkeypatch
):
    monkeypatch.setattr(feeds, "MOST_MISSED", 1)
    await database_sync_to_async(move)(order, "paid")
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="subscribe", feed="orders", after="0")
        told = await until(opened, "resync")
        newest = await database_sync_to_async(last_position)()
        await send(opened, type="subscribe", feed="orders", after=told["cursor"])
        again = await until(opened, "subscribed")

    assert (told["feed"], told["cursor"], again["cursor"]) == ("orders", str(newest), str(newest))


@pytest.mark.parametrize("feed", ["orders", "warehouse"])
async def test_stock_events_missed_while_offline_are_delivered_too(live, variant, manager, feed):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="subscribe", feed=feed, after="0")
        await until(opened, "subscribed")
        missed = await until(opened, "event")

    told = missed["event"]
    assert (told["type"], told["sku"], told["available"]) == ("stock.back", variant.sku, 100)
    assert missed["cursor"].isdigit()


async def test_a_live_frame_carries_a_cursor_after_which_nothing_is_missed(live, order, manager):
    cookie = await staff_cookie_of(manager)
    await database_sync_to_async(position_new_events)()
    async with socket(live, cookie) as opened:
        await send(opened, type="subscribe", feed="orders", after=None)
        await until(opened, "subscribed")
        await database_sync_to_async(move)(order, "paid")
        shown = await until(opened, "event")
    await database_sync_to_async(move)(order, "picking")
    async with socket(live, cookie) as opened:
        await send(opened, type="subscribe", feed="orders", after=shown["cursor"])
        await until(opened, "subscribed")
        again = [await until(opened, "event") for _ in range(2)]

    assert shown["event"]["type"] == "order.paid"
    # The one that was shown comes once more, under the same id, and nothing before it.
    assert [(frame["id"], frame["event"]["type"]) for frame in again] == [
        (shown["id"], "order.paid"),
        (again[1]["id"], "order.picking"),
    ]


async def test_subscribers_of_a_feed_that_the_channel_layer_dropped_get_a_resync(monkeypatch):
    shown = []

    class Page:
        send_frames = staticmethod(lambda frames: shown.extend(frames.texts))

    fanout = Fanout()
    fanout._tasks, fanout._channel = [None], "fanout-1"

    async def heard(*_given) -> None: ...

    monkeypatch.setattr(
        fanout_module, "get_channel_layer", lambda: SimpleNamespace(group_add=heard, group_discard=heard)
    )
    await fanout.join(ORDERS_FEED, Page())
    assert shown == []
    fanout._resume_after_outage()
    await fanout.catch_up_all()
    fanout._lose_layer()
    fanout._channel = "fanout-2"
    await fanout._rejoin("fanout-2")

    told = [json.loads(text) for text in shown]
    assert [(frame["type"], frame["feed"]) for frame in told] == [("resync", "orders")] * 2


async def test_a_connection_lost_while_catching_up_resumes_without_a_gap(live, order, manager):
    await database_sync_to_async(position_new_events)()
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="subscribe", feed="orders", after="0")
        answered = await until(opened, "subscribed")
        missed = await until(opened, "event")

    # Whoever got no further than the answer goes on from where they were.
    assert (answered["cursor"], missed["cursor"]) == ("0", "1")


async def test_who_subscribed_while_the_layer_was_down_gets_a_resync_once_it_is_back(monkeypatch):
    shown, answers = [], [OSError("no Redis"), None]

    class Page:
        send_frames = staticmethod(lambda frames: shown.extend(frames.texts))

    async def take_in(*_given) -> None:
        if error := answers.pop(0):
            raise error

    fanout = Fanout()
    fanout._tasks, fanout._channel = [None], "fanout-1"
    monkeypatch.setattr(fanout_module, "get_channel_layer", lambda: SimpleNamespace(group_add=take_in))
    monkeypatch.setattr(fanout_module, "_newest", newest)
    for group in (WAREHOUSE_FEED, staff_group(7)):
        answers[:] = [OSError("no Redis"), None]
        await fanout.join(group, Page())
        await fanout._rejoin("fanout-1")

    assert [json.loads(text)["type"] for text in shown] == ["resync", "notice.seen"]


async def newest() -> int:
    return 9


async def test_a_page_gets_a_resync_after_its_server_briefly_lost_redis(live, manager):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="subscribe", feed="orders")
        await until(opened, "subscribed")
        # What the first joining of the server's fanout may have said.
        await send(opened, type="ping")
        await until(opened, "pong")
        redis = Redis.from_url(settings.REDIS_URL)
        own = str(redis.connection_pool.connection_kwargs["db"])
        for line in redis.client_list(_type="pubsub"):
            # Of this worker: others have their own lines to the same server.
            if line["db"] == own:
                redis.client_kill_filter(_id=line["id"])
        async with asyncio.timeout(3):
            told = await until(opened, "resync")

    assert told["feed"] == "orders"


async def test_restricting_sales_to_own_orders_takes_effect_in_open_sockets_at_once(live, sales, other_sales):
    await database_sync_to_async(sales_see_all)(True)
    theirs = await database_sync_to_async(make_order)(assigned_to=other_sales)
    talk = (await Conversation.objects.aget(order=theirs)).pk
    async with socket(live, await staff_cookie_of(sales)) as opened:
        for topic in ({"feed": "orders"}, {"conversation": talk, "after": 0}):
            await send(opened, type="subscribe", **topic)
            await until(opened, "subscribed")
        await database_sync_to_async(sales_see_all)(False)
        async with asyncio.timeout(5):
            refused = await until(opened, "error")

    assert (refused["code"], refused["conversation"]) == ("forbidden", talk)


@pytest.mark.parametrize(
    ("role", "shop_wants_it", "told_all"),
    [("sales", False, False), ("sales", True, True), ("manager", False, True), ("warehouse", False, True)],
)
def test_only_sales_are_restricted_to_own_orders_and_only_by_the_shop_setting(
    as_actor, role, shop_wants_it, told_all
):
    sales_see_all(shop_wants_it)

    assert async_to_sync(feeds.gets_every_feed_event)(as_actor(role)) == told_all


def test_missed_events_for_the_warehouse_include_the_orders_it_packs(order, as_actor):
    move(order, "paid")
    position_new_events()

    frames, _cursor = async_to_sync(feeds.missed_events)(as_actor("warehouse"), "warehouse", 0)

    told = [json.loads(frame)["event"]["type"] for frame in frames]
    assert [kind for kind in told if kind.startswith("order.")] == ["order.paid"]


def test_missed_events_include_committed_events_without_a_position_yet(order, as_actor):
    move(order, "paid")
    paid = DomainEvent.objects.get(type="order.paid")
    DomainEvent.objects.filter(position__gte=paid.position).update(position=None)

    frames, reached = async_to_sync(feeds.missed_events)(as_actor("manager"), "orders", paid.position - 1)

    told = [json.loads(frame) for frame in frames]
    assert paid.pk in [frame["id"] for frame in told]
    assert {frame["cursor"] for frame in told} == {str(reached)} == {str(paid.position - 1)}


def sales_see_all(wanted: bool) -> None:
    """As a manager saves it in the office."""
    shop = ShopSettings(pk=1, sales_see_all=wanted)
    ShopSettingsAdmin(ShopSettings, admin.site).save_model(None, shop, None, True)
