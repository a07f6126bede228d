"""Every way in reads a phone alike: the API, the desk's forms, the admin, searches, texts."""

import pytest

from messaging.models import Channel, ChannelAccount, Conversation, RecipientKind
from messaging.selectors.inbox import InboxFilters, inbox_page
from messaging.services.channels.sms import SmsChannel
from messaging.services.notifications.recipients import Recipient
from orders.selectors.addresses import column_text
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.admin import CustomerForm
from shopcomm.core.accounts.models import Customer
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_a_receivers_virtual_number_is_kept_whole():
    assert column_text("receiver_phone", "１８４１２３４５６７８ 转 1234") == "18412345678-1234"


def test_no_sms_is_sent_to_a_number_with_an_extension(settings):
    ChannelAccount.objects.create(channel=Channel.SMS, enabled=True, name="x", url="https://sms.example/")
    shared = CustomerFactory(phone="+8618412345678-1234")
    own = CustomerFactory(phone="+8613800138000")
    people = [Recipient(RecipientKind.CUSTOMER, each.pk) for each in (shared, own)]

    assert SmsChannel().addresses_of(people) == {people[1]: ["+8613800138000"]}


def test_the_admin_can_save_a_customer_without_a_phone():
    known = CustomerFactory(phone="", external_id="12583")
    data = {
        "name": "x",
        "source": "api",
        "tier": "retail",
        "credit_limit": "0",
        "credit_currency": "CNY",
        "is_active": "on",
        "phone": "",
    }

    assert CustomerForm(data, instance=known).is_valid()
    assert "phone" in CustomerForm(data, instance=Customer()).errors
    assert "phone" in CustomerForm(data | {"phone": "11111111111"}, instance=known).errors


@pytest.mark.parametrize(
    "words", ["184 1234 5678", "18412345678", "18412345678-1234", "18412345678转1234", "5678"]
)
def test_the_inbox_finds_a_virtual_number_with_and_without_its_extension(words, manager):
    customer = CustomerFactory(phone="+8618412345678-1234", phone_tail="5678")
    talk = Conversation.objects.create(customer=customer)

    assert [row.pk for row in inbox_page(Actor.staff(manager), InboxFilters(q=words))] == [talk.pk]
