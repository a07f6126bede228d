"""Conversations over REST and over plain HTTP."""

from uuid import uuid4

import pytest

from messaging.models import Conversation
from tests.api.test_orders_api import problem
from tests.factories import give_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(order) -> str:
    """The address of the order's messages."""
    return f"conversations/{Conversation.objects.get(order=order).pk}/messages/"


def say(post, talk: str, text: str, **given):
    return post(talk, {"client_id": str(uuid4()), "kind": "text", "body": text} | given)


def test_a_message_has_exactly_the_fields_of_the_contract(post, talk) -> None:
    given = say(post, talk, "在的，今天发")

    assert given.status_code == 201
    message = given.json()
    assert {"seq", "prev", "kind", "body", "sender", "attachments", "reply_to", "internal", "client_id",
            "created_at", "recalled"} <= set(message)  # fmt: skip
    assert (message["kind"], message["body"], message["internal"]) == ("text", "在的，今天发", False)
    assert set(message["sender"]) == {"kind", "id", "name"}


def test_a_message_sent_twice_with_one_client_id_is_stored_once(post, talk) -> None:
    client_id = str(uuid4())
    first = say(post, talk, "一", client_id=client_id)
    second = say(post, talk, "一", client_id=client_id)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["seq"] == second.json()["seq"]


def test_messages_can_be_paged_after_and_before_a_number(api, post, talk) -> None:
    for number in range(5):
        say(post, talk, f"第 {number} 条")

    def seqs(query: str) -> list[int]:
        return [each["seq"] for each in api.get(f"/api/v1/{talk}?{query}").json()["results"]]

    assert seqs("") == [1, 2, 3, 4, 5, 6]
    assert seqs("after=4") == [5, 6]
    assert seqs("after=1&limit=2") == [2, 3]
    assert seqs("before=4&limit=2") == [2, 3]
    assert seqs("after=99") == []


def test_next_and_previous_links_lead_through_all_messages(api, post, talk) -> None:
    for number in range(5):
        say(post, talk, f"第 {number} 条")
    address, seqs = f"/api/v1/{talk}?limit=2", []
    while address:
        page = api.get(address).json()
        seqs += [each["seq"] for each in page["results"]]
        address, last = page["next"], page
    back = api.get(last["previous"]).json()

    assert seqs == [1, 2, 3, 4, 5, 6]
    assert [each["seq"] for each in back["results"]] == [3, 4]
    assert api.get(back["previous"]).json()["previous"] is None


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"body": ""}, 422, "body_required"),
        ({"body": "长" * 100_000}, 422, "body_too_long"),
        ({"client_id": "not-a-uuid"}, 400, "invalid"),
        ({"kind": "event"}, 400, "invalid"),
        ({"attachments": [str(uuid4())], "kind": "image"}, 422, "attachment_unknown"),
        ({"reply_to": 0}, 400, "invalid"),
    ],
)
def test_a_malformed_message_is_refused(api, post, talk, given, status: int, code: str) -> None:
    problem(say(post, talk, "你好", **given), status, code)

    assert len(api.get(f"/api/v1/{talk}").json()["results"]) == 1


def test_an_unknown_conversation_answers_404(api) -> None:
    problem(api.get("/api/v1/conversations/999999/messages/"), 404, "not_found")


def test_conversations_are_listed_with_their_order(api, order) -> None:
    row = api.get("/api/v1/conversations/").json()["results"][0]

    assert row["order"] == order.number


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=面单", ["换一下面单"]),
        ("q=50%25", ["50% 定金"]),
        ("q=_", []),
        ("q=面单&sender=customer", []),
        ("q=面单&order=XB-0", []),
        ("q=面单&since=2999-01-01T00:00:00Z", []),
        ("q=面单&has=image", []),
        ("q=' OR 1=1 --", []),
    ],
)
def test_message_search_finds_words_and_marks_them(api, post, talk, query: str, found: list[str]) -> None:
    say(post, talk, "换一下面单")
    say(post, talk, "50% 定金")

    results = api.get(f"/api/v1/search/messages/?{query}").json()["results"]

    assert [each["message"]["body"] for each in results] == found
    for each in results:
        (start, end), *_ = each["highlights"]
        assert each["message"]["body"][start:end] in ("面单", "50%")


def test_a_browser_without_a_socket_sends_messages_over_http(log_in, sales, talk) -> None:
    client = log_in(sales)
    given = {"client_id": str(uuid4()), "body": "网不好"}

    first = client.post(f"/{talk}", given, content_type="application/json")
    again = client.post(f"/{talk}", given, content_type="application/json")

    assert (first.status_code, again.status_code) == (201, 200)
    assert client.get(f"/{talk}?after=1").json()["results"][0]["body"] == "网不好"


@pytest.mark.parametrize("raw", ["", "{", "[]", '"x"', "[" * 5000, '{"client_id": 5, "body": "x"}'])
def test_an_unreadable_request_body_gets_a_clear_answer(log_in, sales, talk, raw: str) -> None:
    answer = log_in(sales).post(f"/{talk}", raw, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_message"


def test_a_conversation_of_a_colleagues_order_answers_404(log_in, other_sales, sales, order, talk) -> None:
    give_order(order, sales)

    assert log_in(other_sales).get(f"/{talk}").status_code == 404
