"""What people do themselves: send now, hold back, say later, be told when goods are back, be left alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from messaging.errors import BadMessage, NotFound
from messaging.models import Message, Notification, ScheduledMessage, StockWatch
from messaging.services.messages import send_message
from messaging.services.notifications.back_in_stock import notify_waiting_customers, watch_stock
from messaging.services.notifications.release import release_due
from messaging.services.notifications.waiting import cancel_notice, send_notice_now
from messaging.services.scheduled import (
    cancel_scheduled,
    change_scheduled,
    schedule_message,
    send_away_notices,
    send_scheduled,
)
from messaging.services.subscriptions import set_notice_preferences
from orders.services.stock import set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.relay import relay
from tests.factories import VariantFactory, make_order
from tests.messaging.notifications.conftest import at, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(clock, customer, variant):
    return make_order(customer=customer)


@pytest.fixture
def late(order, clock):
    """An order placed at night, whose confirmation waits."""
    clock.move_to(at("2026-11-24 23:00"))
    night = make_order(customer=order.customer)
    relay()
    return night


def waiting_notice(order) -> Notification:
    return Notification.objects.get(order=order, state="waiting")


def test_a_held_notice_can_be_released_by_hand_at_night(late, told):
    send_notice_now(notice_id=waiting_notice(late).pk)
    release_due()
    assert told(late) == ["order_confirmed"]
    assert states(late)["order_confirmed"] == ("sent", "at_hand")


def test_a_held_notice_can_be_cancelled_by_hand(late, clock, told):
    cancel_notice(notice_id=waiting_notice(late).pk)
    clock.move_to(at("2026-11-25 09:00"))
    release_due()
    assert told(late) == []
    assert states(late)["order_confirmed"] == ("cancelled", "by_hand")


def test_a_sent_notice_cannot_be_cancelled(order, pass_on):
    pass_on()
    with pytest.raises(NotFound):
        cancel_notice(notice_id=Notification.objects.get().pk)


def test_a_message_scheduled_by_staff_is_sent_once(order, sales, clock):
    actor, talk = Actor.staff(sales), order.conversation.pk
    schedule_message(actor=actor, conversation_id=talk, body="样品拍好了", send_at=at("2026-11-24 15:00"))
    assert send_scheduled() == 0
    clock.move_to(at("2026-11-24 15:00"))
    assert send_scheduled() == 1
    ScheduledMessage.objects.update(state="waiting")
    send_scheduled()
    message = Message.objects.get(conversation=talk, body="样品拍好了")
    assert (message.sender_kind, message.sender_id) == ("staff", sales.pk)


def test_a_scheduled_message_can_be_changed_and_cancelled_by_its_author_only(
    order, sales, other_sales, manager, clock
):
    talk = order.conversation.pk
    row = schedule_message(
        actor=Actor.staff(sales), conversation_id=talk, body="一", send_at=at("2026-11-24 15:00")
    )
    with pytest.raises(NotFound):
        cancel_scheduled(actor=Actor.staff(other_sales), scheduled_id=row.pk)
    changed = change_scheduled(
        actor=Actor.staff(sales), scheduled_id=row.pk, body="二", send_at=at("2026-11-24 16:00")
    )
    assert changed.body == "二"
    cancel_scheduled(actor=Actor.staff(manager), scheduled_id=row.pk)
    clock.move_to(at("2026-11-24 17:00"))
    assert send_scheduled() == 0


def test_a_scheduled_message_delayed_by_an_outage_is_not_sent_at_three_in_the_morning(order, sales, clock):
    actor, talk = Actor.staff(sales), order.conversation.pk
    schedule_message(actor=actor, conversation_id=talk, body="下午好", send_at=at("2026-11-24 15:00"))
    schedule_message(actor=actor, conversation_id=talk, body="半夜好", send_at=at("2026-11-25 02:55"))
    clock.move_to(at("2026-11-25 03:00"))
    assert send_scheduled() == 1
    assert Message.objects.filter(conversation=talk, body="半夜好").exists()
    clock.move_to(at("2026-11-25 09:00"))
    assert send_scheduled() == 1
    assert Message.objects.filter(conversation=talk, body="下午好").exists()


def test_a_message_cannot_be_scheduled_into_the_past(order, sales):
    with pytest.raises(BadMessage):
        schedule_message(
            actor=Actor.staff(sales),
            conversation_id=order.conversation.pk,
            body="一",
            send_at=at("2026-11-24 09:00"),
        )


def say(order, who: Actor, text: str = "在吗") -> None:
    send_message(actor=who, conversation_id=order.conversation.pk, client_id=uuid4(), body=text)


def away_lines(order) -> list[str]:
    lines = Message.objects.filter(conversation__order=order, data__notice="away")
    return list(lines.values_list("body", flat=True))


def test_a_customer_who_writes_at_night_gets_one_away_notice_a_day(order, clock):
    clock.move_to(at("2026-11-24 22:00"))
    say(order, Actor.customer(order.customer))
    assert send_away_notices() == 1
    clock.shift(timedelta(minutes=5))
    say(order, Actor.customer(order.customer))
    assert send_away_notices() == 0
    assert "11-25 09:00" in away_lines(order)[0]
    clock.move_to(at("2026-11-25 22:00"))
    say(order, Actor.customer(order.customer))
    assert send_away_notices() == 1


def test_no_away_notice_is_sent_during_a_live_conversation(order, sales, clock):
    clock.move_to(at("2026-11-24 21:30"))
    say(order, Actor.staff(sales), "我还在")
    say(order, Actor.customer(order.customer))
    assert send_away_notices() == 0


def test_no_away_notice_is_sent_in_working_hours(order):
    say(order, Actor.customer(order.customer))
    assert send_away_notices() == 0


def test_back_in_stock_notices_are_sent_first_come_first_served(order, clock, pass_on, told):
    VariantFactory(sku="GONE-1", on_hand=0)
    second = make_order(customer=order.customer)
    third = make_order(customer=order.customer)
    for each, pieces in ((order, 3), (second, 4), (third, 1)):
        watch_stock(conversation_id=each.conversation.pk, sku="GONE-1", quantity=pieces)
        clock.shift(timedelta(minutes=1))
    set_stock(actor=Actor.system(), sku="GONE-1", delta=5)
    pass_on()
    assert StockWatch.objects.filter(told_at=None).count() == 2
    assert Notification.objects.get(trigger="back_in_stock").conversation == order.conversation
    # Of the five, three are spoken for: the second waits for its four although it is not sold out any more.
    assert notify_waiting_customers() == 0
    set_stock(actor=Actor.system(), sku="GONE-1", delta=3)
    assert notify_waiting_customers() == 2
    assert StockWatch.objects.filter(told_at=None).count() == 0


def test_pieces_that_the_first_watcher_did_not_order_are_offered_to_the_next_after_a_day(order, clock):
    VariantFactory(sku="GONE-2", on_hand=0)
    second = make_order(customer=order.customer)
    for each in (order, second):
        watch_stock(conversation_id=each.conversation.pk, sku="GONE-2", quantity=2)
        clock.shift(timedelta(minutes=1))
    set_stock(actor=Actor.system(), sku="GONE-2", delta=2)
    relay()
    assert notify_waiting_customers() == 0
    clock.shift(timedelta(hours=24, minutes=1))
    assert notify_waiting_customers() == 1


def test_quiet_hours_are_applied_in_the_persons_own_time_zone(order, clock, customer, pass_on):
    customer.time_zone = "Europe/London"
    customer.save()
    actor = Actor.customer(customer)
    set_notice_preferences(
        actor=actor,
        quiet_from=timezone.datetime(2026, 1, 1, 0).time(),
        quiet_to=timezone.datetime(2026, 1, 1, 8).time(),
        muted=[],
    )
    pass_on()
    notice = Notification.objects.get(order=order)
    assert (notice.state, notice.reason) == ("waiting", "resting")
    assert notice.send_at == at("2026-11-24 16:00")
