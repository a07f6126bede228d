"""A week of 500 orders on a frozen clock: every notice sent, held, merged, capped or dropped, against the oracle."""

import random
from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection

from messaging.models import Message, Notification, NotificationPreference
from messaging.services.notifications.release import release_due
from messaging.services.notifications.timers import plan_timers
from orders.models import Order
from shopcomm.core.configuration.models import CalendarDay, ShopSettings, WorkingInterval
from shopcomm.core.events.relay import relay
from tests.factories import CustomerFactory, StaffFactory, VariantFactory, make_order, move
from tests.messaging.notifications.conftest import at
from tests.messaging.notifications.oracle import SLOT, Oracle, Recipient

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(400), pytest.mark.longest]
ORDERS, CUSTOMERS, DAYS, BUDGET = 500, 70, 7, 4
STEPS = (30, 240, 1200)
START = at("2026-11-23 00:00")
HOLIDAY, WORKED_SUNDAY = date(2026, 11, 25), date(2026, 11, 29)
WAYS = (
    ["paid", "picking", "shipped", "delivered", "completed"],
    ["paid", "picking", "shipped", "delivered"],
    ["paid", "picking", "shipped"],
    ["paid", "picking"],
    ["paid"],
    ["cancelled"],
    [],
)
KINDS = {"": "order_confirmed"}


def slots(*spans: tuple[float, float]) -> set[int]:
    return {slot for start, end in spans for slot in range(int(start * 2), int(end * 2))}


WORKDAY, SATURDAY = slots((9, 12), (13.5, 20)), slots((10, 16))


@pytest.fixture
def shop(shop_rules, rule):
    """A lunch break, a short Saturday, a holiday on Wednesday, a Sunday that makes up for it."""
    WorkingInterval.objects.all().delete()
    for weekday in range(5):
        WorkingInterval.objects.create(weekday=weekday, opens=time(9), closes=time(12))
        WorkingInterval.objects.create(weekday=weekday, opens=time(13, 30), closes=time(20))
    WorkingInterval.objects.create(weekday=5, opens=time(10), closes=time(16))
    CalendarDay.objects.create(day=HOLIDAY, kind="holiday", name="店庆")
    CalendarDay.objects.create(day=WORKED_SUNDAY, kind="workday", name="调休")
    ShopSettings.objects.update(customer_daily_budget=BUDGET, pay_within_minutes=60 * 24 * 30)
    rule("completed", delay_minutes=30)
    rule("unpaid", cap_count=None)
    return Oracle(
        dict.fromkeys(range(5), WORKDAY) | {5: SATURDAY, 6: set()},
        {HOLIDAY: set(), WORKED_SUNDAY: WORKDAY},
        BUDGET,
    )


@pytest.fixture
def people(shop):
    """Customers, some of whom rest after dinner or at noon, or do not want to hear of picking."""
    dice, found = random.Random(7), []
    for number in range(CUSTOMERS):
        customer = CustomerFactory()
        person = Recipient(customer.name)
        wish = NotificationPreference(owner_kind="customer", owner_id=customer.pk)
        if dice.random() < 0.3:
            start, end = dice.choice([(12, 15), (18, 23), (7, 11)])
            wish.quiet_from, wish.quiet_to = time(start), time(end)
            person.rests = slots((start, end))
        if dice.random() < 0.3:
            wish.muted = dice.choice([["picking"], ["shipped", "paid"], ["unpaid"]])
            person.muted = set(wish.muted)
        if number % 2:
            wish.save()
        else:
            person.rests, person.muted = set(), set()
        found.append((customer, person))
    return found


def script() -> list[tuple[int, int, int, str, bool]]:
    """Who moves which order when: slot of the week, order, customer, status ("" is placing), urgent."""
    dice, lines = random.Random(11), []
    for order in range(ORDERS):
        slot, customer = dice.randrange(DAYS * 48 - 15), dice.randrange(CUSTOMERS)
        urgent = dice.random() < 0.12
        lines.append((slot, order, customer, "", urgent))
        for status in dice.choice(WAYS):
            slot += dice.choice([1, 2, 4, 10, 20, 30])
            lines.append((slot, order, customer, status, urgent))
    return sorted(line for line in lines if line[0] < DAYS * 48)


def test_a_week_of_five_hundred_orders_sends_exactly_the_expected_notices(shop, people, clock):
    VariantFactory(sku="WEEK-1", on_hand=100_000)
    StaffFactory(role="warehouse")
    by_slot: dict[int, list] = {}
    for line in script():
        by_slot.setdefault(line[0], []).append(line)
    orders: dict[int, Order] = {}
    for slot in range(DAYS * 48):
        now = START + slot * SLOT
        clock.move_to(now)
        if slot % 24 == 0:
            let_the_planner_look()
        for _slot, number, customer, status, urgent in by_slot.get(slot, []):
            act(orders, number, people[customer][0], status, urgent)
            shop.happen(now, number, people[customer][1], KINDS.get(status, status), urgent)
        relay()
        plan_timers()
        release_due()
        shop.remind(now, STEPS)
        shop.sweep(now)
    assert len(orders) == ORDERS
    ours = what_we_did({order.pk: number for number, order in orders.items()})
    assert differences(ours, expected(shop)) == []
    check_the_promises(shop)


def let_the_planner_look() -> None:
    """What autovacuum does for a shop, it cannot do for one long transaction."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def act(orders: dict[int, Order], number: int, customer, status: str, urgent: bool) -> None:
    from orders.services.orders import ItemInput

    if status:
        move(orders[number], status)
    else:
        orders[number] = make_order(customer=customer, urgent=urgent, items=[ItemInput("WEEK-1", 1)])


def what_we_did(numbers: dict[int, int]) -> dict[tuple, tuple]:
    found = {}
    for row in Notification.objects.filter(recipient_kind="customer"):
        step = int(row.cause.rpartition(":")[2]) if row.trigger == "unpaid" else 0
        reason = "" if row.state == "merged" else row.reason
        when = row.sent_at or (row.send_at if row.state == "waiting" else None)
        found[numbers[row.order_id], row.trigger, step] = (row.state, reason, when)
    return found


def expected(oracle: Oracle) -> dict[tuple, tuple]:
    return {
        (each.order, each.kind, each.step): (
            each.state,
            "" if each.state == "merged" else each.why,
            each.sent or (each.when if each.state == "waiting" else None),
        )
        for each in oracle.notices
    }


def differences(ours: dict, theirs: dict) -> list:
    keys = sorted(set(ours) | set(theirs))
    return [(key, ours.get(key), theirs.get(key)) for key in keys if ours.get(key) != theirs.get(key)][:12]


def check_the_promises(oracle: Oracle) -> None:
    """What no reading of the rules may break: hours, once, budget; and that the week had some of everything."""
    sent = Notification.objects.filter(recipient_kind="customer", state="sent")
    for row in sent.exclude(reason="urgent"):
        assert row.urgent or oracle.is_open(local(row.sent_at)), row
    lines = Message.objects.filter(data__has_key="notification").values_list("data__notification", flat=True)
    assert sorted(lines) == sorted(sent.values_list("pk", flat=True))
    counts = Counter(Notification.objects.values_list("state", flat=True))
    assert min(counts[state] for state in ("sent", "merged", "dropped")) > 20
    reasons = Counter(Notification.objects.filter(recipient_kind="customer").values_list("reason", flat=True))
    seen = {
        "at_once",
        "urgent",
        "outside_hours",
        "resting",
        "over_budget",
        "superseded",
        "taken_back",
        "muted",
    }
    assert seen <= set(reasons)


def local(moment: datetime) -> datetime:
    return moment.astimezone(START.tzinfo) + timedelta(0)
