"""Audiences are a set: one more is declared, and every frame is made for it as well."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async

from messaging.models import Conversation, Message
from messaging.presenters import may_see_content, message_object
from messaging.selectors.messages import newest_seqs_of
from messaging.services import frames
from messaging.services.frames import message_frame
from messaging.services.messages import recall_message, send_message
from messaging.templatetags.chat import pane_data
from shopcomm.core import audiences
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.audiences import CUSTOMER, SHOP, Audience, all_audiences, audience_of, register_audience
from shopcomm.core.realtime import encode_frame
from tests.factories import StaffFactory
from tests.messaging.test_socket import customer_cookie_of, say, send, socket, staff_cookie_of, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def assistant(monkeypatch) -> Audience:
    """Somebody of the shop who reads its notes, but not what was taken back."""
    monkeypatch.setattr(audiences, "_AUDIENCES", {**audiences._AUDIENCES})
    return register_audience(
        Audience("assistant", holds=lambda actor: actor.name == "小助手", sees_notes=True)
    )


@pytest.fixture
def helper() -> Staff:
    return StaffFactory(username="helper", display_name="小助手", role="sales")


@pytest.fixture
def talk(order) -> int:
    return Conversation.objects.get(order=order).pk


NOW = datetime(2026, 11, 30, tzinfo=UTC)


def message(*, seq: int = 3, public_prev: int = 2, **fields) -> Message:
    made = Message(
        pk=seq,
        conversation_id=1,
        seq=seq,
        public_prev=public_prev,
        kind="text",
        body="在吗",
        created_at=NOW,
        **fields,
    )
    made._prefetched_objects_cache = {"attachments": []}
    return made


def test_every_actor_belongs_to_exactly_one_audience(assistant, manager, customer):
    shop, buyer, helper = Actor.staff(manager), Actor.customer(customer), Actor("staff", 9, "小助手", "sales")

    assert [audience_of(each).name for each in (shop, Actor.system(), buyer, helper)] == [
        "shop", "shop", "customer", "assistant"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="assistant already"):
        register_audience(Audience("assistant", holds=lambda actor: True))


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({}, {"shop": ("在吗", 2), "customer": ("在吗", 2), "assistant": ("在吗", 2)}),
        ({"public_prev": 1}, {"shop": ("在吗", 2), "customer": ("在吗", 1), "assistant": ("在吗", 2)}),
        ({"internal": True}, {"shop": ("在吗", 2), "assistant": ("在吗", 2)}),
        ({"recalled_at": True}, {"shop": ("在吗", 2), "customer": ("", 2), "assistant": ("", 2)}),
        ({"internal": True, "recalled_at": True}, {"shop": ("在吗", 2), "assistant": ("", 2)}),
    ],
)
def test_each_audience_gets_only_the_parts_of_a_message_it_may_see(assistant, fields, seen):
    told = message_frame(message(**fields))
    bodies = {name: json.loads(text)["message"] for name, text in told["texts"].items()}

    assert {name: (body["body"], body["prev"]) for name, body in bodies.items()} == seen
    content = {each.name for each in all_audiences() if may_see_content(message(**fields), each)}
    assert content == {name for name, (body, _prev) in seen.items() if body}


@pytest.mark.parametrize(
    ("fields", "times"),
    [({}, 1), ({"public_prev": 1}, 2), ({"internal": True}, 1), ({"recalled_at": True}, 2)],
)
def test_a_message_is_encoded_once_for_each_audience(assistant, monkeypatch, fields, times):
    made = []
    monkeypatch.setattr(frames, "message_object", lambda *given: made.append(given) or message_object(*given))
    texts = message_frame(message(**fields))["texts"]

    assert (len(made), len(set(texts.values()))) == (times, times)


def test_a_message_body_is_encoded_once_and_sent_only_to_its_audiences():
    body = {"type": "typing"}
    both = encode_frame("g", {SHOP: body, CUSTOMER: body})["texts"]

    assert both == {"shop": '{"type":"typing"}', "customer": '{"type":"typing"}'}
    assert both["shop"] is both["customer"]
    assert encode_frame("g", {SHOP: body})["texts"].keys() == {"shop"}


async def test_a_third_audience_receives_its_own_frames_over_the_socket(
    assistant, live, order, talk, manager, helper
):
    boss = Actor.staff(manager)
    async with (
        socket(live, await staff_cookie_of(manager)) as shop,
        socket(live, await staff_cookie_of(helper)) as beside,
        socket(live, await customer_cookie_of(order)) as buyer,
    ):
        for each in (shop, beside, buyer):
            await send(each, type="subscribe", conversation=talk, after=1)
            await until(each, "subscribed")
        await say(shop, talk, "成本 80", internal=True)
        await say(shop, talk, "一百二")
        heard = [[await until(each, "message.new") for _ in range(2)] for each in (shop, beside)]
        only = await until(buyer, "message.new")
        for seq in (2, 3):
            await database_sync_to_async(recall_message)(actor=boss, conversation_id=talk, seq=seq)
        taken = [[await until(each, "message.recalled") for _ in range(2)] for each in (shop, beside)]
        await send(beside, type="ping")
        pong = await until(beside, "pong")

    assert heard[0] == heard[1]
    assert [each["message"]["body"] for each in heard[1]] == ["成本 80", "一百二"]
    assert (only["seq"], only["message"]["prev"]) == (3, 1)
    assert [[each["message"]["body"] for each in one] for one in taken] == [["成本 80", "一百二"], ["", ""]]
    assert pong["last_seq"] == {str(talk): 3}


def test_the_newest_message_number_of_a_conversation_depends_on_the_audience(assistant, order, talk, manager):
    send_message(
        actor=Actor.staff(manager), conversation_id=talk, body="成本 80", internal=True, client_id=uuid4()
    )
    beside = Conversation.objects.create(kind=Conversation.Kind.TEAM)

    assert newest_seqs_of([talk, beside.pk, 0]) == {
        talk: {SHOP: 2, CUSTOMER: 1, assistant: 2},
        beside.pk: {SHOP: 0, CUSTOMER: 0, assistant: 0},
    }


def test_pages_and_frames_show_an_audience_the_same_messages(assistant, order, talk, manager, helper, log_in):
    boss = Actor.staff(manager)
    send_message(actor=boss, conversation_id=talk, body="成本 80", internal=True, client_id=uuid4())
    recall_message(actor=boss, conversation_id=talk, seq=2)
    shown = [
        log_in(who).get(f"/conversations/{talk}/messages/?after=1").json()["results"]
        for who in (manager, helper)
    ]

    assert [[each["body"] for each in one] for one in shown] == [["成本 80"], [""]]


def test_a_page_of_a_third_audience_stands_on_the_side_of_shop_or_customer(
    assistant, order, talk, helper, customer
):
    conversation = Conversation.objects.get(pk=talk)
    sides = {
        name: pane_data(conversation, actor)["side"]
        for name, actor in [("assistant", Actor.staff(helper)), ("customer", Actor.customer(customer))]
    }

    assert sides == {"assistant": "shop", "customer": "customer"}
