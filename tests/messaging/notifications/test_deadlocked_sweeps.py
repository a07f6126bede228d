"""A sweep whose transaction was ended by a deadlock begins it again, says everything once, and leaves what is kept from it."""

from uuid import uuid4

import pytest

from messaging.models import Conversation, Message, NotificationRule, ScheduledMessage
from messaging.selectors.unread import with_unread
from messaging.services.conversations import general_conversation, lock_conversations_of
from messaging.services.messages import mark_read, send_message
from messaging.services.notifications.release import release_due
from messaging.services.notifications.timers import cancel_unpaid, plan_timers
from messaging.services.scheduled import schedule_message, send_scheduled
from orders.models import Order
from orders.services.locks import lock_customer, lock_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import TRIES
from shopcomm.core.events.relay import relay
from tests.deadlocks import ended_soon, in_the_way
from tests.factories import make_order
from tests.messaging.notifications.conftest import at, pay

__all__ = ["ended_soon"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ended_soon")]


def talked_about(order: Order, times: int = TRIES, wanted=None):
    """Somebody who takes an order's conversation before the order, or before what else they want."""
    return in_the_way(
        kept=lambda: lock_conversations_of([order.pk]),
        wanted=wanted or (lambda: lock_order(order.pk)),
        times=times,
    )


@pytest.fixture
def paid(order) -> Order:
    """An order with a notice of its payment that is due."""
    NotificationRule.objects.exclude(key="order_confirmed").update(enabled=False)
    pay(order)
    relay()
    return order


def test_notices_rolled_back_by_a_deadlock_are_sent_once(paid, told):
    with talked_about(paid, times=1) as other:
        assert release_due() == 1
    assert (other.crossed, told(paid)) == (1, ["order_confirmed"])


def test_notices_of_a_locked_order_are_sent_by_the_next_sweep(paid, told):
    with talked_about(paid) as other:
        assert release_due() == 0
    assert (other.crossed, told(paid)) == (TRIES, [])
    assert (release_due(), told(paid)) == (1, ["order_confirmed"])


def test_locked_notices_do_not_delay_those_of_others(paid, told):
    free = make_order()
    relay()
    # The batch, then its people one by one, then whoever is left.
    with talked_about(paid, times=3 * TRIES) as other:
        assert release_due() == 1
    assert (other.crossed, told(paid), told(free)) == (3 * TRIES, [], ["order_confirmed"])
    assert (release_due(), told(paid)) == (1, ["order_confirmed"])


@pytest.fixture
def later_word(order, sales, clock) -> ScheduledMessage:
    """What is to be said in the order's conversation now."""
    row = schedule_message(
        actor=Actor.staff(sales),
        conversation_id=order.conversation.pk,
        body="样品拍好了",
        send_at=at("2026-11-24 15:00"),
    )
    clock.move_to(at("2026-11-24 15:00"))
    return row


@pytest.mark.parametrize(("times", "said"), [(1, 1), (TRIES, 0)])
def test_a_scheduled_message_is_sent_once_or_by_the_next_sweep(order, later_word, times, said):
    def change_it() -> None:
        ScheduledMessage.objects.select_for_update().get(pk=later_word.pk)

    lines = Message.objects.filter(conversation__order=order, body="样品拍好了")
    with talked_about(order, times, change_it) as other:
        assert send_scheduled() == said
    assert (other.crossed, lines.count()) == (times, said)
    assert (send_scheduled(), lines.count()) == (1 - said, 1)


def test_a_locked_order_does_not_stop_the_sweep_of_unpaid_orders(order, rule, clock):
    rule("unpaid", steps=[30], cancel_after=10)
    free = make_order()
    clock.move_to(at("2026-11-24 10:31"))
    assert plan_timers() == 2
    release_due()
    clock.move_to(at("2026-11-24 10:45"))
    with talked_about(order):
        assert cancel_unpaid() == 1
    assert [Order.objects.get(pk=each.pk).status for each in (order, free)] == [
        "pending_payment",
        "cancelled",
    ]
    assert cancel_unpaid() == 1


def test_two_deadlocked_first_questions_open_one_general_conversation(order, customer):
    enquiry = Conversation.objects.create(customer=customer, subject="询价")

    def keep() -> None:
        Conversation.objects.select_for_update(no_key=True).get(pk=enquiry.pk)

    with in_the_way(kept=keep, wanted=lambda: lock_customer(customer.pk), times=1) as other:
        opened = general_conversation(actor=Actor.customer(customer), customer=customer)
    assert (other.crossed, opened.pk, opened.general) == (1, enquiry.pk, True)


def test_marking_as_read_waits_for_an_uncommitted_message_and_counts_it(order, sales):
    """How much is unread is counted under the conversation's lock: what is being written is counted as well."""
    talk, actor, customer = order.conversation.pk, Actor.staff(sales), Actor.customer(order.customer)
    send_message(actor=customer, conversation_id=talk, client_id=uuid4(), body="发货了吗")

    def write() -> None:
        send_message(actor=actor, conversation_id=talk, client_id=uuid4(), body="今天发")

    with in_the_way(kept=write, wanted=lambda: None, times=1) as other:
        assert mark_read(actor=customer, conversation_id=talk, seq=1) == 1
    assert other.crossed == 1
    assert with_unread(Conversation.objects.filter(pk=talk), customer).get().unread == 1
