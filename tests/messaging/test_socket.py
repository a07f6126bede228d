import asyncio
import json
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from messaging.models import Conversation, Message
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db(transaction=True)


def cookie_of(client: Client) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def staff_cookie(staff) -> str:
    return cookie_of(logged_in(staff))


def customer_cookie(order) -> str:
    client = Client()
    client.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/")
    return cookie_of(client)


@asynccontextmanager
async def socket(live, cookie: str = "", **headers: str):
    given = {"Cookie": cookie, **headers} if cookie else headers
    async with connect(live.ws_url, additional_headers=given) as opened:
        yield opened


async def send(opened, **frame) -> None:
    await opened.send(json.dumps(frame))


async def until(opened, kind: str) -> dict:
    """The next frame of a kind."""
    while True:
        frame = json.loads(await asyncio.wait_for(opened.recv(), 10))
        if frame["type"] == kind:
            return frame


async def say(opened, conversation: int, body: str = "在吗", **more) -> dict:
    frame = {"client_id": str(uuid4()), "kind": "text", "body": body} | more
    await send(opened, type="message.send", conversation=conversation, **frame)
    return frame


@pytest.fixture
def talk(order) -> int:
    return Conversation.objects.get(order=order).pk


async def test_a_message_is_acknowledged_to_the_sender_and_shown_to_both(live, order, talk, manager):
    shop, buyer = staff_cookie_of(manager), customer_cookie_of(order)
    async with socket(live, await shop) as a, socket(live, await buyer) as b:
        for each in (a, b):
            await send(each, type="subscribe", conversation=talk, after=0)
            assert (await until(each, "subscribed"))["last_seq"] == 1
            assert (await until(each, "message.new"))["seq"] == 1
        sent = await say(a, talk, "您好 🎉")
        ack, shown = await until(a, "message.ack"), await until(b, "message.new")

    assert (ack["client_id"], ack["seq"]) == (sent["client_id"], 2)
    assert (shown["conversation"], shown["seq"], shown["message"]["body"]) == (talk, 2, "您好 🎉")
    assert shown["message"]["sender"] == {"kind": "staff", "id": manager.pk, "name": "王芳"}


async def test_a_message_sent_twice_with_one_client_id_is_acknowledged_twice_and_stored_once(
    live, order, talk, manager
):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        sent = await say(opened, talk)
        first = await until(opened, "message.ack")
        await say(opened, talk, client_id=sent["client_id"])
        second = await until(opened, "message.ack")

    assert first["seq"] == second["seq"]
    assert await Message.objects.filter(conversation=talk, kind="text").acount() == 1


async def test_an_internal_note_never_reaches_the_customers_socket(live, order, talk, manager):
    async with (
        socket(live, await staff_cookie_of(manager)) as a,
        socket(live, await customer_cookie_of(order)) as b,
    ):
        await send(b, type="subscribe", conversation=talk, after=1)
        await until(b, "subscribed")
        await say(a, talk, "别让他知道", internal=True)
        await say(a, talk, "公开的")
        shown = await until(b, "message.new")

    assert (shown["message"]["body"], shown["seq"], shown["message"]["prev"]) == ("公开的", 3, 1)


async def test_messages_missed_while_offline_arrive_once_and_in_order(live, order, talk, manager):
    cookie = await staff_cookie_of(manager)
    async with socket(live, cookie) as opened:
        for place in range(20):
            await say(opened, talk, str(place))
            await until(opened, "message.ack")
    async with socket(live, cookie) as opened:
        await send(opened, type="subscribe", conversation=talk, after=5)
        seqs = [(await until(opened, "message.new"))["seq"] for _ in range(16)]

    assert seqs == list(range(6, 22))


async def test_an_order_event_appears_as_a_line_in_the_open_conversation(live, order, talk, manager):
    async with socket(live, await customer_cookie_of(order)) as opened:
        await send(opened, type="subscribe", conversation=talk, after=1)
        await until(opened, "subscribed")
        await database_sync_to_async(move)(order, "paid")
        shown = await until(opened, "message.new")

    assert (shown["message"]["kind"], shown["message"]["data"]["status"]) == ("event", "paid")


async def test_a_customer_with_a_link_can_neither_subscribe_nor_write_to_another_order(
    live, order, other_customer, manager
):
    foreign = await database_sync_to_async(make_order)(customer=other_customer)
    foreign_talk = (await Conversation.objects.aget(order=foreign)).pk
    async with socket(live, await customer_cookie_of(order)) as opened:
        await send(opened, type="subscribe", conversation=foreign_talk, after=0)
        refused = await until(opened, "error")
        await say(opened, foreign_talk)
        again = await until(opened, "error")

    assert refused["code"] == again["code"] == "not_found"
    assert not await Message.objects.filter(conversation=foreign_talk, kind="text").aexists()


async def test_the_warehouse_cannot_follow_conversations_and_sales_cannot_follow_the_warehouse_feed(
    live, order, talk, warehouse, sales
):
    async with socket(live, await staff_cookie_of(warehouse)) as opened:
        await send(opened, type="subscribe", conversation=talk, after=0)
        assert (await until(opened, "error"))["code"] == "not_found"
        await send(opened, type="subscribe", feed="orders")
        assert (await until(opened, "error"))["code"] == "forbidden"
    async with socket(live, await staff_cookie_of(sales)) as opened:
        await send(opened, type="subscribe", feed="warehouse")
        assert (await until(opened, "error"))["code"] == "forbidden"


async def test_a_feed_delivers_missed_events_and_then_live_ones(live, order, manager):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await send(opened, type="subscribe", feed="orders", after="0")
        await until(opened, "subscribed")
        while (missed := await until(opened, "event"))["event"]["type"].startswith("stock."):
            pass
        await database_sync_to_async(move)(order, "paid")
        live_event = await until(opened, "event")

    assert missed["event"]["type"] == "order.created"
    assert (live_event["event"]["type"], live_event["event"]["number"]) == ("order.paid", order.number)


async def test_a_colleagues_order_is_not_in_a_sellers_feed(live, sales, other_sales, variant):
    mine = await database_sync_to_async(make_order)(assigned_to=sales)
    theirs = await database_sync_to_async(make_order)(assigned_to=other_sales)
    change = database_sync_to_async(edit_order)
    async with socket(live, await staff_cookie_of(sales)) as opened:
        await send(opened, type="subscribe", feed="orders")
        await until(opened, "subscribed")
        for order in (theirs, mine):
            await change(actor=Actor.system(), order_id=order.pk, version=None, changes={"note": "改"})
        heard = await until(opened, "event")

    assert heard["event"]["number"] == mine.number


async def test_typing_and_read_frames_reach_only_the_others(live, order, talk, manager):
    async with (
        socket(live, await staff_cookie_of(manager)) as a,
        socket(live, await customer_cookie_of(order)) as b,
    ):
        for each in (a, b):
            await send(each, type="subscribe", conversation=talk, after=1)
            await until(each, "subscribed")
        await send(b, type="typing", conversation=talk, active=True)
        await send(b, type="message.read", conversation=talk, seq=1)
        typing, read = await until(a, "typing"), await until(a, "message.read")
        await send(b, type="ping")
        await until(b, "pong")

    assert (typing["sender"]["kind"], typing["active"]) == ("customer", True)
    assert (read["seq"], read["reader"]["kind"]) == (1, "customer")


async def test_a_recall_reaches_everybody_in_the_conversation(live, order, talk, manager):
    async with (
        socket(live, await staff_cookie_of(manager)) as a,
        socket(live, await customer_cookie_of(order)) as b,
    ):
        await send(b, type="subscribe", conversation=talk, after=1)
        await until(b, "subscribed")
        await say(a, talk, "说错了")
        seq = (await until(a, "message.ack"))["seq"]
        await send(a, type="message.recall", conversation=talk, seq=seq)
        recalled = await until(b, "message.recalled")

    assert (recalled["seq"], recalled["message"]["body"]) == (seq, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("garbage", "bad_frame"),
        ("[]", "bad_frame"),
        ("{}", "bad_frame"),
        ('{"type": 7}', "bad_frame"),
        ('{"type": "dance"}', "unknown_type"),
        ('{"type": "subscribe", "conversation": "1"}', "bad_frame"),
        ('{"type": "subscribe", "conversation": 1e400}', "bad_frame"),
        ('{"type": "subscribe", "feed": ["orders"]}', "not_found"),
        ('{"type": "message.send"}', "bad_frame"),
        ("[" * 5000, "bad_frame"),
    ],
)
async def test_an_unreadable_frame_is_answered_and_the_socket_stays_open(live, manager, text, code):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        await opened.send(text)
        assert (await until(opened, "error"))["code"] == code
        await send(opened, type="ping")
        await until(opened, "pong")


async def test_a_message_too_long_is_refused_with_its_client_id(live, order, talk, manager):
    async with socket(live, await staff_cookie_of(manager)) as opened:
        sent = await say(opened, talk, "好" * 100_000)
        refused = await until(opened, "error")

    assert (refused["code"], refused["client_id"]) == ("body_too_long", sent["client_id"])
    assert not await Message.objects.filter(conversation=talk, kind="text").aexists()


async def test_frames_over_the_rate_limit_are_refused_with_retry_after(live, order, talk, manager, settings):
    settings.SOCKET_RATE = 300
    async with socket(live, await staff_cookie_of(manager)) as opened:
        for _ in range(330):
            await send(opened, type="ping")
        await say(opened, talk)
        refused = await until(opened, "error")

    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after"] <= 10


async def test_an_anonymous_socket_is_closed_with_4401(live):
    async with socket(live) as opened:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(opened.recv(), 10)
        assert opened.close_code == 4401


async def test_a_socket_with_a_forged_cookie_is_closed_with_4401(live):
    async with socket(live, f"{settings.SESSION_COOKIE_NAME}=forged") as opened:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(opened.recv(), 10)
        assert opened.close_code == 4401


async def test_a_socket_from_a_foreign_origin_is_refused(live, manager):
    with pytest.raises(InvalidStatus):
        async with socket(live, await staff_cookie_of(manager), Origin="https://evil.example"):
            pass


async def test_a_revoked_link_cannot_subscribe(live, order, talk):
    cookie = await customer_cookie_of(order)
    await database_sync_to_async(revoke_links)(order_id=order.pk)
    async with socket(live, cookie) as opened:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(opened.recv(), 10)


async def test_revoking_a_link_closes_its_open_sockets_at_once(live, order, talk):
    async with socket(live, await customer_cookie_of(order)) as opened:
        await send(opened, type="subscribe", conversation=talk, after=0)
        await until(opened, "subscribed")
        await database_sync_to_async(revoke_links)(order_id=order.pk)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(_forever(opened), 5)
        assert opened.close_code == 4401


async def test_logging_out_closes_the_other_tabs_at_once_but_not_other_browsers(live, order, talk, manager):
    here, elsewhere = await client_of(manager), await client_of(manager)
    async with socket(live, cookie_of(here)) as tab, socket(live, cookie_of(elsewhere)) as other:
        for each in (tab, other):
            await send(each, type="ping")
            await until(each, "pong")
        await database_sync_to_async(here.post)("/logout/")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(_forever(tab), 5)
        assert tab.close_code == 4401
        await send(other, type="ping")
        await until(other, "pong")


async def _forever(opened) -> None:
    while True:
        await opened.recv()


def logged_in(staff) -> Client:
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


client_of = database_sync_to_async(logged_in)
staff_cookie_of = database_sync_to_async(staff_cookie)
customer_cookie_of = database_sync_to_async(customer_cookie)
