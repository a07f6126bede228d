"""The five messages, told in time: not at night, not twice, not when they are out of date."""

from datetime import timedelta

import pytest

from messaging.models import Message, Notification
from messaging.services.notifications.timers import cancel_unpaid
from orders.models import Order
from orders.policies.parcel_way import Scan
from orders.selectors.timeline import order_timeline
from orders.services.orders import ItemInput
from orders.services.stock import set_stock
from orders.services.tracking import record_scans
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import Reader
from tests.factories import VariantFactory, make_order, move
from tests.messaging.notifications.conftest import at, pay, say, ship, states

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


def test_the_order_confirmation_is_sent_to_the_customer_at_once(order, pass_on, told):
    pass_on()
    (text,) = told(order, bodies=True)
    assert order.number in text
    assert "吴丽华您好" in text
    assert states(order)["order_confirmed"] == ("sent", "at_once")


def test_the_shipping_notice_names_carrier_and_tracking_number(order, pass_on, told):
    pay(order)
    pass_on()
    ship(order)
    pass_on()
    assert told(order) == ["order_confirmed", "paid", "picking", "shipped"]
    assert "顺丰" in told(order, bodies=True)[-1]
    assert "SF1234567890" in told(order, bodies=True)[-1]


def test_a_parcel_shipped_at_two_in_the_morning_is_announced_at_nine(order, clock, pass_on, told):
    pay(order)
    pass_on()
    clock.move_to(at("2026-11-25 02:00"))
    ship(order)
    pass_on()
    assert "shipped" not in told(order)
    assert states(order)["shipped"] == ("waiting", "outside_hours")
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    assert "shipped" in told(order)[-1]
    assert Notification.objects.get(trigger="shipped").sent_at == at("2026-11-25 09:00")


def scan(order: Order, state: str, minute: int, text: str = "到达杭州") -> None:
    parcel = order.shipments.get()
    when = at(f"2026-11-24 10:{minute:02}")
    record_scans(actor=SYSTEM, shipment_id=parcel.pk, scans=[Scan(when, state, text)])


def test_each_parcel_state_is_announced_once_however_often_the_courier_reports_it(order, pass_on, told):
    pay(order)
    ship(order)
    for minute, state in enumerate(["collected", "out_for_delivery", "in_transit", "out_for_delivery"]):
        scan(order, state, minute)
        pass_on()
    assert told(order).count("tracking") == 2
    assert "顺丰" in told(order, bodies=True)[-1]


def test_the_delivery_of_the_last_parcel_is_announced_once(order, pass_on, told):
    pay(order)
    ship(order)
    pass_on()
    scan(order, "signed", 5, "已签收")
    pass_on()
    assert told(order)[-1] == "delivered"
    assert "tracking" not in told(order)
    assert states(order)["tracking"] == ("dropped", "superseded")


def test_an_urgent_parcel_is_announced_at_two_in_the_morning(clock, customer, pass_on, told):
    order = make_order(customer=customer, urgent=True)
    pay(order)
    pass_on()
    clock.move_to(at("2026-11-25 02:00"))
    ship(order)
    pass_on()
    assert told(order)[-1] == "shipped"
    assert states(order)["shipped"] == ("sent", "urgent")


def test_a_parcel_shipped_and_delivered_overnight_is_announced_in_one_message(order, clock, pass_on, told):
    pay(order)
    pass_on()
    clock.move_to(at("2026-11-24 23:00"))
    ship(order)
    pass_on()
    clock.move_to(at("2026-11-25 08:00"))
    move(order, "delivered")
    pass_on()
    before = len(told(order))
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    assert told(order)[before:] == ["delivered"]
    assert states(order)["shipped"] == ("dropped", "superseded")


def test_held_notices_that_are_still_valid_are_merged_into_one_message(order, clock, pass_on, told):
    pass_on()
    clock.move_to(at("2026-11-24 23:00"))
    pay(order)
    pass_on()
    clock.move_to(at("2026-11-24 23:30"))
    move(order, "picking")
    pass_on()
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    text = told(order, bodies=True)[-1]
    assert text.startswith("您有 2 条更新")
    assert states(order)["paid"][0] == "sent"
    assert states(order)["picking"] == ("merged", "merged")


def test_an_event_handled_twice_is_announced_once(order, pass_on, told):
    pass_on()
    Reader.objects.update(position=0)
    pass_on()
    assert told(order) == ["order_confirmed"]


def test_an_unpaid_order_is_reminded_in_steps_until_it_is_paid(order, clock, pass_on, told):
    pass_on()
    clock.move_to(at("2026-11-24 10:31"))
    pass_on()
    pass_on()
    assert told(order) == ["order_confirmed", "unpaid"]
    clock.move_to(at("2026-11-24 14:01"))
    pass_on()
    assert told(order) == ["order_confirmed", "unpaid", "unpaid"]
    pay(order)
    clock.move_to(at("2026-11-25 10:00"))
    pass_on()
    assert told(order).count("unpaid") == 2


def test_payment_drops_a_reminder_that_waits_for_the_morning(order, clock, pass_on, told):
    clock.move_to(at("2026-11-24 20:45"))
    late = make_order(customer=order.customer)
    clock.move_to(at("2026-11-24 21:20"))
    pass_on()
    assert states(late)["unpaid"] == ("waiting", "outside_hours")
    pay(late)
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    assert states(late)["unpaid"] == ("dropped", "taken_back")


def test_after_the_last_reminder_a_rule_may_cancel_the_order_and_release_its_stock(
    order, clock, pass_on, rule, variant
):
    rule("unpaid", steps=[30], cancel_after=60)
    clock.move_to(at("2026-11-24 10:31"))
    pass_on()
    assert cancel_unpaid() == 0
    clock.move_to(at("2026-11-24 11:32"))
    assert cancel_unpaid() == 1
    order.refresh_from_db()
    variant.refresh_from_db()
    assert (order.status, variant.reserved) == ("cancelled", 0)


def test_a_customer_who_answers_a_reminder_gets_no_more_automatic_ones(order, clock, pass_on, told, rule):
    rule("unpaid", steps=[30, 240], cancel_after=60)
    clock.move_to(at("2026-11-24 10:31"))
    pass_on()
    say(order)
    clock.move_to(at("2026-11-24 14:01"))
    pass_on()
    assert told(order).count("unpaid") == 1
    assert Notification.objects.get(cause=f"unpaid:{order.pk}:240").reason == "answered"
    clock.move_to(at("2026-11-24 16:00"))
    assert cancel_unpaid() == 0


def test_an_order_whose_customer_answers_the_last_reminder_is_not_cancelled(order, clock, pass_on, rule):
    rule("unpaid", steps=[30], cancel_after=60)
    clock.move_to(at("2026-11-24 10:31"))
    pass_on()
    say(order)
    clock.move_to(at("2026-11-24 11:40"))
    assert cancel_unpaid() == 0


def test_after_a_day_of_downtime_one_reminder_is_sent_and_not_three(order, clock, pass_on, told):
    clock.move_to(at("2026-11-25 10:00"))
    pass_on()
    (text,) = told(order, bodies=True)
    assert "已下单成功" in text
    assert text.count("没有付") == 1


def test_downtime_that_ends_at_night_sends_one_message_in_the_morning(order, clock, pass_on, told):
    clock.move_to(at("2026-11-24 12:00"))
    pay(order)
    clock.move_to(at("2026-11-24 16:00"))
    ship(order)
    clock.move_to(at("2026-11-25 03:00"))
    pass_on()
    assert told(order) == []
    clock.move_to(at("2026-11-25 09:00"))
    pass_on()
    (text,) = told(order, bodies=True)
    assert "顺丰" in text


def test_a_clock_set_back_neither_repeats_nor_loses_a_notice(order, clock, pass_on, told):
    pass_on()
    clock.move_to(at("2026-11-24 08:00"))
    pay(order)
    pass_on()
    assert told(order) == ["order_confirmed"]
    clock.move_to(at("2026-11-24 10:00"))
    pass_on()
    assert told(order) == ["order_confirmed", "paid"]


def test_a_notice_that_fails_to_render_does_not_stop_the_others(order, clock, pass_on, told, monkeypatch):
    from messaging.services.notifications import render

    other = make_order()

    def fill(body, trigger, story):
        if story.order.number == order.number:
            raise ValueError("broken")
        return "好"

    with monkeypatch.context() as patched:
        patched.setattr(render, "fill_template", fill)
        pass_on()
    assert (told(order), told(other)) == ([], ["order_confirmed"])
    clock.shift(timedelta(minutes=11))
    pass_on()
    assert told(order) == ["order_confirmed"]


def test_a_low_stock_alert_goes_to_sales_once_and_names_the_affected_orders(
    clock, customer, sales, other_sales, pass_on
):
    bag = VariantFactory(sku="LOW-1", threshold=5, on_hand=6)
    order = make_order(customer=customer, items=[ItemInput("LOW-1", 2)])
    pass_on()
    alerts = Notification.objects.filter(trigger="stock_low").order_by("pk")
    assert {row.recipient_id for row in alerts} == {sales.pk, other_sales.pk}
    assert all(row.state == "sent" for row in alerts)
    assert order.number in alerts[0].body
    assert "吴丽华" in alerts[0].body
    set_stock(actor=SYSTEM, sku="LOW-1", delta=-1)
    pass_on()
    assert alerts.count() == 2
    set_stock(actor=SYSTEM, sku="LOW-1", delta=20)
    set_stock(actor=SYSTEM, sku="LOW-1", delta=-20)
    pass_on()
    assert alerts.all().count() == 4
    assert bag.sku in alerts.last().body


def test_customers_get_no_low_stock_alerts(clock, customer, pass_on):
    VariantFactory(sku="LOW-2", threshold=5, on_hand=6)
    make_order(customer=customer, items=[ItemInput("LOW-2", 2)])
    pass_on()
    assert not Message.objects.filter(data__notice="stock_low").exists()


def test_the_desks_timeline_has_one_entry_for_an_event_and_its_notices(order, pass_on) -> None:
    pay(order)
    pass_on()

    entries = {entry.kind: entry for entry in order_timeline(Order.objects.get(pk=order.pk))}
    assert set(entries) == {"order.created", "order.paid"}
    assert entries["order.paid"].told == (f"付款成功 → {order.customer.name}：已发送",)
