"""What another process switches off is off at the next decision here: nothing of it is remembered in between."""

from datetime import time

import pytest
from django.db import connection

from messaging.models import NotificationPreference
from orders.models import Order, Status
from orders.selectors.due import delivered_long_enough
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval
from tests.factories import make_order
from tests.messaging.notifications.conftest import at, states

pytestmark = pytest.mark.django_db


def elsewhere(sql: str, *values: object) -> None:
    """As another process does it: no signal and no cache of this one hears of it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_public_holidays_changed_by_another_process_take_effect_at_once():
    ShopSettings.objects.update(use_public_holidays=True)
    national_day = at("2026-10-01 10:00")
    assert not working_calendar().is_open(national_day)

    elsewhere("UPDATE configuration_shopsettings SET use_public_holidays = false")
    assert working_calendar().is_open(national_day)


def test_working_hours_changed_by_another_process_take_effect_at_once(clock, customer, pass_on):
    clock.move_to(at("2026-11-24 22:30"))
    before = make_order(customer=customer)
    pass_on()
    elsewhere(f"UPDATE {WorkingInterval._meta.db_table} SET closes = '23:00'")
    after = make_order(customer=customer)
    pass_on()

    assert (states(before)["order_confirmed"][0], states(after)["order_confirmed"][0]) == ("waiting", "sent")


def test_quiet_hours_changed_by_another_process_take_effect_at_once(clock, customer, pass_on):
    NotificationPreference.objects.create(
        owner_kind="customer", owner_id=customer.pk, quiet_from=time(9), quiet_to=time(12)
    )
    before = make_order(customer=customer)
    pass_on()
    elsewhere(f"UPDATE {NotificationPreference._meta.db_table} SET quiet_from = NULL, quiet_to = NULL")
    after = make_order(customer=customer)
    pass_on()

    assert (states(before)["order_confirmed"][0], states(after)["order_confirmed"][0]) == ("waiting", "sent")


def test_auto_completion_days_changed_by_another_process_take_effect_at_once(clock, customer):
    order = make_order(customer=customer, status=Status.DELIVERED)
    Order.objects.filter(pk=order.pk).update(delivered_at=at("2026-11-16 10:00"))
    now = at("2026-11-24 10:00")
    assert list(delivered_long_enough(now)) == [order.pk]

    elsewhere("UPDATE configuration_shopsettings SET complete_after_days = 30")
    assert list(delivered_long_enough(now)) == []


def test_a_rule_disabled_by_another_process_also_stops_its_waiting_reminders(clock, customer, pass_on, told):
    clock.move_to(at("2026-11-24 20:40"))
    reminded, spared = make_order(customer=customer), make_order(customer=customer)
    clock.move_to(at("2026-11-24 21:20"))
    pass_on()
    assert states(reminded)["unpaid"] == states(spared)["unpaid"] == ("waiting", "outside_hours")

    elsewhere("UPDATE messaging_notificationrule SET enabled = false WHERE trigger = 'unpaid'")
    clock.move_to(at("2026-11-25 09:01"))
    pass_on()
    assert states(reminded)["unpaid"] == states(spared)["unpaid"] == ("dropped", "rule_off")
    assert told(reminded) == ["order_confirmed"]
