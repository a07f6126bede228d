"""Who keeps failing stops itself alone: a browser, a group's bot, a number; a channel only for its own failures."""

import socket
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import ChannelAccount, ChannelHealth, Delivery, NotificationRule, PushSubscription
from messaging.services.channels import push
from messaging.services.channels.delivery import deliver_channel
from messaging.services.notifications.release import release_due
from messaging.services.subscriptions import remember_browser
from orders.selectors.items import ItemInput
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.relay import relay
from tests.factories import VariantFactory, make_order
from tests.messaging.notifications.mail_server import MailServer
from tests.messaging.notifications.receivers import Browser, Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(settings, receiver):
    """A push service that is broken."""
    running = Receiver()
    running.status = 500
    settings.PUSH_ALLOWED_HOSTS = [running.host, receiver.host]
    yield running
    running.server.shutdown()


def subscribe(customer, host: str, name: str = "1") -> PushSubscription:
    return remember_browser(
        actor=Actor.customer(customer), subscription=Browser().subscription(host, name), path="/"
    )


def order_of(customer, count: int = 1, channel: str = "push") -> None:
    """Orders whose confirmations are due through one channel."""
    NotificationRule.objects.filter(key="order_confirmed").update(channels=[channel])
    for _ in range(count):
        make_order(customer=customer)
    relay()
    release_due()


@pytest.mark.usefixtures("clock")
def test_a_dead_push_endpoint_of_one_customer_delays_no_other_customers_push(
    customer, other_customer, receiver, broken
):
    subscribe(customer, broken.host)
    subscribe(other_customer, receiver.host)
    order_of(customer, 5)
    order_of(other_customer)
    assert deliver_channel("push") == 1
    assert len(receiver.got) == 1
    assert len(broken.got) == 1, "after its first failure the browser is left alone"
    assert not ChannelHealth.objects.exists()


def test_a_push_endpoint_that_never_answers_delays_nobody_else(
    customer, other_customer, receiver, settings, monkeypatch
):
    monkeypatch.setattr(push, "TIMEOUT_SECONDS", 4)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as deaf:
        host = f"127.0.0.1:{deaf.getsockname()[1]}"
        settings.PUSH_ALLOWED_HOSTS = [host, receiver.host]
        subscribe(customer, host)
        subscribe(other_customer, receiver.host)
        NotificationRule.objects.update(outside="send")
        order_of(customer, 5)
        order_of(other_customer)
        began = time.monotonic()
        assert deliver_channel("push") == 1
        assert receiver.came[0] - began < 2
        assert time.monotonic() - began < 8, "five orders cost one wait"


def test_a_failing_push_endpoint_backs_off_and_recovers_after_one_success(customer, broken, clock):
    subscribe(customer, broken.host)
    pauses = []
    for _ in range(3):
        order_of(customer)
        clock.move_to(timezone.now() + timedelta(hours=2))
        deliver_channel("push")
        pauses.append((PushSubscription.objects.get().paused_until - timezone.now()).total_seconds())
    assert pauses == [20, 40, 80]
    broken.status = 201
    clock.move_to(timezone.now() + timedelta(hours=2))
    order_of(customer)
    assert deliver_channel("push") >= 1
    known = PushSubscription.objects.get()
    assert (known.failures, known.paused_until, known.last_error) == (0, None, "")


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("status", [404, 410])
def test_of_two_subscriptions_the_expired_one_is_deleted_and_the_other_gets_the_push(
    customer, receiver, broken, status
):
    subscribe(customer, broken.host)
    kept = subscribe(customer, receiver.host)
    broken.status = status
    order_of(customer)
    assert deliver_channel("push") == 1
    assert list(PushSubscription.objects.all()) == [kept]


def test_a_notice_whose_only_push_endpoint_is_paused_falls_back_to_another_channel(
    customer, broken, receiver, clock
):
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    subscribe(customer, broken.host)
    NotificationRule.objects.filter(key="order_confirmed").update(channels=["push", "sms"], outside="send")
    make_order(customer=customer)
    relay()
    release_due()
    for _ in range(8):
        clock.shift(timedelta(minutes=11))
        deliver_channel("push")
    assert Delivery.objects.get(channel="push").state == "failed"
    assert deliver_channel("sms") == 1


def test_a_broken_vapid_key_pauses_the_push_channel_and_no_single_endpoint(
    customer, receiver, settings, clock
):
    settings.PUSH_ALLOWED_HOSTS = [receiver.host]
    subscribe(customer, receiver.host)
    push.push_key()
    type(push.push_key()).objects.update(private_pem="broken")
    order_of(customer, 6)
    assert deliver_channel("push") == 0
    assert ChannelHealth.objects.get(channel="push").paused_until > timezone.now()
    assert PushSubscription.objects.get().failures == 0


@pytest.mark.usefixtures("clock")
def test_an_sms_channel_pauses_for_a_refused_account_but_not_for_refused_numbers(
    customer, other_customer, receiver
):
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    receiver.status = 400
    order_of(customer, 6, channel="sms")
    deliver_channel("sms")
    assert (len(receiver.got), ChannelHealth.objects.count()) == (6, 0)
    receiver.status = 401
    order_of(other_customer, 6, channel="sms")
    deliver_channel("sms")
    assert ChannelHealth.objects.get(channel="sms").paused_until > timezone.now()


@pytest.fixture
def mail_server(settings) -> MailServer:
    return MailServer.set_in(settings)


@pytest.mark.usefixtures("clock")
def test_a_busy_mailbox_is_retried_and_does_not_pause_the_mail_channel(customer, mail_server):
    customer.email = "wu@example.com"
    customer.save()
    mail_server.answer_to_rcpt = "450 try again later"
    order_of(customer, 6, channel="email")
    deliver_channel("email")
    assert not ChannelHealth.objects.exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"waiting"}


@pytest.fixture
def two_groups(clock, customer, sales, receiver, broken):
    """A bag that runs low is told in two groups, one of whose bots is broken."""
    receiver.status = 200
    for name, host in (("坏的", broken.host), ("好的", receiver.host)):
        ChannelAccount.objects.create(channel="bot", name=name, url=f"json://{host}/bot")
    NotificationRule.objects.filter(key="stock_low").update(channels=["bot"])
    VariantFactory(sku="LOW-8", threshold=5, on_hand=6)
    make_order(customer=customer, items=[ItemInput("LOW-8", 2)])
    relay()
    release_due()


def test_a_group_already_told_is_not_told_again_when_another_groups_bot_fails(
    two_groups, receiver, broken, clock
):
    assert deliver_channel("bot") == 0
    assert (len(receiver.got), len(broken.got)) == (1, 1)
    assert ChannelAccount.objects.get(name="坏的").failures == 1
    assert not ChannelHealth.objects.exists()
    broken.status = 200
    clock.shift(timedelta(minutes=5))
    assert deliver_channel("bot") == 1
    assert (len(receiver.got), len(broken.got)) == (1, 2)
