"""Searching in what was said: the same as a look at every message, and nothing that the reader may not see."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Attachment, Conversation, Message
from messaging.selectors import search
from messaging.selectors.hits import hits_in
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.selectors.search import newest_hits, search_messages
from messaging.services.conversations import open_enquiry
from messaging.services.messages import recall_message, send_message
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.api_keys import create_api_key
from shopcomm.core.accounts.services.order_links import link_url
from shopcomm.core.search.query import fold_case, parse_query
from tests.factories import CustomerFactory, give_order, make_order

pytestmark = pytest.mark.django_db
BODY = st.text("箱包行李雾霾蓝24寸 aAbBß👜'%_\\,，-", max_size=30)
# Looked through one by one, by the index alone, and both.
STEPS = [5_000, 0, 4]


def found(actor: Actor, words: str, limit: int = 100) -> list[str]:
    query = parse_query(words)
    return [message.body for message in newest_hits(search_messages(actor, query), query, limit)]


def talks(actor: Actor, words: str) -> list[int]:
    return [row.pk for row in inbox_page(actor, InboxFilters(q=words))]


@pytest.fixture(params=STEPS, ids=["scan", "index", "both"])
def by_each_step(request, monkeypatch) -> None:
    monkeypatch.setattr(search, "NEWEST", request.param)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BODY, min_size=1, max_size=25), st.data())
def test_an_indexed_search_finds_the_same_messages_as_a_full_scan(conversation, by_each_step, bodies, data):
    Message.objects.all().delete()
    Message.objects.bulk_create(
        Message(
            conversation=conversation,
            seq=seq,
            body=body,
            sender_kind="customer",
            client_id=uuid4(),
            created_at=timezone.now(),
        )
        for seq, body in enumerate(bodies, 1)
    )
    text = data.draw(st.sampled_from(bodies))
    start = data.draw(st.integers(0, len(text)))
    words = data.draw(st.sampled_from([text[start : start + length] for length in (1, 2, 3, 4, 12)]))
    query = parse_query(words + data.draw(st.sampled_from(["", " 箱", " a", " 蓝"])))

    limit = data.draw(st.sampled_from([1, 3, 10]))

    hits = newest_hits(search_messages(Actor.system(), query), query, limit)

    held = [
        body for body in reversed(bodies) if all(fold_case(word) in fold_case(body) for word in query.words)
    ]
    assert [hit.body for hit in hits] == held[:limit]
    was_said = search.conversations_matching(Actor.system(), query).was_said
    assert was_said == bool(held)
    shown = [hit.body for each in hits_in([conversation.pk], query).values() for hit in each.shown]
    assert shown == (held[:3] if query else [])


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("雾霾", 1),
        ("霾", 1),
        ("24寸 雾霾蓝", 1),
        ("蓝的 djx", 1),
        ("DJX-20-blk", 1),
        ("x-20", 1),
        ("8000", 1),
        ("1380013", 1),
        ("¥1,280", 1),
        ("雾蓝", 0),
        ("雾霾蓝 没有", 0),
        ("%", 0),
    ],
)
def test_a_message_is_found_by_any_part_of_its_text(
    say, sales, as_actor, by_each_step, words: str, count: int
):
    say(as_actor(sales), "雾霾蓝的 24寸 (DJX-20-BLK) 打 13800138000，¥1,280")

    assert len(found(as_actor(sales), words)) == count


def test_search_returns_the_newest_hits_first_up_to_the_limit(say, sales, as_actor, by_each_step):
    for number in range(6):
        say(as_actor(sales), f"第 {number} 次")

    assert found(as_actor(sales), "次", 5) == [f"第 {number} 次" for number in (5, 4, 3, 2, 1)]


# --- what a reader may not see ------------------------------------------------------------------
@pytest.fixture
def secret() -> str:
    return "暗号青花"


def test_internal_notes_are_found_by_the_shop_only(say, sales, customer, as_actor, secret, by_each_step):
    say(as_actor(sales), secret, internal=True)

    assert found(as_actor(sales), "青花") == [secret]
    assert found(as_actor(customer), "青花") == []


def test_messages_of_another_customers_order_are_not_found(
    say, customer, other_customer, as_actor, secret, by_each_step
):
    say(as_actor(customer), secret)

    assert found(as_actor(customer), "青花") == [secret]
    assert found(as_actor(other_customer), "青花") == []


def test_a_link_searches_only_the_conversation_of_its_order(say, customer, as_actor, order, secret):
    say(as_actor(customer), secret)
    other = make_order(customer=customer)

    assert found(as_actor(customer, order_id=order.pk), "青花") == [secret]
    assert found(as_actor(customer, order_id=other.pk), "青花") == []


def test_conversations_of_a_colleague_are_neither_found_nor_counted(
    say, sales, other_sales, manager, customer, order, as_actor, secret, by_each_step
):
    give_order(order, other_sales)
    say(as_actor(customer), secret)
    for words in (secret, customer.name, customer.phone_tail, order.number):
        assert talks(as_actor(sales), words) == [], words
        assert talks(as_actor(other_sales), words) == talks(as_actor(manager), words) != [], words
    assert found(as_actor(sales), secret) == []


def test_the_warehouse_finds_no_conversations(say, customer, warehouse, as_actor, secret):
    say(as_actor(customer), secret)
    assert found(as_actor(warehouse), secret) == []


def test_recalled_messages_are_not_found(say, customer, sales, as_actor, conversation, secret, by_each_step):
    message = say(as_actor(customer), secret)
    recall_message(actor=as_actor(customer), conversation_id=conversation.pk, seq=message.seq)

    assert found(as_actor(sales), secret) == []
    assert talks(as_actor(sales), secret) == []


def test_own_conversations_are_found_even_when_colleagues_have_more_hits(
    say, sales, other_sales, customer, as_actor, monkeypatch
):
    monkeypatch.setattr(search, "CANDIDATES", 2)
    mine = say(as_actor(customer), "有青花的吗")
    for _ in range(3):
        order = make_order(assigned_to=other_sales)
        send_message(
            actor=Actor.customer(order.customer),
            conversation_id=Conversation.objects.get(order=order).pk,
            client_id=uuid4(),
            body="青花",
        )

    assert talks(as_actor(sales), "青花") == [mine.conversation_id]


@pytest.fixture
def hits(api) -> Callable[..., list[dict]]:
    """What a key with these scopes finds."""

    def ask(words: str, scopes: list[str], **more: str) -> list[dict]:
        key = create_api_key(name="接口", scopes=scopes)[1]
        given, headers = {"q": words} | more, {"authorization": f"Bearer {key}"}
        answer = api.get("/api/v1/search/messages/", given, headers=headers)
        return answer.json()["results"]

    return ask


def test_the_token_of_a_customer_link_cannot_be_found_by_searching(hits, say, order, customer, as_actor):
    """A key that is shown stars in its place could otherwise ask for it character by character."""
    address = link_url(customer=customer, order_id=order.pk)
    token = address.rsplit("/", 2)[1] if address.endswith("/") else address.rsplit("/", 1)[1]
    say(Actor.system(), f"您的订单：{address} 请查收")
    reader = ["conversations:read"]

    for part in (token, token[:6], token[3:9]):
        assert hits(part, reader) == [], part
        assert len(hits(part, ["*"])) == 1, part
    [hit] = hits("订单：http 请查收", reader)
    assert token not in str(hit)
    assert [hit["message"]["body"][start:end] for start, end in hit["highlights"]] == ["订单：http", "请查收"]


def test_a_message_with_several_pictures_counts_as_one_hit(hits, say, customer, as_actor):
    say(as_actor(customer), "青花 没有图")
    shown = say(as_actor(customer), "青花 两张图")
    for number in range(2):
        Attachment.objects.create(
            message=shown,
            uploader_kind="customer",
            kind="image",
            mime="image/png",
            name=f"{number}.png",
            size=1,
        )

    assert [hit["message"]["body"] for hit in hits("青花", ["*"], has="image")] == ["青花 两张图"]


# --- the inbox ----------------------------------------------------------------------------------
def test_the_inbox_finds_conversations_by_name_company_phone_number_subject_and_text(sales, as_actor):
    buyer = CustomerFactory(name="欧阳丽", company="Lotus 皮具", phone="+8613812345678", phone_tail="5678")
    # Whose phone ends like no number of an order.
    stranger = CustomerFactory(phone="+8613700009999")
    order = make_order(customer=buyer, external_id="TB-7001")
    enquiry = open_enquiry(actor=as_actor(sales), customer=stranger, subject="双肩包 询价")
    talk = Conversation.objects.get(order=order).pk
    send_message(actor=Actor.customer(buyer), conversation_id=talk, client_id=uuid4(), body="雾霾蓝还有吗")
    by_order = [order.number, order.number[3:], order.number[-4:], "TB-7001"]
    for words in (*by_order, "阳丽", "lotus", "皮具", "5678", "138 1234", "13812345678", "霾蓝 还有"):
        assert talks(as_actor(sales), words) == [talk], words
    assert talks(as_actor(sales), "肩包 询") == [enquiry.pk]
    assert talks(as_actor(sales), "雾霾蓝 欧阳") == []


def test_all_hits_of_a_conversation_are_counted_although_only_some_are_shown(
    say, sales, customer, as_actor, conversation
):
    for number in range(5):
        say(as_actor(customer), f"青花 {number}")
    hits = hits_in([conversation.pk], parse_query("青花"))[conversation.pk]

    assert ([hit.body for hit in hits.shown], hits.count, hits.more) == (["青花 4", "青花 3", "青花 2"], 5, 2)
