"""The link of one order opens that order's conversation and no other: not the customer's own others either."""

import asyncio
import json
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.test import Client

from messaging.models import Conversation, Message
from messaging.selectors.conversations import conversations_visible_to
from messaging.services.conversations import general_conversation, link_enquiry_to_order, open_enquiry
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.deadlocks import in_the_way
from tests.factories import give_order, make_order
from tests.messaging.test_socket import customer_cookie_of, send, socket, staff_cookie_of, until

FRAMES = {
    "subscribe": {"after": 0},
    "message.send": {"client_id": str(uuid4()), "kind": "text", "body": "在吗"},
    "message.read": {"seq": 1},
    "message.recall": {"seq": 1},
    "typing": {"active": True},
}


async def heard_until_pong(opened) -> list[str]:
    """The types of the frames that come before the answer to a ping."""
    heard = []
    while (kind := json.loads(await asyncio.wait_for(opened.recv(), 10))["type"]) != "pong":
        heard.append(kind)
    return heard


@pytest.fixture
def other(order: Order) -> Order:
    """Another order of the same customer."""
    return make_order(customer=order.customer)


@pytest.mark.django_db
def test_a_link_opens_its_own_conversation_and_a_log_in_by_code_opens_all(
    order, other, other_customer, manager
):
    enquiry = open_enquiry(actor=Actor.staff(manager), customer=order.customer)
    make_order(customer=other_customer)

    by_link = conversations_visible_to(Actor.customer(order.customer, order_id=order.pk))
    by_phone = conversations_visible_to(Actor.customer(order.customer))

    assert list(by_link) == [order.conversation]
    assert set(by_phone) == {order.conversation, other.conversation, enquiry}


@pytest.mark.django_db
def test_a_link_cannot_read_or_write_another_conversation_over_http(order, other):
    phone = Client()
    phone.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/")
    path = "/conversations/{}/messages/"

    assert phone.get(path.format(order.conversation.pk)).status_code == 200
    assert phone.get(path.format(other.conversation.pk)).status_code == 404
    said = {"client_id": str(uuid4()), "kind": "text", "body": "在吗"}
    refused = phone.post(path.format(other.conversation.pk), said, content_type="application/json")
    assert refused.status_code == 404
    assert not Message.objects.filter(conversation=other.conversation, kind="text").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", FRAMES)
async def test_a_link_socket_cannot_reach_another_conversation(live, order, other, manager, kind):
    talk = (await Conversation.objects.aget(order=other)).pk
    async with (
        socket(live, await staff_cookie_of(manager)) as listener,
        socket(live, await customer_cookie_of(order)) as buyer,
    ):
        await send(listener, type="subscribe", conversation=talk, after=1)
        await until(listener, "subscribed")
        await send(buyer, type=kind, conversation=talk, **FRAMES[kind])
        refused = await until(buyer, "error")
        await send(listener, type="ping")
        heard = await heard_until_pong(listener)

    assert (refused["code"], refused["conversation"]) == ("not_found", talk)
    # Between the refusal and the answer to the ping came nothing of the other side.
    assert set(heard) <= {"presence"}
    assert not await Message.objects.filter(conversation=talk, kind="text").aexists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", FRAMES)
async def test_sockets_of_other_customers_and_other_sellers_cannot_reach_the_conversation(
    live, order, other_customer, sales, other_sales, kind
):
    await database_sync_to_async(give_order)(order, sales)
    talk = (await Conversation.objects.aget(order=order)).pk
    strange = await database_sync_to_async(make_order)(customer=other_customer)
    for cookie in (await customer_cookie_of(strange), await staff_cookie_of(other_sales)):
        async with socket(live, cookie) as opened:
            await send(opened, type=kind, conversation=talk, **FRAMES[kind])
            assert (await until(opened, "error"))["code"] == "not_found"
    assert not await Message.objects.filter(conversation=talk, kind="text").aexists()


@pytest.mark.django_db(transaction=True)
def test_an_enquiry_linked_to_an_order_meanwhile_is_not_used_as_the_general_one(order, customer):
    desk = Actor.system()
    enquiry = open_enquiry(actor=desk, customer=customer, subject="询价")

    def link() -> None:
        link_enquiry_to_order(actor=desk, conversation_id=enquiry.pk, order=order)

    with in_the_way(kept=link, wanted=lambda: None, times=1) as other:
        opened = general_conversation(actor=Actor.customer(customer), customer=customer)
    enquiry.refresh_from_db()
    assert (other.crossed, opened.order, opened.general) == (1, None, True)
    assert (enquiry.order, enquiry.general) == (order, False)
