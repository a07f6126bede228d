"""Cards: a line that shows something as it is now, and is decided about with a tap."""

import json
from unittest import mock

import pytest
from django.test import Client

from messaging import cards
from messaging.cards import Card, Look, card_of_message, register_card
from messaging.models import Message
from messaging.services.cards import card_changed, send_card
from orders.errors import GuardFailed
from shopcomm.core.accounts.services.order_links import link_token, make_link
from tests.factories import make_order

pytestmark = pytest.mark.django_db
TAPPED: list[tuple[str, int, str]] = []


def tap(actor, object_id, data) -> None:
    if data.get("how") == "wrong":
        raise GuardFailed(("no_way", "这样不行"))
    TAPPED.append((actor.kind, object_id, data.get("how", "")))


def shown(look: Look) -> dict:
    return {"thing": f"第 {look.object_id} 件，{'店里' if look.actor.is_shop else '客户'}看到的"}


@pytest.fixture(autouse=True)
def card_for_tests(settings, tmp_path):
    (tmp_path / "thing.html").write_text("<p>{{ thing }}</p>{% if refusal %}<p>{{ refusal }}</p>{% endif %}")
    # Set anew: templates that other tests have loaded know nothing of the folder.
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], tmp_path]}]
    with mock.patch.dict(cards.CARDS):
        register_card(Card("thing", "thing.html", shown, {"tap": tap}))
        TAPPED.clear()
        yield


@pytest.fixture
def line(conversation, manager, as_actor) -> Message:
    given = {"conversation_id": conversation.pk, "card": "thing", "object_id": 7, "text": lambda: "一件东西"}
    return send_card(actor=as_actor(manager), **given).message


def phone_of(order) -> Client:
    client = Client()
    client.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/")
    return client


def at(line: Message, action: str = "") -> str:
    return f"/conversations/{line.conversation_id}/cards/{line.seq}/{action}"


def test_sending_the_same_card_twice_creates_one_message(line, conversation, manager, as_actor):
    given = {"conversation_id": conversation.pk, "card": "thing", "object_id": 7, "text": lambda: "一件东西"}
    assert not send_card(actor=as_actor(manager), **given).created
    assert send_card(actor=as_actor(manager), key="again", **given).created


def test_customer_and_shop_see_different_versions_of_a_card(line, log_in, manager):
    assert "店里看到的" in log_in(manager).get(at(line)).content.decode()
    order = line.conversation.order
    assert "第 7 件，客户看到的" in phone_of(order).get(at(line)).content.decode()


def test_a_card_action_runs_as_its_reader_and_a_refusal_is_shown_on_the_card(line):
    phone = phone_of(line.conversation.order)
    assert phone.post(at(line, "tap/"), {"how": "right"}).status_code == 200
    refused = phone.post(at(line, "tap/"), {"how": "wrong"})
    assert (refused.status_code, "这样不行" in refused.content.decode()) == (422, True)
    assert phone.post(at(line, "burn/")).status_code == 404
    assert TAPPED == [("customer", 7, "right")]


def test_a_card_is_not_found_by_people_outside_its_conversation(line, client, log_in, warehouse):
    assert client.get(at(line)).status_code == 403
    assert log_in(warehouse).get(at(line)).status_code == 404
    assert phone_of(make_order()).post(at(line, "tap/")).status_code == 404
    assert TAPPED == []


def test_text_messages_and_recalled_cards_have_no_card(line, say, as_actor, manager):
    text = say(as_actor(manager), "你好")
    assert card_of_message(text) is None
    line.recalled_at = line.created_at
    assert card_of_message(line) is None


def test_open_pages_get_a_frame_when_a_card_has_changed(line, django_capture_on_commit_callbacks):
    with (
        mock.patch("shopcomm.core.realtime.push_frames") as push,
        django_capture_on_commit_callbacks(execute=True),
    ):
        card_changed(conversation_id=line.conversation_id, card="thing", object_id=7)
    frame = push.call_args.args[0]
    wanted = {"type": "card.changed", "conversation": line.conversation_id, "card": "thing", "id": 7}
    assert {side: json.loads(text) for side, text in frame["texts"].items()} == {
        "shop": wanted,
        "customer": wanted,
    }


def test_a_message_posted_as_a_card_by_hand_is_stored_as_text(conversation, say, as_actor, customer):
    sent = say(as_actor(customer), "装作报价单", kind="card")
    assert card_of_message(sent) is None
