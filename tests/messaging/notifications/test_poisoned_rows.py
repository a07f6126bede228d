"""One row that cannot be handled: the others go out, and somebody sees what is left."""

import sys
from datetime import timedelta

import pytest

from messaging.errors import BadMessage
from messaging.models import Delivery, Message, Notification, NotificationRule, ScheduledMessage
from messaging.policies.notifications.retries import MOST_ATTEMPTS, MOST_FAILURES
from messaging.services import scheduled
from messaging.services.channels import delivery
from messaging.services.notifications import occasions, release, render, timers
from messaging.services.notifications.release import release_due
from messaging.services.scheduled import cancel_scheduled, change_scheduled, schedule_message, send_scheduled
from messaging.tasks.notifications import run_notice_timers as timers_task
from messaging.tasks.scheduled import send_scheduled_messages as scheduled_task
from orders.models import Order
from orders.tasks import sweeps
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import HeldEvent
from shopcomm.core.events.relay import relay
from tests.factories import make_order, make_orders, move
from tests.messaging.notifications.conftest import at, states

pytestmark = pytest.mark.django_db


def break_at(monkeypatch, module, name: str, poisoned) -> None:
    """Have a function fail for what `poisoned` says, and work as ever for everything else."""
    works = getattr(module, name)

    def broken(*args, **kwargs):
        if poisoned(*args, **kwargs):
            raise ValueError("poisoned")
        return works(*args, **kwargs)

    monkeypatch.setattr(module, name, broken)


@pytest.fixture
def poisoned(order, monkeypatch) -> Order:
    """An order of which "picking" cannot be put into words."""
    break_at(
        monkeypatch, render, "notice_text", lambda batch, row: row.order == order and row.trigger == "picking"
    )
    move(order, "paid")
    move(order, "picking")
    return order


def test_a_failing_notice_does_not_stop_others_of_the_same_person_and_order(poisoned, pass_on, told):
    other = make_order(customer=poisoned.customer)
    pass_on()
    assert told(poisoned) == ["order_confirmed", "paid"]
    assert told(other) == ["order_confirmed"]
    row = Notification.objects.get(order=poisoned, trigger="picking")
    assert (row.state, row.failures, row.error) == ("waiting", 1, "ValueError: poisoned")


def test_a_notice_that_keeps_failing_is_left_to_a_manager_who_can_retry_it(
    poisoned, clock, pass_on, told, log_in, manager, sales, monkeypatch
):
    for _time in range(MOST_FAILURES):
        pass_on()
        clock.shift(timedelta(hours=2))
    row = Notification.objects.get(order=poisoned, trigger="picking")
    assert (row.state, row.reason, row.failures) == ("failed", "broken", MOST_FAILURES)
    assert "ValueError: poisoned" not in log_in(sales).get("/notices/").text
    boss = log_in(manager)
    assert "ValueError: poisoned" in boss.get("/notices/").text
    assert "多次出错、没有告诉任何人的通知：1" in boss.get("/admin/").text
    assert "多次出错，等经理处理" in boss.get(f"/orders/{poisoned.number}/notices/").text
    monkeypatch.undo()
    clock.move_to(at("2026-11-25 10:00"))
    assert boss.post(f"/notices/{row.pk}/retry/").status_code == 302
    release_due()
    assert told(poisoned)[-1] == "picking"
    assert boss.post(f"/notices/{row.pk}/retry/", follow=True).status_code == 200


def test_a_delivery_whose_check_fails_does_not_stop_the_others(clock, customer, rule, monkeypatch, settings):
    settings.EMAIL_URL = "smtp://mail.example"
    customer.email = "wu@example.com"
    customer.save()
    rule("order_confirmed", channels=["email"])
    first, second = make_orders(2, customer=customer)
    relay()
    release_due()
    sent = []
    monkeypatch.setattr(
        "messaging.services.channels.email.EmailChannel.send_notice",
        lambda way, out, *rest: sent.append(out.reference),
    )
    break_at(monkeypatch, delivery, "skip_reason", lambda delivery, now: delivery.notification.order == first)
    assert delivery.deliver_channel("email") == 1
    assert len(sent) == 1
    broken = Delivery.objects.get(notification__order=first)
    assert (broken.state, broken.attempts, broken.error) == ("waiting", 1, "ValueError('poisoned')")
    Delivery.objects.filter(pk=broken.pk).update(attempts=MOST_ATTEMPTS - 1)
    clock.shift(timedelta(minutes=5))
    delivery.deliver_channel("email")
    broken.refresh_from_db()
    assert broken.state == "failed"
    assert Delivery.objects.get(notification__order=second).state == "sent"


def test_a_delivery_whose_fallback_fails_ends_and_does_not_stop_the_others(
    clock, customer, rule, monkeypatch
):
    order = make_order(customer=customer)
    relay()
    release_due()
    notice = Notification.objects.get(order=order)
    broken = Delivery.objects.create(
        notification=notice, channel="sms", fallback=["email"], due_at=at("2026-11-24 10:00")
    )
    break_at(monkeypatch, delivery, "try_next_channel", lambda delivery, now: True)
    delivery.deliver_channel("sms")
    broken.refresh_from_db()
    assert (broken.state, broken.error) == ("failed", "nobody to be reached this way")


def later(order: Order, sales, body: str) -> ScheduledMessage:
    return schedule_message(
        actor=Actor.staff(sales),
        conversation_id=order.conversation.pk,
        body=body,
        send_at=at("2026-11-24 15:00"),
    )


@pytest.mark.parametrize(
    ("error", "state", "shown"),
    [(BadMessage("不能这样发"), "failed", "不能这样发"), (ValueError("poisoned"), "waiting", "poisoned")],
)
def test_a_failing_scheduled_message_does_not_stop_the_others(
    order, sales, clock, monkeypatch, error, state, shown
):
    rows = [later(order, sales, text) for text in ("第一", "坏的", "第三")]
    works = scheduled.draft_message

    def draft(**given):
        if given["given"]["body"] == "坏的":
            raise error
        return works(**given)

    monkeypatch.setattr(scheduled, "draft_message", draft)
    clock.move_to(at("2026-11-24 15:00"))
    send_scheduled()
    said = Message.objects.filter(conversation=order.conversation, sender_kind="staff").order_by("seq")
    assert [each.body for each in said] == ["第一", "第三"]
    broken = ScheduledMessage.objects.get(pk=rows[1].pk)
    assert (broken.state, broken.error) == (state, shown)


def test_the_author_sees_that_a_scheduled_message_failed_and_can_write_it_again(
    order, sales, other_sales, clock, log_in
):
    row = later(order, sales, "样品好了")
    Order.objects.filter(pk=order.pk).update(assigned_to=sales)
    ScheduledMessage.objects.filter(pk=row.pk).update(state="failed", error="写不了")
    mine = log_in(sales)
    assert "没有发出：写不了" in mine.get(f"/conversations/{order.conversation.pk}/waiting/").text
    assert "写不了" in mine.get("/notices/").text
    assert "写不了" not in log_in(other_sales).get("/notices/").text
    moment = at("2026-11-24 16:00")
    again = change_scheduled(actor=Actor.staff(sales), scheduled_id=row.pk, body="样品好了", send_at=moment)
    assert (again.state, again.error) == ("waiting", "")
    assert cancel_scheduled(actor=Actor.staff(sales), scheduled_id=row.pk).state == "cancelled"


def test_a_timer_that_fails_to_plan_does_not_stop_the_others(clock, customer, rule, monkeypatch):
    first, second = make_orders(2, customer=customer)
    rule("order_confirmed", enabled=False)
    NotificationRule.objects.filter(key="picking_long").update(steps=["oops"])
    break_at(monkeypatch, timers, "facts_of_order", lambda order, rules: order == first)
    clock.move_to(at("2026-11-24 10:31"))
    timers_task()
    assert (states(first), list(states(second))) == ({}, ["unpaid"])


@pytest.mark.parametrize(
    "broken", ["plan_timers", "cancel_unpaid", "notify_waiting_customers", "remind_of_holidays"]
)
def test_a_failing_step_of_the_sweep_does_not_stop_the_other_steps(monkeypatch, broken):
    from messaging.tasks import notifications

    ran = []
    for name in ("plan_timers", "cancel_unpaid", "notify_waiting_customers", "remind_of_holidays"):

        def step(name: str = name) -> int:
            ran.append(name)
            return 1 // (name != broken)

        step.__name__ = name
        monkeypatch.setattr(notifications, name, step)
    assert timers_task() == 3
    assert len(ran) == 4


def test_away_notices_are_sent_although_scheduled_messages_fail(monkeypatch):
    def fails() -> int:
        raise ValueError("poisoned")

    def tells() -> int:
        return 3

    tasks = sys.modules["messaging.tasks.scheduled"]
    monkeypatch.setattr(tasks, "send_scheduled", fails)
    monkeypatch.setattr(tasks, "send_away_notices", tells)
    assert scheduled_task() == 3


def test_an_order_whose_transition_fails_does_not_stop_the_sweep(monkeypatch, clock):
    first, second = make_orders(2)
    break_at(monkeypatch, sweeps, "transition_order", lambda **given: given["order_id"] == first.pk)
    clock.shift(timedelta(days=2))
    assert sweeps.expire_unpaid() == 1
    second.refresh_from_db()
    assert second.status == "cancelled"


def test_a_batch_that_fails_although_each_notice_alone_works_is_postponed(order, monkeypatch):
    relay()
    monkeypatch.setattr(release, "_put_off_broken", lambda person, now: 0)
    break_at(monkeypatch, render, "notice_text", lambda batch, row: True)
    release_due()
    assert Notification.objects.get(order=order).failures == 1


def test_an_event_that_fails_to_plan_does_not_stop_notices_of_other_orders(clock, told, monkeypatch):
    first, second = make_orders(2)
    with monkeypatch.context() as broken:
        break_at(broken, occasions, "facts_of_order", lambda order, rules: order == first)
        relay()
        release_due()
    assert (told(first), told(second)) == ([], ["order_confirmed"])
    assert HeldEvent.objects.get().error == "ValueError('poisoned')"
    clock.shift(timedelta(seconds=5))
    relay()
    release_due()
    assert told(first) == ["order_confirmed"]
    assert not HeldEvent.objects.exists()
