"""What a client comes back to, as the socket tells it."""

import pytest
from channels.db import database_sync_to_async

from messaging.models import Conversation
from messaging.services.messages import mark_read
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.positions import position_new_events
from tests.factories import move
from tests.messaging.test_socket import customer_cookie_of, say, send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(order) -> int:
    return Conversation.objects.get(order=order).pk


async def test_a_reconnecting_socket_learns_what_the_other_side_has_read(live, order, talk, manager, sales):
    buyer = await customer_cookie_of(order)
    async with socket(live, buyer) as opened:
        await say(opened, talk, "在吗")
        said = (await until(opened, "message.ack"))["seq"]
    read = database_sync_to_async(mark_read)
    await read(actor=Actor.staff(manager), conversation_id=talk, seq=said)
    await read(actor=Actor.staff(sales), conversation_id=talk, seq=said - 1)
    async with socket(live, buyer) as opened:
        await send(opened, type="subscribe", conversation=talk, after=said)
        told = await until(opened, "message.read")

    assert (told["seq"], told["reader"]) == (said, {"kind": "staff", "id": manager.pk, "name": "王芳"})


async def test_the_shop_is_told_the_customers_read_marker_and_not_its_own(live, order, talk, manager):
    read = database_sync_to_async(mark_read)
    await read(actor=Actor.staff(manager), conversation_id=talk, seq=1)
    cookie, heard = await staff_cookie_of(manager), []
    async with socket(live, cookie) as opened:
        await send(opened, type="subscribe", conversation=talk, after=1)
        await send(opened, type="ping")
        await until(opened, "pong")
    await read(actor=Actor.customer(order.customer), conversation_id=talk, seq=1)
    async with socket(live, cookie) as opened:
        await send(opened, type="subscribe", conversation=talk, after=1)
        heard.append(await until(opened, "message.read"))

    assert [(frame["seq"], frame["reader"]["kind"]) for frame in heard] == [(1, "customer")]


async def test_a_reconnecting_socket_learns_who_is_typing_and_present(live, order, talk, manager):
    shop, buyer = await staff_cookie_of(manager), await customer_cookie_of(order)
    async with socket(live, buyer) as other:
        await send(other, type="subscribe", conversation=talk, after=1)
        await until(other, "subscribed")
        async with socket(live, shop) as desk:
            await send(desk, type="subscribe", conversation=talk, after=1)
            here = await until(desk, "presence")
            await send(other, type="typing", conversation=talk, active=True)
            writing = await until(desk, "typing")
    async with socket(live, shop) as desk:
        await send(desk, type="subscribe", conversation=talk, after=1)
        alone = await until(desk, "presence")
        while len(alone["who"]) > 1:
            alone = await until(desk, "presence")

    assert {who["kind"] for who in here["who"]} == {"customer", "staff"}
    assert (writing["active"], writing["sender"]["kind"]) == (True, "customer")
    assert [who["kind"] for who in alone["who"]] == ["staff"]


async def test_a_reconnecting_warehouse_gets_the_alarms_it_missed(live, order, warehouse):
    for status in ("paid", "picking"):
        await database_sync_to_async(move)(order, status)
    await database_sync_to_async(position_new_events)()
    cookie = await staff_cookie_of(warehouse)
    async with socket(live, cookie) as board:
        await send(board, type="subscribe", feed="warehouse")
        cursor = (await until(board, "subscribed"))["cursor"]
    await database_sync_to_async(request_change)(
        actor=Actor.customer(order.customer, order_id=order.pk),
        order_id=order.pk,
        kind="cancel",
        data={"reason": "不要了"},
    )
    async with socket(live, cookie) as board:
        await send(board, type="subscribe", feed="warehouse", after=cursor)
        alarm = await until(board, "event")

    assert (alarm["event"]["type"], alarm["event"]["number"]) == ("order.change_requested", order.number)
