"""The channels against servers that speak the real protocols: SMTP, encrypted push, a gateway, a group's bot."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from messaging.models import (
    ChannelAccount,
    ChannelHealth,
    Delivery,
    Notification,
    NotificationRule,
    PushSubscription,
)
from messaging.policies.notifications.retries import MOST_ATTEMPTS
from messaging.services.channels.delivery import deliver_channel, requeue_delivery
from messaging.services.notifications.release import release_due
from messaging.services.subscriptions import SubscriptionRefused, remember_browser
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.relay import relay
from tests.factories import make_order, move
from tests.messaging.notifications.conftest import agree_by_link, at
from tests.messaging.notifications.mail_server import MailServer
from tests.messaging.notifications.receivers import Browser, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    server = MailServer.set_in(settings)
    yield server
    server.socket.close()


@pytest.fixture
def order(clock, customer, variant):
    customer.email = "wu@example.com"
    customer.save()
    return make_order(customer=customer)


def test_a_chinese_mail_is_delivered_to_a_real_smtp_server(order, mail_server):
    tell("order_confirmed", ["email"])
    assert deliver_channel("email") == 1
    (mail,) = mail_server.mails
    assert "To: wu@example.com" in mail
    assert "Auto-Submitted: auto-generated" in mail
    body = mail.split("\r\n\r\n", 1)[1] if "\r\n\r\n" in mail else mail.split("\n\n", 1)[1]
    text = base64.b64decode(body).decode() if "base64" in mail else body
    assert order.number in text


def test_a_missing_mailbox_fails_for_good_and_the_next_channel_is_tried(order, mail_server, receiver):
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms", secret="k")
    tell("order_confirmed", ["email", "sms"])
    mail_server.answer_to_rcpt = "550 no such user"
    deliver_channel("email")
    assert Delivery.objects.get(channel="email").state == "failed"
    assert deliver_channel("sms") == 1
    path, headers, body = receiver.got[0]
    message = json.loads(body)
    assert (path, headers["authorization"], message["to"]) == ("/sms", "Bearer k", "+8613800138000")
    assert order.number in message["text"]
    assert headers["idempotency-key"] == message["reference"]


def test_a_push_is_encrypted_for_the_browser_and_signed_by_the_shop(order, receiver, settings):
    settings.PUSH_ALLOWED_HOSTS = [receiver.host]
    browser = Browser()
    token = agree_by_link(order, browser.subscription(receiver.host))
    tell("order_confirmed", ["push"])
    assert deliver_channel("push") == 1
    _path, headers, body = receiver.got[0]
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["authorization"].startswith("vapid t=")
    message = browser.read(body)
    assert order.number in message["body"]
    assert message["url"] == f"/o/{token}/chat/"


def test_an_expired_push_subscription_is_deleted(order, receiver, settings):
    settings.PUSH_ALLOWED_HOSTS = [receiver.host]
    remember_browser(
        actor=Actor.customer(order.customer), subscription=Browser().subscription(receiver.host), path="/"
    )
    receiver.status = 410
    tell("order_confirmed", ["push"])
    deliver_channel("push")
    assert not PushSubscription.objects.exists()
    assert Delivery.objects.get().state == "failed"


@pytest.mark.parametrize(
    "endpoint", ["https://127.0.0.1/x", "http://example.com/x", "https://user@example.com/", "ftp://x"]
)
def test_a_push_endpoint_on_an_internal_address_is_refused(order, endpoint: str):
    subscription = Browser().subscription("x") | {"endpoint": endpoint}
    with pytest.raises(SubscriptionRefused):
        remember_browser(actor=Actor.customer(order.customer), subscription=subscription, path="/")


def test_a_group_bot_posts_a_notice_once_for_all_members(clock, customer, sales, other_sales, receiver):
    from orders.services.orders import ItemInput
    from tests.factories import VariantFactory

    VariantFactory(sku="LOW-9", threshold=5, on_hand=6)
    make_order(customer=customer, items=[ItemInput("LOW-9", 2)])
    ChannelAccount.objects.create(
        channel="bot", name="销售群", url=f"json://{receiver.host}/bot", role="sales"
    )
    receiver.status = 200
    relay()
    release_due()
    assert Notification.objects.filter(trigger="stock_low").count() == 2
    assert deliver_channel("bot") == 1
    assert len(receiver.got) == 1
    assert "LOW-9" in receiver.got[0][2].decode()


def test_a_failing_delivery_is_retried_with_back_off_and_then_given_up(order, receiver, clock):
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    receiver.status = 503
    tell("order_confirmed", ["sms"])
    waits = []
    for _attempt in range(MOST_ATTEMPTS):
        ChannelHealth.objects.all().delete()
        clock.move_to(Delivery.objects.get().due_at + timedelta(seconds=1))
        deliver_channel("sms")
        delivery = Delivery.objects.get()
        waits.append((delivery.due_at - timezone.now()).total_seconds())
    assert delivery.state == "failed"
    assert all(1.2 * before < after for before, after in pairwise(waits[:5]))
    receiver.status = 200
    requeue_delivery(delivery)
    assert deliver_channel("sms") == 1
    assert Delivery.objects.get().state == "sent"


def test_a_channel_that_is_down_is_paused(clock, customer, receiver):
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    NotificationRule.objects.filter(key="order_confirmed").update(channels=["sms"])
    receiver.status = 500
    for _ in range(6):
        make_order(customer=customer)
    relay()
    release_due()
    clock.shift(timedelta(minutes=10))
    deliver_channel("sms")
    assert ChannelHealth.objects.get(channel="sms").paused_until > timezone.now()
    before = len(receiver.got)
    deliver_channel("sms")
    assert len(receiver.got) == before == 5


def test_a_notice_already_read_in_the_conversation_is_not_sent_outside(order, receiver):
    from messaging.services.messages import mark_read

    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    notice = tell("order_confirmed", ["sms"])
    mark_read(actor=Actor.customer(order.customer), conversation_id=notice.conversation_id, seq=notice.seq)
    assert deliver_channel("sms") == 0
    assert (Delivery.objects.get().state, receiver.got) == ("skipped", [])


def test_a_payment_reminder_is_not_sent_outside_once_the_order_is_paid(order, clock, receiver):
    from messaging.services.notifications.timers import plan_timers

    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    NotificationRule.objects.filter(key="unpaid").update(channels=["sms"])
    NotificationRule.objects.filter(key="order_confirmed").update(channels=[])
    clock.move_to(at("2026-11-24 10:31"))
    plan_timers()
    release_due()
    move(order, "paid")
    assert deliver_channel("sms") == 0
    assert Delivery.objects.get().state == "skipped"


@pytest.fixture
def group(receiver) -> ChannelAccount:
    """The group of sales, with a bot in it."""
    return ChannelAccount.objects.create(
        channel="bot", name="销售群", url=f"json://{receiver.host}/bot", role="sales"
    )


@pytest.fixture
def running_low(clock, customer, sales, other_sales, group, mail_server):
    """A bag that runs low, told to two of sales who both have a mailbox, after their group."""
    from orders.services.orders import ItemInput
    from tests.factories import VariantFactory

    for number, seller in enumerate([sales, other_sales]):
        seller.email = f"seller{number}@example.com"
        seller.save()
    NotificationRule.objects.filter(key="stock_low").update(channels=["bot", "email"])
    VariantFactory(sku="LOW-8", threshold=5, on_hand=6)
    make_order(customer=customer, items=[ItemInput("LOW-8", 2)])
    relay()
    release_due()


def test_when_a_group_bot_is_gone_its_members_are_told_through_another_channel(
    running_low, group, mail_server
):
    group.delete()
    assert deliver_channel("bot") == 0
    assert deliver_channel("email") == 2
    assert ["To: seller0@example.com" in mail for mail in mail_server.mails] == [True, False]


def test_a_group_is_told_while_one_member_has_not_seen_the_notice(running_low, receiver, sales):
    Notification.objects.filter(recipient_id=sales.pk).update(seen_at=timezone.now())
    receiver.status = 200
    assert deliver_channel("bot") == 1


def test_a_group_whose_members_have_all_seen_the_notice_is_not_told(running_low, receiver):
    Notification.objects.update(seen_at=timezone.now())
    assert deliver_channel("bot") == 0
    assert Delivery.objects.get().state == "skipped"


@pytest.fixture
def untaken(order, receiver, clock) -> Delivery:
    """A text message of ten in the morning that nobody has taken yet."""
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    tell("order_confirmed", ["sms"])
    return Delivery.objects.get()


def test_after_an_outage_no_notice_is_sent_at_three_in_the_morning(untaken, receiver, clock):
    clock.move_to(at("2026-11-25 03:00"))
    assert deliver_channel("sms") == 0
    untaken.refresh_from_db()
    assert (untaken.state, untaken.attempts, untaken.due_at) == ("waiting", 0, at("2026-11-25 09:00"))
    clock.move_to(at("2026-11-25 09:00"))
    assert deliver_channel("sms") == 1
    assert len(receiver.got) == 1


def test_after_an_outage_an_urgent_notice_is_still_sent_at_three_in_the_morning(untaken, clock):
    Notification.objects.update(urgent=True)
    clock.move_to(at("2026-11-25 03:00"))
    assert deliver_channel("sms") == 1


def test_a_delivery_that_no_channel_accepted_for_two_days_is_skipped_as_too_old(untaken, receiver, clock):
    clock.move_to(at("2026-11-26 10:01"))
    assert deliver_channel("sms") == 0
    untaken.refresh_from_db()
    assert (untaken.state, untaken.error, receiver.got) == ("skipped", "事情过去太久，不再打扰", [])


def test_a_channel_has_its_own_template_in_the_customers_language(order, receiver):
    from messaging.models import NotificationTemplate

    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    rule = NotificationRule.objects.get(key="order_confirmed")
    for language, body in (("zh-hans", "短信 {{订单号}}"), ("en", "text {{order}}")):
        NotificationTemplate.objects.create(rule=rule, language=language, channel="sms", body=body)
    order.customer.language = "en"
    order.customer.save()
    notice = tell("order_confirmed", ["sms"])
    deliver_channel("sms")
    assert json.loads(receiver.got[0][2])["text"] == f"text {order.number}"
    assert notice.body.startswith("Hello ")
