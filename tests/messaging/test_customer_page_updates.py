"""A customer's own pages hear that something of theirs has changed, and nobody else's do."""

from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from websockets.asyncio.client import connect

from messaging.consumers.fanout import Fanout
from messaging.consumers.rooms import Room, State
from messaging.consumers.send_queue import Frames
from messaging.models import Conversation
from messaging.services.drafts import Draft
from messaging.services.frames import changed_frames, frames_of
from messaging.services.messages import send_message, write_messages
from orders.models import Status
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.realtime import customer_group
from tests.factories import make_order, move
from tests.messaging.test_socket import cookie_of, send, until

pytestmark = pytest.mark.django_db(transaction=True)


def said(order, text: str, *, by, internal: bool = False):
    talk = Conversation.objects.get(order=order)
    return send_message(
        actor=by, conversation_id=talk.pk, client_id=str(uuid4()), kind="text", body=text, internal=internal
    )


async def heard(opened, count: int) -> None:
    """Waits for so many frames of the kind."""
    for _each in range(count):
        await until(opened, "own.changed")


@pytest.fixture
def pages(live, phone, client, customer, order):
    """The customer's page behind the code, and in another browser that of one order's link."""
    link = make_link(customer=customer, order_id=order.pk)
    client.get(f"/o/{link_token(link)}/")
    return [
        connect(f"{live.ws_url}{query}", additional_headers={"Cookie": cookie_of(browser)})
        for browser, query in ((phone, "?as=customer"), (client, f"?link={link.pk}"))
    ]


async def test_customer_pages_get_frames_for_their_orders_and_for_shop_messages(
    pages, customer, order, manager
):
    other = await database_sync_to_async(make_order)(customer=customer)
    do = database_sync_to_async(lambda work: work())
    steps = [
        lambda: move(order, Status.PAID),
        lambda: move(other, Status.PAID),
        lambda: said(other, "今天发", by=Actor.staff(manager)),
        lambda: move(order, Status.PICKING),
    ]
    async with pages[0] as mine, pages[1] as linked:
        for page in (mine, linked):
            # Both are in their rooms.
            await send(page, type="ping")
            await until(page, "pong")
        for step in steps:
            await do(step)
        await heard(mine, 4)
        await heard(linked, 2)


def test_customer_pages_get_frames_for_events_but_not_for_notes_or_own_messages(order, customer, manager):
    line = said(order, "内部", by=Actor.staff(manager), internal=True)
    assert changed_frames([line]) == []
    assert changed_frames([said(order, "在吗", by=Actor.customer(customer, order_id=order.pk))]) == []
    line.said = line.said._replace(kind="event")
    assert [each["group"] for each in changed_frames([line, line])] == [
        f"customer.{customer.pk}",
        f"link.{order.pk}",
    ]
    assert [[*each["texts"]] for each in changed_frames([line])] == [["customer"], ["customer"]]


def test_internal_conversations_send_no_frame_to_customer_pages(manager):
    team = Conversation.objects.create(kind=Conversation.Kind.TEAM)
    (line,) = write_messages(
        [
            Draft(
                conversation_id=team.pk,
                client_id=str(uuid4()),
                kind="text",
                body="下班了",
                sender_kind="staff",
                sender_id=manager.pk,
                sender_name="周敏",
            )
        ]
    )
    assert (line.created, line.customer_id) == (True, None)
    assert changed_frames([line]) == []
    line.said = line.said._replace(kind="event")
    assert changed_frames([line]) == []
    assert [each["group"] for each in frames_of([line])] == [f"conversation.{team.pk}"]


def test_customer_pages_fetch_again_after_lost_frames(customer):
    shown: list[str] = []

    class Page:
        id = "one"
        actor = Actor.customer(customer)

        def send_frames(self, frames: Frames) -> None:
            shown.extend(frames.texts)

    fanout, room = Fanout(), Room(customer_group(customer.pk))
    fanout.rooms[room.group] = room
    room.listeners.add(Page())
    room.state, room.was_lost = State.IN, True
    fanout._send_resyncs(0)
    assert shown == ['{"type":"own.changed"}']
