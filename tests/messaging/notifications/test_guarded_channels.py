"""No channel calls where it must not, whoever wrote the address: a stranger's browser or a manager."""

import pytest

from messaging.models import ChannelAccount, Delivery, PushSubscription
from messaging.services.channels.bot import BotChannel
from messaging.services.channels.calls import ChannelFailed, Outgoing
from messaging.services.channels.delivery import deliver_channel
from messaging.services.channels.sms import SmsChannel
from messaging.services.subscriptions import remember_browser
from shopcomm.core.accounts.actors import Actor
from tests.messaging.notifications.receivers import Browser, Receiver, tell

pytestmark = pytest.mark.django_db
SAID = Outgoing(reference="shopcomm-1-bot", title="包包店", body="好了", url="/orders/1/")


def say_in_group(url: str) -> None:
    BotChannel().send_notice(SAID, ChannelAccount(channel="bot", name="销售群", url=url), None)


@pytest.fixture
def inside(receiver):
    """A page of the house."""
    running = Receiver()
    running.status = 200
    yield running
    running.server.shutdown()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_push_endpoint_that_redirects_to_an_internal_address_is_not_followed(
    order, receiver, inside, settings, status
):
    settings.PUSH_ALLOWED_HOSTS = [receiver.host]
    remember_browser(
        actor=Actor.customer(order.customer), subscription=Browser().subscription(receiver.host), path="/"
    )
    receiver.status, receiver.headers = status, {"Location": f"http://{inside.host}/metrics"}
    tell("order_confirmed", ["push"])
    assert deliver_channel("push") == 0
    assert len(receiver.got) == 1
    assert inside.got == []


def test_a_temporarily_wrong_dns_answer_does_not_delete_a_push_subscription(order, settings, receiver):
    settings.PUSH_ALLOWED_HOSTS = [receiver.host]
    remember_browser(
        actor=Actor.customer(order.customer), subscription=Browser().subscription(receiver.host), path="/"
    )
    settings.PUSH_ALLOWED_HOSTS = []
    tell("order_confirmed", ["push"])
    assert deliver_channel("push") == 0
    assert (receiver.got, PushSubscription.objects.count()) == ([], 1)
    assert "只能用 https" in Delivery.objects.get().error


def test_a_group_bot_that_redirects_to_an_internal_address_is_not_followed(receiver, inside):
    receiver.status, receiver.headers = 307, {"Location": f"http://{inside.host}/metrics"}
    with pytest.raises(ChannelFailed):
        say_in_group(f"json://{receiver.host}/bot")
    assert len(receiver.got) == 1
    assert inside.got == []


@pytest.mark.parametrize(
    "inward", ["json://10.0.0.7/bot", "jsons://169.254.169.254/", "json://93.184.216.34:22/"]
)
def test_a_group_bot_on_an_internal_address_is_refused(inward, caplog):
    with pytest.raises(ChannelFailed):
        say_in_group(inward)


def test_in_production_a_bot_on_loopback_is_called_only_if_the_operator_names_it(receiver, settings):
    settings.OUTBOUND_LOOPBACK = False
    receiver.status = 200
    with pytest.raises(ChannelFailed):
        say_in_group(f"json://{receiver.host}/bot")
    assert receiver.got == []
    settings.CHANNEL_ALLOWED_HOSTS = [receiver.host]
    say_in_group(f"json://{receiver.host}/bot")
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "other", ["mailto://user:pass@127.0.0.1", "syslog://", "rsyslog://127.0.0.1", "mqtt://127.0.0.1/topic"]
)
def test_a_group_bot_url_must_be_http(other):
    with pytest.raises(ChannelFailed) as refused:
        say_in_group(other)
    assert refused.value.final


def test_an_sms_gateway_on_an_internal_address_is_refused_unless_the_operator_names_it(
    db, receiver, settings
):
    settings.OUTBOUND_LOOPBACK = False
    receiver.status = 200
    ChannelAccount.objects.create(channel="sms", name="网关", url=f"http://{receiver.host}/sms")
    with pytest.raises(ChannelFailed, match="端口"):
        SmsChannel().send_notice(SAID, "+8613800138000", SmsChannel().load_credentials())
    assert receiver.got == []
    settings.CHANNEL_ALLOWED_HOSTS = [receiver.host]
    SmsChannel().send_notice(SAID, "+8613800138000", SmsChannel().load_credentials())
    assert len(receiver.got) == 1
