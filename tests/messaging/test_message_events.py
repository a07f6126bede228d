"""Each message stands in the log beside the orders' events: once, in its place, without what it says."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction

from messaging.events import MessageWritten
from orders.services.urges import urge_order
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.positions import position_new_events
from shopcomm.core.events.publish import event_row
from shopcomm.core.events.selectors import events_after, events_after_and_new, last_position
from shopcomm.core.realtime import without_pushes
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def written(conversation):
    return DomainEvent.objects.filter(type="conversation.message", conversation_id=conversation.pk)


def said_by_people(rows):
    return [row for row in rows if row.type != "conversation.message" or row.fact.kind != "event"]


def test_the_event_row_of_a_message_equals_a_published_one(say, as_actor, sales, conversation):
    message = say(as_actor(sales), internal=True)
    row = written(conversation).get(data__message=message.pk)
    fact = MessageWritten(
        conversation_id=conversation.pk,
        message=message.pk,
        seq=message.seq,
        kind="text",
        internal=True,
        number=conversation.order.number,
    )
    assert row.fact == fact
    published = event_row(fact, actor=as_actor(sales))
    columns = ("type", "order_id", "conversation_id", "data", "actor_kind", "actor_id", "actor_name")
    assert [getattr(row, name) for name in columns] == [getattr(published, name) for name in columns]
    assert row.occurred_at == message.created_at


def test_every_message_of_a_conversation_has_an_event_in_the_same_order(
    say, as_actor, customer, conversation
):
    say(as_actor(customer))
    rows = written(conversation).order_by("id")
    assert [row.fact.seq for row in rows] == [1, 2]
    assert [row.fact.kind for row in rows] == ["event", "text"]


def test_message_events_do_not_contain_the_text(say, as_actor, customer, conversation):
    say(as_actor(customer), "我的电话是 13800138000")
    assert "13800138000" not in str(list(written(conversation).values()))


def test_a_message_sent_twice_has_one_event(say, as_actor, customer, conversation):
    client_id = uuid4()
    sent = [say(as_actor(customer), client_id=client_id) for _again in range(3)]
    assert written(conversation).filter(data__message=sent[0].pk).count() == 1


def test_a_rolled_back_message_has_no_event(say, as_actor, customer, conversation):
    before = written(conversation).count()
    with transaction.atomic():
        say(as_actor(customer))
        transaction.set_rollback(True)
    assert written(conversation).count() == before


def test_events_of_imported_messages_are_marked_as_history(say, as_actor, customer, conversation):
    with without_pushes():
        message = say(as_actor(customer))
    assert written(conversation).get(data__message=message.pk).is_history


def test_messages_and_order_events_share_one_sequence_of_positions(say, as_actor, customer):
    order = make_order(status="paid", customer=customer)
    talk = order.conversation
    position_new_events()
    start = last_position()
    first = say(as_actor(customer), conversation_id=talk.pk)
    urge_order(actor=as_actor(customer), order_id=order.pk)
    second = say(as_actor(customer), conversation_id=talk.pk)
    position_new_events()
    rows = said_by_people(events_after(start, limit=50))
    assert [row.type for row in rows] == ["conversation.message", "order.urged", "conversation.message"]
    assert [rows[0].fact.message, rows[2].fact.message] == [first.pk, second.pk]


def test_order_feeds_do_not_scan_message_events(say, as_actor, customer):
    order = make_order(status="paid", customer=customer)
    position_new_events()
    start = last_position()
    for _each in range(5):
        say(as_actor(customer), conversation_id=order.conversation.pk)
    position_new_events()
    urge_order(actor=as_actor(customer), order_id=order.pk)
    assert [row.type for row in events_after_and_new(start, limit=2)] == ["order.urged"]


@pytest.mark.django_db(transaction=True)
def test_messages_of_concurrent_writers_get_one_position_each_and_readers_skip_none(say, as_actor, customer):
    talks = [make_order(customer=customer).conversation for _each in range(4)]

    def write(talk):
        try:
            return [say(as_actor(customer), conversation_id=talk.pk).pk for _each in range(25)]
        finally:
            connection.close()

    def follow():
        seen, position = [], 0
        try:
            while len(seen) < 100:
                position_new_events()
                page = events_after(position, limit=7, event_type="conversation.message")
                seen += [row.fact.message for row in said_by_people(page)]
                position = page[-1].position if page else position
            return seen
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(follow)
        sent = [pk for pks in pool.map(write, talks) for pk in pks]
        seen = reading.result(timeout=60)
    assert sorted(seen) == sorted(sent)
    position_new_events()
    positions = DomainEvent.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, len(positions) + 1))
