"""What a follower of a feed is told of the time it was away."""

import pytest
from channels.db import database_sync_to_async

from messaging.consumers import feeds
from shopcomm.core.events.selectors import last_position
from tests.factories import move
from tests.messaging.test_socket import send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_feed_too_far_behind_is_told_to_start_anew_and_goes_on_from_the_newest(
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
async def test_stock_that_came_in_meanwhile_is_told_like_everything_else(live, variant, manager, feed):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="subscribe", feed=feed, after="0")
        await until(opened, "subscribed")
        missed = await until(opened, "event")

    told = missed["event"]
    assert (told["type"], told["sku"], told["available"]) == ("stock.back", variant.sku, 100)
    assert missed["cursor"].isdigit()
