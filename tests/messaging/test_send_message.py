import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.errors import (
    AttachmentUnknown,
    BadMessage,
    BodyRequired,
    BodyTooLong,
    Forbidden,
    MessagingError,
    NotFound,
    RecallWindowPassed,
)
from messaging.models import Conversation, Membership, Message
from messaging.presenters import message_object
from messaging.selectors.messages import messages_after, messages_before
from messaging.selectors.search import search_messages
from messaging.services.messages import mark_read, recall_message, send_message
from shopcomm.core.audiences import CUSTOMER, SHOP
from shopcomm.core.search.query import parse_query

pytestmark = pytest.mark.django_db


def test_messages_are_numbered_after_the_system_lines(say, as_actor, customer, sales):
    first = say(as_actor(customer))
    second = say(as_actor(sales), "在的")

    assert (first.seq, second.seq) == (2, 3)
    assert (first.public_prev, second.public_prev) == (1, 2)


def test_repeating_a_client_id_returns_the_same_message(say, as_actor, customer, conversation):
    client_id = uuid4()
    first, second = (say(as_actor(customer), client_id=client_id) for _ in range(2))

    assert first.pk == second.pk
    assert conversation.messages.filter(kind="text").count() == 1


def test_a_returned_message_validates_as_an_existing_row(say, as_actor, customer):
    message = say(as_actor(customer))
    message.validate_unique()
    message.validate_constraints()

    assert message.seq == 2


def test_two_people_may_use_the_same_client_id(say, as_actor, customer, sales):
    client_id = uuid4()

    assert say(as_actor(customer), client_id=client_id).pk != say(as_actor(sales), client_id=client_id).pk


def test_an_internal_note_does_not_count_as_an_answer_to_the_customer(
    say, as_actor, customer, sales, conversation
):
    asked = say(as_actor(customer), "有货吗")
    say(as_actor(sales), "他上次压价很厉害", internal=True)
    conversation.refresh_from_db()
    assert (conversation.last_customer_seq, conversation.last_shop_seq < asked.seq) == (asked.seq, True)
    answer = say(as_actor(sales), "有的")
    conversation.refresh_from_db()
    assert conversation.last_shop_seq == answer.seq


@pytest.mark.parametrize("body", ["", "   ", "\u200b\u200f", "\n\t"])
def test_an_empty_message_is_refused(say, as_actor, customer, conversation, body):
    with pytest.raises(BodyRequired):
        say(as_actor(customer), body)
    assert not conversation.messages.filter(kind="text").exists()


def test_a_message_of_a_hundred_thousand_characters_is_refused_and_nothing_is_stored(
    say, as_actor, customer, conversation
):
    with pytest.raises(BodyTooLong):
        say(as_actor(customer), "好" * 100_000)
    assert not conversation.messages.filter(kind="text").exists()


def test_a_message_may_have_ten_thousand_characters_and_not_one_more(say, as_actor, customer):
    assert len(say(as_actor(customer), "好" * 10_000).body) == 10_000
    with pytest.raises(BodyTooLong):
        say(as_actor(customer), "好" * 10_001)


def test_a_message_may_have_nine_files_and_not_ten(say, as_actor, customer):
    # Files that nobody uploaded: nine are looked for, ten are not.
    with pytest.raises(AttachmentUnknown):
        say(as_actor(customer), attachments=[str(uuid4()) for _ in range(9)])
    with pytest.raises(BadMessage):
        say(as_actor(customer), attachments=[str(uuid4()) for _ in range(10)])


def test_right_to_left_marks_are_stored_and_nul_characters_removed(say, as_actor, customer):
    assert (
        say(as_actor(customer), "שלום \u202eabc\x00 '; DROP TABLE--").body == "שלום \u202eabc '; DROP TABLE--"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "event"},
        {"kind": 7},
        {"body": 7},
        {"internal": "yes"},
        {"client_id": "x"},
        {"client_id": None},
        {"reply_to": "1"},
        {"reply_to": -1},
    ],
)
def test_a_malformed_message_is_refused(conversation, as_actor, customer, given):
    with pytest.raises(BadMessage):
        send_message(
            actor=as_actor(customer),
            conversation_id=conversation.pk,
            **{"client_id": uuid4(), "body": "x"} | given,
        )


def test_a_conversation_that_does_not_exist_is_not_found(db, as_actor, customer):
    with pytest.raises(NotFound):
        send_message(actor=as_actor(customer), conversation_id=10**9, client_id=uuid4(), body="x")


def test_customers_cannot_write_internal_notes(say, as_actor, customer):
    with pytest.raises(Forbidden):
        say(as_actor(customer), "x", internal=True)


def test_an_internal_note_reaches_the_customer_by_no_path(say, as_actor, customer, sales, conversation):
    say(as_actor(sales), "公开")
    say(as_actor(sales), "压价别超过 5%", internal=True)
    last = say(as_actor(sales), "好的")

    seen = messages_after(conversation.pk, 0, CUSTOMER)
    assert [m.body for m in seen if m.kind == "text"] == ["公开", "好的"]
    assert [m.body for m in messages_before(conversation, None, CUSTOMER) if m.kind == "text"] == [
        "公开",
        "好的",
    ]
    assert not search_messages(as_actor(customer), parse_query("压价")).exists()
    assert message_object(last, CUSTOMER)["prev"] == 2
    assert message_object(last, SHOP)["prev"] == 3


def test_a_recalled_message_is_empty_for_the_customer_and_kept_for_the_shop(
    say, as_actor, sales, conversation
):
    message = say(as_actor(sales), "说错了")
    recalled = recall_message(actor=as_actor(sales), conversation_id=conversation.pk, seq=message.seq)

    assert message_object(recalled, CUSTOMER)["body"] == ""
    assert message_object(recalled, SHOP)["body"] == "说错了"


def test_a_message_cannot_be_recalled_after_two_minutes(say, as_actor, sales, conversation):
    message = say(as_actor(sales))
    with time_machine.travel(timezone.now() + timedelta(seconds=121)), pytest.raises(RecallWindowPassed):
        recall_message(actor=as_actor(sales), conversation_id=conversation.pk, seq=message.seq)
    assert not Message.objects.exclude(recalled_at=None).exists()


def test_nobody_can_recall_the_message_of_another(say, as_actor, sales, customer, conversation):
    message = say(as_actor(sales))
    with pytest.raises(Forbidden):
        recall_message(actor=as_actor(customer), conversation_id=conversation.pk, seq=message.seq)


def test_the_read_marker_never_goes_backwards_nor_beyond_the_last_message(say, as_actor, sales, conversation):
    say(as_actor("manager"))
    read = [mark_read(actor=as_actor(sales), conversation_id=conversation.pk, seq=seq) for seq in (99, 1, -5)]

    assert read == [2, 2, 2]
    assert Membership.objects.get().read_seq == 2


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=12))
def test_both_numberings_stay_gapless_in_any_mix_of_notes_and_repeats(conversation, as_actor, sales, steps):
    actor, ids = as_actor(sales), [uuid4() for _ in range(5)]
    for internal, place in steps:
        send_message(
            actor=actor, conversation_id=conversation.pk, client_id=ids[place], body="x", internal=internal
        )
    conversation.refresh_from_db()
    everything = messages_after(conversation.pk, 0, SHOP)
    public = [m for m in everything if not m.internal]

    assert [m.seq for m in everything] == list(range(1, conversation.last_seq + 1))
    assert [m.public_prev for m in public] == [0, *(m.seq for m in public)][:-1]
    assert conversation.last_public_seq == public[-1].seq


@pytest.mark.django_db(transaction=True)
def test_eight_concurrent_writers_number_messages_without_gaps_or_repeats(order, as_actor, sales):
    conversation, actor, shared = (
        Conversation.objects.get(order=order),
        as_actor(sales),
        [uuid4() for _ in range(10)],
    )
    errors: list[Exception] = []

    def talk():
        try:
            for client_id in [*shared, *(uuid4() for _ in range(10))]:
                send_message(actor=actor, conversation_id=conversation.pk, client_id=client_id, body="x")
        except MessagingError as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    seqs = list(conversation.messages.order_by("seq").values_list("seq", flat=True))
    assert errors == []
    assert seqs == list(range(1, 1 + 10 + 8 * 10 + 1))
