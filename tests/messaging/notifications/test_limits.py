"""The five messages within their limits: what a customer wants, budgets and caps, working time, who is still there."""

from datetime import timedelta
from uuid import uuid4

import pytest

from messaging.models import Message, Notification, NotificationPreference, NotificationRule
from messaging.policies.notifications.triggers import OUTSIDE_BUDGET
from messaging.services.messages import send_message
from messaging.services.notifications.release import release_due
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.models import CalendarDay, ShopSettings, WorkingInterval
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from shopcomm.core.realtime import without_pushes
from tests.factories import StaffFactory, make_order, move
from tests.messaging.notifications.conftest import at, pay, say, ship, states

pytestmark = pytest.mark.django_db


def test_a_muted_kind_of_notice_is_dropped_but_money_notices_are_sent(order, pass_on, told):
    NotificationPreference.objects.create(
        owner_kind="customer", owner_id=order.customer_id, muted=["order_confirmed", "paid"]
    )
    pay(order)
    pass_on()
    assert states(order)["order_confirmed"] == ("dropped", "muted")
    assert told(order) == ["paid"]


def test_notices_over_the_budget_join_the_next_message_of_their_own_order(clock, customer, pass_on, told):
    ShopSettings.objects.update(customer_daily_budget=2)
    orders = [make_order(customer=customer) for _ in range(4)]
    pass_on()
    found = [states(order)["order_confirmed"] for order in orders]
    assert found == [("sent", "at_once")] * 2 + [("waiting", "over_budget")] * 2
    pay(orders[2])
    pass_on()
    (text,) = told(orders[2], bodies=True)
    assert text.startswith("您有 2 条更新")
    assert orders[3].number not in text
    assert states(orders[3])["order_confirmed"] == ("waiting", "over_budget")


def test_shipping_delivery_money_and_answer_notices_ignore_the_budget(clock, customer, pass_on, told):
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer)
    order = make_order(customer=customer, urgent=True)
    pass_on()
    for step in (pay, ship, lambda order: move(order, "delivered")):
        step(order)
        pass_on()
    assert told(order) == ["paid", "shipped", "delivered"]
    assert not Notification.objects.filter(order=order, state__in=["waiting", "dropped"]).exists()


def test_every_customer_notice_is_either_in_the_budget_or_declared_outside_it():
    for_customer = set(
        NotificationRule.objects.filter(audience="customer").values_list("trigger", flat=True).distinct()
    )
    assert for_customer - OUTSIDE_BUDGET == {
        "order_confirmed",
        "picking",
        "tracking",
        "completed",
        "unpaid",
        "expired",
    }


def test_a_notice_held_by_the_budget_is_sent_although_the_order_moved_on(
    clock, customer, pass_on, told, rule
):
    rule("shipped", enabled=False)
    rule("paid", enabled=False)
    rule("unpaid", enabled=False)
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer)
    order = make_order(customer=customer)
    pass_on()
    pay(order)
    move(order, "picking")
    pass_on()
    move(order, "shipped", carrier="shunfeng", tracking_number="SF1234567890")
    pass_on()
    assert told(order) == []
    clock.move_to(at("2026-11-25 10:00"))
    pass_on()
    (text,) = told(order, bodies=True)
    assert text.startswith("您有 2 条更新")
    assert "已下单成功" in text
    assert "已开始配货" in text


def test_a_notice_held_by_the_budget_keeps_its_promised_time(clock, customer, pass_on, rule):
    rule("unpaid", enabled=False)
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer)
    held = make_order(customer=customer)
    pass_on()
    clock.move_to(at("2026-11-25 09:30"))
    paid = make_order(customer=customer)
    pay(paid)
    pass_on()
    clock.move_to(at("2026-11-25 10:00"))
    pass_on()
    assert states(held)["order_confirmed"] == ("sent", "over_budget")


def test_a_two_day_outage_loses_no_notice_held_by_the_budget(clock, customer, pass_on, rule):
    rule("unpaid", enabled=False)
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer)
    held = make_order(customer=customer)
    pass_on()
    clock.move_to(at("2026-11-29 10:00"))
    pass_on()
    assert states(held)["order_confirmed"][0] == "sent"


def test_a_notice_over_the_budget_with_no_message_to_join_waits_for_room(clock, customer, pass_on):
    ShopSettings.objects.update(customer_daily_budget=1)
    make_order(customer=customer)
    pass_on()
    clock.move_to(at("2026-11-24 11:00"))
    second = make_order(customer=customer)
    pass_on()
    assert states(second)["order_confirmed"] == ("waiting", "over_budget")
    clock.move_to(at("2026-11-25 10:00"))
    pass_on()
    assert states(second)["order_confirmed"][0] == "sent"


def test_imported_and_seeded_events_notify_nobody(clock, customer):
    with without_pushes():
        make_order(customer=customer)
    relay()
    assert DomainEvent.objects.filter(type="order.created", data__history=True).exists()
    assert not Notification.objects.exists()


def test_a_disabled_rule_sends_nothing_more(order, clock, rule, pass_on, told):
    clock.move_to(at("2026-11-24 23:00"))
    late = make_order(customer=order.customer)
    relay()
    rule("order_confirmed", enabled=False)
    clock.move_to(at("2026-11-25 09:00"))
    release_due()
    assert states(late)["order_confirmed"] == ("dropped", "rule_off")


def test_the_seller_is_reminded_of_an_unanswered_customer_in_working_time(order, clock, sales, pass_on):
    Order.objects.filter(pk=order.pk).update(assigned_to=sales)
    clock.move_to(at("2026-11-24 20:50"))
    customer = Actor.customer(order.customer)
    send_message(actor=customer, conversation_id=order.conversation.pk, client_id=uuid4(), body="有货吗")
    clock.move_to(at("2026-11-24 22:00"))
    pass_on()
    assert not Notification.objects.filter(trigger="unanswered").exists()
    clock.move_to(at("2026-11-25 09:06"))
    pass_on()
    notice = Notification.objects.get(trigger="unanswered")
    assert (notice.recipient_id, notice.state) == (sales.pk, "sent")
    assert "有货吗" in notice.body


def test_an_internal_note_does_not_restart_the_unanswered_timer(order, clock, sales, pass_on):
    Order.objects.filter(pk=order.pk).update(assigned_to=sales)
    say(order, "有货吗")
    note = {"client_id": uuid4(), "body": "先问仓库", "internal": True}
    send_message(actor=Actor.staff(sales), conversation_id=order.conversation.pk, **note)
    clock.move_to(at("2026-11-24 10:20"))
    pass_on()
    assert Notification.objects.get(trigger="unanswered").recipient_id == sales.pk


@pytest.fixture
def closed_at_weekends(clock) -> None:
    WorkingInterval.objects.filter(weekday__gte=5).delete()


@pytest.mark.usefixtures("closed_at_weekends")
def test_a_notice_of_friday_night_is_sent_on_monday(order, clock, pass_on, told):
    clock.move_to(at("2026-11-27 21:30"))
    late = make_order(customer=order.customer)
    pass_on()
    clock.move_to(at("2026-11-30 09:00"))
    pass_on()
    assert told(late) == ["order_confirmed"]


def test_a_question_before_a_holiday_week_is_still_followed_up_after_it(order, clock, sales, pass_on):
    CalendarDay.objects.bulk_create(
        CalendarDay(day=at("2026-11-25 00:00").date() + timedelta(days=n), kind="holiday") for n in range(8)
    )
    clock.move_to(at("2026-11-24 20:55"))
    say(order, "有货吗")
    clock.move_to(at("2026-12-03 09:11"))
    pass_on()
    assert Notification.objects.get(trigger="unanswered").state == "sent"


def test_the_warehouse_is_reminded_of_overlong_picking_in_working_time_until_it_ships(order, clock, pass_on):
    StaffFactory(role="warehouse")
    pay(order)
    clock.move_to(at("2026-11-24 20:00"))
    move(order, "picking")
    clock.move_to(at("2026-11-25 11:59"))
    pass_on()
    assert not Notification.objects.filter(trigger="picking_long").exists()
    clock.move_to(at("2026-11-25 12:01"))
    pass_on()
    notice = Notification.objects.get(trigger="picking_long")
    assert (notice.recipient_kind, notice.state) == ("staff", "sent")
    assert f"{order.number} 配货已超过 4 小时" in notice.body


def test_the_cap_of_a_rule_counts_per_person_and_notices_over_it_wait(clock, customer, pass_on, rule):
    rule("unpaid", enabled=False)
    rule("order_confirmed", cap_count=1, cap_hours=2)
    first, other = make_order(customer=customer), make_order()
    pass_on()
    clock.move_to(at("2026-11-24 11:00"))
    second = make_order(customer=customer)
    pass_on()
    assert states(second)["order_confirmed"] == ("waiting", "over_cap")
    assert states(first)["order_confirmed"][0] == states(other)["order_confirmed"][0] == "sent"
    clock.move_to(at("2026-11-24 12:00"))
    pass_on()
    assert states(second)["order_confirmed"][0] == "sent"


def test_the_budget_goes_to_the_most_important_notices_in_their_own_conversation(
    clock, customer, pass_on, rule
):
    ShopSettings.objects.update(customer_daily_budget=1)
    rule("unpaid", enabled=False)
    clock.move_to(at("2026-11-24 22:00"))
    orders = [make_order(customer=customer) for _ in range(2)]
    pay(orders[0])
    ship(orders[0])
    rule("shipped", priority=99)
    pass_on()
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    assert states(orders[1])["order_confirmed"] == ("waiting", "over_budget")
    assert not Message.objects.filter(body__contains=orders[1].number, conversation__order=orders[0]).exists()
    clock.move_to(at("2026-11-26 09:00"))
    pass_on()
    carrier = Notification.objects.get(order=orders[1], trigger="order_confirmed")
    assert (carrier.state, carrier.conversation.order_id) == ("sent", orders[1].pk)


def told_staff(order: Order) -> dict[int, tuple[str, str]]:
    """What became of the notices of a new order, by member of staff."""
    rows = Notification.objects.filter(order=order, trigger="order_confirmed", recipient_kind="staff")
    return {row.recipient_id: (row.state, row.reason) for row in rows}


def test_a_notice_for_a_seller_who_left_goes_to_sales(order, clock, rule, pass_on):
    gone, seller = StaffFactory(role="sales", is_active=False), StaffFactory(role="sales")
    rule("order_confirmed", audience="person", person=gone)
    pass_on()
    assert told_staff(order) == {seller.pk: ("sent", "at_once")}


@pytest.mark.parametrize("audience", ["assigned", "person"])
def test_a_notice_for_sales_goes_to_a_manager_when_there_is_no_sales_staff(
    order, clock, rule, pass_on, audience
):
    gone, boss = StaffFactory(role="sales", is_active=False), StaffFactory(role="manager")
    StaffFactory(role="warehouse")
    Order.objects.filter(pk=order.pk).update(assigned_to=gone)
    rule("order_confirmed", audience=audience, person=gone)
    pass_on()
    assert told_staff(order) == {boss.pk: ("sent", "at_once")}


def test_a_waiting_notice_of_a_seller_who_leaves_meanwhile_goes_to_one_colleague(order, clock, rule, pass_on):
    leaving, seller = StaffFactory(role="sales"), StaffFactory(role="sales")
    Order.objects.filter(pk=order.pk).update(assigned_to=leaving)
    rule("order_confirmed", audience="assigned", delay_minutes=30)
    pass_on()
    assert list(told_staff(order)) == [leaving.pk]

    leaving.is_active = False
    leaving.save()
    clock.shift(timedelta(minutes=31))
    pass_on()
    pass_on()
    assert told_staff(order) == {leaving.pk: ("dropped", "nobody"), seller.pk: ("sent", "delayed")}


def test_a_waiting_notice_of_a_leaver_is_not_passed_on_once_its_rule_is_for_customers(
    order, clock, rule, pass_on
):
    leaving = StaffFactory(role="sales")
    rule("order_confirmed", audience="person", person=leaving, delay_minutes=30)
    pass_on()

    leaving.is_active = False
    leaving.save()
    rule("order_confirmed", audience="customer")
    clock.shift(timedelta(minutes=31))
    pass_on()
    assert told_staff(order) == {leaving.pk: ("dropped", "nobody")}
