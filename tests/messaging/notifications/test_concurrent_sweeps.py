"""Workers, customers and channels at the same moment, on real connections: told once, told truly, held up by nobody."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from random import Random
from time import monotonic

import pytest
from django.db import connection, transaction
from django.utils import timezone

from messaging.models import ChannelAccount, Delivery, Message, Notification, NotificationRule
from messaging.services.channels.delivery import deliver_all, deliver_channel
from messaging.services.channels.sms import send_login_code
from messaging.services.notifications.planning import plan_event
from messaging.services.notifications.release import release_batch, release_due
from messaging.services.notifications.timers import plan_timers
from orders.models import Order
from orders.selectors.items import ItemInput
from shopcomm.core.accounts.services.one_time_codes import CodeRefused, IssuedCode
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.events.relay import relay
from tests.factories import CustomerFactory, VariantFactory, make_order, make_orders, move
from tests.faults.waiting import eventually
from tests.messaging.notifications.conftest import at, states
from tests.messaging.notifications.receivers import Receiver
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 40


def no_failures(results: list[object]) -> None:
    assert [each for each in results if isinstance(each, Exception)] == []


@pytest.fixture
def unpaid(clock) -> Order:
    """An order whose reminder is due."""
    NotificationRule.objects.exclude(key="unpaid").update(enabled=False)
    order = make_order()
    clock.move_to(at("2026-11-24 10:31"))
    plan_timers()
    return order


def reminders(order: Order) -> int:
    return Message.objects.filter(conversation__order=order, data__notice="unpaid").count()


def test_concurrent_sweeps_share_the_work_and_send_every_notice_once(clock):
    orders = make_orders(120)
    relay()
    shares = at_once([lambda: release_due(people=5)] * 4)
    no_failures(shares)
    assert sum(shares) == 120
    assert sum(share > 0 for share in shares) > 1
    for order in orders:
        assert Message.objects.filter(conversation__order=order, data__has_key="notice").count() == 1


def test_two_workers_that_read_the_same_event_write_its_notice_once(clock):
    make_order()
    relay()
    Notification.objects.all().delete()
    event = DomainEvent.objects.get(type="order.created")
    no_failures(at_once([lambda: plan_event(event)] * 6))
    assert Notification.objects.count() == 1


def test_a_reminder_waits_for_an_uncommitted_payment_and_is_then_dropped(unpaid):
    with transaction.atomic():
        move(unpaid, "paid")
        no_failures(at_once([release_due]))
        assert reminders(unpaid) == 0
    release_due()
    assert reminders(unpaid) == 0
    assert states(unpaid)["unpaid"] == ("dropped", "taken_back")


def test_a_payment_waits_for_a_reminder_being_written_which_is_then_not_sent_outside(unpaid, clock):
    ChannelAccount.objects.create(channel="sms", name="网关", url="http://127.0.0.1:9/sms")
    NotificationRule.objects.filter(key="unpaid").update(channels=["sms"])
    paying = threading.Thread(target=lambda: (move(unpaid, "paid"), connection.close()))
    with transaction.atomic():
        release_batch(now=timezone.now())
        paying.start()
        paying.join(0.5)
        assert paying.is_alive()
    paying.join(20)
    assert reminders(unpaid) == 1
    assert deliver_channel("sms") == 0
    assert Delivery.objects.get().state == "skipped"


def test_a_payment_and_a_reminder_at_the_same_moment_never_contradict_each_other(clock):
    NotificationRule.objects.exclude(key="unpaid").update(enabled=False)
    orders, dice = make_orders(RACES), Random(3)
    clock.move_to(at("2026-11-24 10:31"))
    plan_timers()

    def late(work: Callable[[], object]) -> Callable[[], object]:
        """After so many questions to the database."""
        head_start = dice.randint(0, 30)
        return lambda: ([Order.objects.exists() for _ in range(head_start)], work())

    for order in orders:
        no_failures(at_once([late(lambda o=order: move(o, "paid")), late(lambda: release_due(people=3))]))
    release_due()
    for order in orders:
        state, reason = states(order)["unpaid"]
        assert (state, reason, reminders(order)) in {("sent", "at_once", 1), ("dropped", "taken_back", 0)}


def test_concurrent_orders_that_cross_the_low_stock_threshold_report_it_once():
    bag = VariantFactory(sku="LOW-7", threshold=10, on_hand=20)
    buyers = [CustomerFactory() for _ in range(18)]
    no_failures(
        at_once([lambda b=buyer: make_order(customer=b, items=[ItemInput(bag.sku, 1)]) for buyer in buyers])
    )
    assert DomainEvent.objects.filter(type="stock.low").count() == 1
    bag.refresh_from_db()
    assert (bag.available, bag.low_since is not None) == (2, True)


@pytest.fixture
def deaf_gateway() -> Iterator[str]:
    """A gateway that takes every call and answers none, until it is gone."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/sms"
    for thread in threading.enumerate():
        if thread.name == "sms":
            thread.join(20)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    running.status = 200
    yield running
    running.server.shutdown()


def hanging() -> bool:
    return any(thread.name == "sms" for thread in threading.enumerate())


def test_a_hanging_channel_delays_no_other_channel_and_no_worker(sales, deaf_gateway, receiver, monkeypatch):
    import apprise  # noqa: F401  (its first import is slow, and not what is measured)

    monkeypatch.setattr("messaging.services.channels.sms.TIMEOUT_SECONDS", 60)
    NotificationRule.objects.filter(key="order_confirmed").update(channels=["sms"], outside="send")
    NotificationRule.objects.filter(key="paid").update(
        channels=["bot"], outside="send", audience="role", role="sales"
    )
    ChannelAccount.objects.create(channel="sms", name="网关", url=deaf_gateway)
    ChannelAccount.objects.create(channel="bot", name="销售群", url=f"json://{receiver.host}/bot")
    # While the gateway says nothing, one notice after another passes by.
    for count, order in enumerate(make_orders(2), start=1):
        move(order, "paid")
        relay()
        release_due()
        begun = monotonic()
        deliver_all(patience=1)
        assert monotonic() - begun < 5
        eventually(lambda count=count: len(receiver.got) >= count, 20, "the other channel has sent")
        assert order.number in json.loads(receiver.got[-1][2])["message"]
        assert hanging()
    assert not Delivery.objects.filter(channel="sms", state="sent").exists()


def test_log_in_codes_to_a_hanging_gateway_block_four_requests_and_not_all(deaf_gateway, monkeypatch):
    """Each code is sent while its page waits: whoever finds all places taken is asked to come again at once."""
    monkeypatch.setattr("messaging.services.channels.sms.TIMEOUT_SECONDS", 3)
    monkeypatch.setattr("messaging.services.channels.sms.PLACE_SECONDS", 0.1)
    ChannelAccount.objects.create(channel="sms", name="网关", url=deaf_gateway)
    waited: list[tuple[int, bool]] = []

    def ask(place: int) -> None:
        begun = monotonic()
        try:
            send_login_code(IssuedCode(place, f"+861380013800{place}", "123456"))
        except CodeRefused as refused:
            waited.append((refused.status, monotonic() - begun < 2.5))

    no_failures(at_once([partial(ask, place) for place in range(9)]))

    assert sorted(waited) == [(502, False)] * 4 + [(503, True)] * 5


def test_a_delivery_whose_claim_expired_is_left_to_its_new_claimant(clock, receiver, customer):
    """The first call takes so long that another worker claims both; the second is not sent by both of them."""
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    NotificationRule.objects.filter(key="order_confirmed").update(channels=["sms"], outside="send")
    for _ in range(2):
        make_order(customer=customer)
    relay()
    release_due()
    slow = iter([True])

    def another_worker() -> None:
        if next(slow, False):
            clock.shift(timedelta(minutes=3))
            deliver_channel("sms")
            connection.close()

    receiver.meanwhile = another_worker
    deliver_channel("sms", now=timezone.now())
    told = [json.loads(body)["reference"] for _path, _headers, body in receiver.got]
    first, second = Delivery.objects.order_by("due_at", "pk").values_list("notification_id", flat=True)
    assert sorted(told) == sorted([f"shopcomm-{first}-sms"] * 2 + [f"shopcomm-{second}-sms"])
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
