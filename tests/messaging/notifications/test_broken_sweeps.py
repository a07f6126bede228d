"""Sweeps of notices over rows of which one is broken, or is kept by others: the rest is done, and the log names the one."""

from datetime import time, timedelta

import pytest

from messaging.models import Conversation, Delivery, HoursInForce, Notification, NotificationRule
from messaging.services.channels import ChannelFailed, delivery
from messaging.services.channels.email import EmailChannel
from messaging.services.notifications import timers, waiting
from messaging.services.notifications.rules import save_rule
from messaging.services.notifications.waiting import reschedule_after_changed_hours
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval
from shopcomm.core.deadlocks import DatabaseBusy
from shopcomm.core.events.relay import relay
from tests.factories import CustomerFactory, StaffFactory, make_order, make_orders
from tests.messaging.notifications.conftest import at, say, states
from tests.messaging.notifications.test_poisoned_rows import break_at

pytestmark = pytest.mark.django_db
NIGHT, MORNING, EARLIER = at("2026-11-24 23:00"), at("2026-11-25 09:00"), at("2026-11-25 08:00")


@pytest.fixture
def held(clock) -> list[Order]:
    """Five orders of the night, each with a notice that waits for nine in the morning."""
    clock.move_to(NIGHT)
    orders = make_orders(5)
    relay()
    reschedule_after_changed_hours()
    assert moments() == [MORNING] * 5
    return orders


def moments() -> list:
    notices = Notification.objects.filter(trigger="order_confirmed").order_by("pk")
    return list(notices.values_list("send_at", flat=True))


def break_notices_of(monkeypatch, order: Order) -> Notification:
    """Have the notice of an order fail whenever it is looked at, in batches of two."""
    broken = Notification.objects.get(order=order, trigger="order_confirmed")
    monkeypatch.setattr(waiting, "BATCH", 2)
    break_at(
        monkeypatch,
        waiting,
        "reschedule_held",
        lambda waiting, *rest: broken.pk in {each.id for each in waiting},
    )
    return broken


def test_a_held_notice_that_fails_to_reschedule_does_not_stop_the_others(held, monkeypatch, caplog):
    broken = break_notices_of(monkeypatch, held[2])
    WorkingInterval.objects.update(opens=time(8))
    assert reschedule_after_changed_hours() == 4
    put_off = NIGHT + timedelta(minutes=10)
    assert moments() == [EARLIER, EARLIER, put_off, EARLIER, EARLIER]
    broken.refresh_from_db()
    assert (broken.state, broken.failures, broken.error) == ("waiting", 1, "ValueError: poisoned")
    assert f"held notice {broken.pk} could not be moved" in caplog.text
    # Everything has been looked at: the hours of now are those by which it waits.
    assert reschedule_after_changed_hours() == 0


def test_held_notices_that_are_locked_are_rescheduled_by_the_next_sweep(held, monkeypatch):
    digest = HoursInForce.objects.get().digest
    kept = Notification.objects.get(order=held[0], trigger="order_confirmed").pk
    move = waiting._move

    def busy(ids, now):
        if kept in ids:
            raise DatabaseBusy("try after try")
        return move(ids, now)

    WorkingInterval.objects.update(opens=time(8))
    with monkeypatch.context() as others:
        others.setattr(waiting, "BATCH", 2)
        others.setattr(waiting, "_move", busy)
        assert reschedule_after_changed_hours() == 3
    assert moments() == [MORNING, MORNING, EARLIER, EARLIER, EARLIER]
    assert HoursInForce.objects.get().digest == digest
    assert reschedule_after_changed_hours() == 2
    assert moments() == [EARLIER] * 5


def test_a_rule_is_saved_even_if_one_of_its_held_notices_fails_to_reschedule(held, monkeypatch, rule):
    broken = break_notices_of(monkeypatch, held[4])
    confirmed = rule("order_confirmed")
    confirmed.outside = "send"
    words = {(each.language, each.channel): each.body for each in confirmed.templates.all()}
    save_rule(actor=Actor.staff(StaffFactory(role="manager")), rule=confirmed, templates=words)
    assert moments()[:4] == [NIGHT] * 4
    broken.refresh_from_db()
    assert broken.failures == 1


@pytest.mark.parametrize(
    ("trigger", "minutes"),
    [("unpaid", 31), ("picking_long", 241), ("unanswered", 16)],
)
def test_a_row_whose_timer_fails_does_not_stop_the_reminders_of_others(
    clock, monkeypatch, caplog, trigger, minutes
):
    StaffFactory(role="manager")
    first, second = make_orders(2)
    if trigger == "picking_long":
        Order.objects.update(status="picking", picking_at=at("2026-11-24 10:00"))
    for order in (first, second):
        if trigger == "unanswered":
            say(order, "在吗？")
    if trigger == "unanswered":
        talk = Conversation.objects.get(order=first)
        break_at(monkeypatch, timers, "_first_unanswered", lambda asked: asked.pk == talk.pk)
    else:
        # The first that is reckoned is the broken one.
        first_call = iter([True])
        break_at(monkeypatch, timers, "last_due_step", lambda *given: next(first_call, False))
    clock.shift(timedelta(minutes=minutes))
    timers.plan_timers()
    reminded = [trigger in states(order) for order in (first, second)]
    assert sorted(reminded) == [False, True]
    assert f"timer of rule {NotificationRule.objects.get(key=trigger).pk} for" in caplog.text


def test_a_rule_with_broken_steps_cancels_nothing_and_does_not_stop_other_rules(clock, pass_on, rule):
    broken = rule("unpaid", steps=[30], cancel_after=60)
    working = NotificationRule.objects.get(pk=broken.pk)
    working.pk, working.key = None, ""
    working.save(force_insert=True)
    (order,) = make_orders(1)
    clock.shift(timedelta(minutes=31))
    pass_on()
    # It is looked at first, since it is the older one.
    rule("unpaid", steps=[])
    clock.shift(timedelta(minutes=61))
    assert timers.cancel_unpaid() == 1
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_a_rule_that_fails_on_missing_holidays_does_not_stop_the_others(clock, monkeypatch, rule, caplog):
    ShopSettings.objects.update(use_public_holidays=True)
    clock.move_to(at("2027-12-20 10:00"))
    StaffFactory(role="manager")
    shipped = rule("holidays_missing")
    own = NotificationRule.objects.get(pk=shipped.pk)
    own.pk, own.key = None, ""
    own.save(force_insert=True)
    break_at(monkeypatch, timers, "plan_notices", lambda rules, occasions, now: rules[0].pk == shipped.pk)
    assert timers.remind_of_holidays() == 1
    assert list(Notification.objects.values_list("rule", flat=True)) == [own.pk]
    assert f"holidays by rule {shipped.pk} failed" in caplog.text


@pytest.mark.parametrize(
    ("answer", "error"), [("500 bad \0 byte", "500 bad  byte"), ("500 told too late", "ValueError")]
)
def test_a_delivery_result_that_cannot_be_saved_does_not_stop_other_deliveries(
    clock, pass_on, rule, monkeypatch, settings, answer, error
):
    settings.EMAIL_URL = "smtp://mail.example"
    rule("order_confirmed", channels=["email"])
    first, second = [make_order(customer=CustomerFactory(email=f"{name}@example.org")) for name in "ab"]
    pass_on()
    deliveries = {each.notification.order_id: each for each in Delivery.objects.filter(channel="email")}

    def send(way, outgoing, address, credentials):
        if address == "a@example.org":
            raise ChannelFailed(answer)

    monkeypatch.setattr(EmailChannel, "send_notice", send)
    if error == "ValueError":
        break_at(monkeypatch, delivery, "_record_outcome", lambda made, now: made.outcomes[0][1] is not None)
    assert delivery.deliver_channel("email") == 1
    states_of = {pk: Delivery.objects.get(pk=each.pk) for pk, each in deliveries.items()}
    assert states_of[second.pk].state == "sent"
    assert (states_of[first.pk].state, states_of[first.pk].error) == ("waiting", error)
    assert states_of[first.pk].due_at > at("2026-11-24 10:00")
