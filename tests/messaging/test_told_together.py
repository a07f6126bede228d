"""A past that is told inside one transaction: its lines are written together, as they would be one by one."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Conversation, Message
from messaging.services.backdating import backdate_conversations, backdate_events, backdate_messages
from messaging.services.drafts import Draft
from messaging.services.event_lines import story_written_at_end
from orders.models import Order, Status
from shopcomm.core.events.models import DomainEvent
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db
COUNTS = (
    "last_seq",
    "last_public_seq",
    "last_customer_seq",
    "last_shop_seq",
    "shop_unread",
    "customer_unread",
)


def word(talk: int) -> Draft:
    """What a customer says."""
    return Draft(
        conversation_id=talk, client_id=str(uuid4()), kind="text", body="在吗", sender_kind="customer", sender_id=1,
        sender_name="王丽华",
    )  # fmt: skip


def lines_of(order: Order) -> list[tuple[object, ...]]:
    said = Message.objects.filter(conversation__order=order).order_by("seq")
    return [(each.seq, each.public_prev, each.kind, each.body, each.data.get("event")) for each in said]


def test_what_is_told_together_is_written_in_one_statement_in_its_order() -> None:
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        story_written_at_end() as story,
    ):
        order = make_order(status=Status.PAID)
        talk = story.drafts[0].conversation_id
        story.drafts.append(word(talk))
        other = make_order()
        move(order, Status.PICKING)
        assert not Message.objects.exists()

    assert [each.message.seq for each in story.sent] == [1, 2, 3, 1, 4]
    assert [kind for _seq, _prev, kind, *_rest in lines_of(order)] == ["event", "event", "text", "event"]
    assert len(lines_of(other)) == 1
    assert sum("INSERT INTO messaging_message" in each["sql"] for each in asked.captured_queries) == 1


def test_what_is_told_together_counts_as_if_told_one_by_one() -> None:
    alone, beside = make_order(status=Status.SHIPPED), None
    with story_written_at_end():
        beside = make_order(status=Status.SHIPPED)

    one, other = (Conversation.objects.values_list(*COUNTS).get(order=each) for each in (alone, beside))
    assert one == other
    assert [line[:2] for line in lines_of(alone)] == [line[:2] for line in lines_of(beside)]
    # After the block everything is as before it.
    move(beside, Status.DELIVERED)
    assert len(lines_of(beside)) == len(lines_of(alone)) + 1


def test_messages_events_and_conversations_are_moved_to_their_moments() -> None:
    order = make_order(status=Status.PAID)
    talk = Conversation.objects.get(order=order)
    then = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    first, second = Message.objects.filter(conversation=talk).order_by("seq")
    event = DomainEvent.objects.filter(order_id=order.pk).earliest("id")

    backdate_messages({first.pk: then, second.pk: then + timedelta(minutes=1)})
    backdate_events({event.pk: then})
    backdate_conversations({talk.pk: then + timedelta(minutes=1)})

    moved = Message.objects.filter(conversation=talk).order_by("seq").values_list("created_at", flat=True)
    assert list(moved) == [then, then + timedelta(minutes=1)]
    event.refresh_from_db()
    talk.refresh_from_db()
    assert (event.occurred_at, talk.last_message_at) == (then, then + timedelta(minutes=1))
    assert DomainEvent.objects.exclude(pk=event.pk).filter(occurred_at=then).count() == 0
