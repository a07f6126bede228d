"""A page carries its messages without what goes without saying; made whole they are what the socket would have told."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from messaging.models import Message
from messaging.page_messages import ASKED
from messaging.presenters import message_object
from messaging.selectors.pane import PAGE_SIZE, PanePage, pane_page
from messaging.services.messages import recall_message, send_message
from orders.models import Order
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.audiences import audience_of
from tests.factories import integration

pytestmark = pytest.mark.django_db
# What `static/js/messaging/given.js` gives a message that does not say otherwise.
USUAL: dict[str, Any] = {
    "body": "", "attachments": [], "reply_to": None, "internal": False, "recalled": False, "data": {},
}  # fmt: skip


def say(order: Order, actor: Actor, body: str, **how: Any) -> Message:
    """A text in the conversation of an order."""
    talk = order.conversation.pk  # type: ignore[attr-defined]
    sent = send_message(actor=actor, conversation_id=talk, client_id=uuid4(), kind="text", body=body, **how)
    return Message.objects.get(conversation=talk, seq=sent.message.seq)


@pytest.fixture
def talk(order, sales, customer) -> list[Message]:
    """Words of both sides, an answer, a note, a text that was taken back, and the line of a change."""
    shop, guest = Actor.staff(sales), Actor.customer(customer)
    asked = say(order, guest, "在吗")
    say(order, shop, "在的", reply_to=asked.seq)
    say(order, shop, "老客户", internal=True)
    recall_message(actor=shop, conversation_id=order.conversation.pk, seq=say(order, shop, "说错了").seq)
    edit_order(actor=integration(), order_id=order.pk, version=None, changes={"street": "文一西路 1 号"})
    return list(order.conversation.messages.order_by("seq"))


def made_whole(page: PanePage) -> list[dict[str, Any]]:
    return [
        USUAL
        | {"kind": "event" if lean.get("data", {}).keys() & {"event", "notice"} else "text"}
        | {"prev": lean["seq"] - 1, "sender": page.people[lean["by"]]}
        | lean
        for lean in page.messages
    ]


@pytest.mark.parametrize("who", ["sales", "customer"])
def test_messages_of_a_page_say_what_the_socket_would(who, talk, order, sales, customer) -> None:
    actor = Actor.staff(sales) if who == "sales" else Actor.customer(customer)
    audience = audience_of(actor)
    told = [message_object(each, audience) for each in talk if audience.sees_notes or not each.internal]

    shown = made_whole(pane_page(order.conversation, actor, audience=audience))

    for lean, whole in zip(shown, told, strict=True):
        asked = {name: value for name, value in whole["data"].items() if name in ASKED}
        same = ("seq", "prev", "kind", "body", "sender", "attachments", "reply_to", "internal", "recalled")
        assert {name: lean[name] for name in same} | {"data": lean["data"]} == {
            name: whole[name] for name in same
        } | {"data": asked}
        assert lean["at"] == int(datetime.fromisoformat(whole["created_at"]).timestamp() * 1000)
        mine = (lean["sender"]["kind"], lean["sender"]["id"]) == (actor.sender_kind, actor.id_or_zero)
        assert lean.get("client_id") == (whole["client_id"] if mine else None)


def test_the_line_of_a_change_comes_in_the_readers_language(talk, order, sales) -> None:
    actor = Actor.staff(sales)
    with translation.override("en"):
        page = pane_page(order.conversation, actor, audience=audience_of(actor))
    assert page.messages[-1]["body"] == talk[-1].data["said"]["en"]


def test_a_page_carries_the_newest_messages_and_says_that_there_are_older_ones(order, sales) -> None:
    actor = Actor.staff(sales)
    for number in range(PAGE_SIZE):
        say(order, actor, f"第 {number} 句")
    page = pane_page(order.conversation, actor, audience=audience_of(actor))
    assert [each["body"] for each in page.messages] == [f"第 {number} 句" for number in range(PAGE_SIZE)]
    assert page.has_older
