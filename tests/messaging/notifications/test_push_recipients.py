"""Who hears of what outside the product: whoever may see it at the moment it is delivered."""

import base64
import json
import os

import pytest
from django.test import Client

from messaging.models import Delivery, NotificationRule, PushSubscription
from messaging.services import subscriptions
from messaging.services.channels.delivery import deliver_channel
from messaging.services.channels.push import PushChannel
from messaging.services.notifications.release import release_due
from messaging.services.subscriptions import Entry, SubscriptionRefused, remember_browser
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import OrderLink
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from shopcomm.core.events.relay import relay
from tests.factories import make_order
from tests.messaging.notifications.conftest import agree_by_link

pytestmark = pytest.mark.django_db


def browser(name: str = "phone") -> dict:
    def text(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    keys = {"p256dh": text(b"\x04" + os.urandom(64)), "auth": text(os.urandom(16))}
    return {"endpoint": f"https://93.184.216.34/push/{name}", "keys": keys}


@pytest.fixture
def woken(clock, monkeypatch):
    """Delivers what is due by push; answers the endpoint, path and text of each browser that was woken."""
    found: list[tuple[str, str, str]] = []

    def send(way, outgoing, address, credentials) -> None:
        found.append((address.endpoint.rsplit("/", 1)[-1], address.path, outgoing.body))

    def run() -> list[tuple[str, str, str]]:
        found.clear()
        NotificationRule.objects.filter(key="order_confirmed").update(channels=["push"])
        relay()
        release_due()
        deliver_channel("push")
        return list(found)

    monkeypatch.setattr(PushChannel, "send_notice", send)
    return run


def test_new_push_subscriptions_are_limited_and_a_known_one_needs_no_dns_lookup(customer, monkeypatch):
    looked: list[str] = []
    monkeypatch.setattr(subscriptions, "check_outbound", lambda endpoint, _reach: looked.append(endpoint))
    actor = Actor.customer(customer)
    for _ in range(30):
        remember_browser(actor=actor, subscription=browser("same"))
    assert len(looked) == 1

    for place in range(1, subscriptions.NEW_BURST):
        remember_browser(actor=actor, subscription=browser(f"new{place}"))
    with pytest.raises(SubscriptionRefused, match="短时间内打开的设备太多"):
        remember_browser(actor=actor, subscription=browser("one more"))
    assert len(looked) == subscriptions.NEW_BURST


def test_a_subscription_made_by_link_gets_pushes_of_that_order_only(woken, customer):
    order = make_order(customer=customer)
    token = agree_by_link(order, browser())
    other = make_order(customer=customer)
    told = woken()
    assert [(name, path) for name, path, _text in told] == [("phone", f"/o/{token}/chat/")]
    assert order.number in told[0][2]
    assert other.number not in told[0][2]
    (skipped,) = Delivery.objects.filter(notification__order=other)
    assert skipped.state == "failed"


def test_a_revoked_link_ends_its_push_subscriptions(woken, customer):
    order = make_order(customer=customer)
    agree_by_link(order, browser())
    revoke_links(order_id=order.pk)
    # A new link is out, and the old browser does not have it.
    make_link(customer=customer, order_id=order.pk)
    assert woken() == []


def test_a_browser_with_two_links_gets_pushes_of_both_orders(woken, customer):
    first, second = make_order(customer=customer), make_order(customer=customer)
    tokens = [agree_by_link(order, browser()) for order in (first, second)]
    assert sorted(path for _name, path, _text in woken()) == sorted(f"/o/{token}/chat/" for token in tokens)


def test_a_subscription_made_after_log_in_by_code_gets_all_orders_until_the_phone_changes(woken, customer):
    remember_browser(actor=Actor.customer(customer), subscription=browser(), path="/my/chat/")
    make_order(customer=customer)
    assert [(name, path) for name, path, _text in woken()] == [("phone", "/my/chat/")]
    customer.phone = "+8613700137000"
    customer.save()
    make_order(customer=customer)
    assert woken() == []


def test_a_blocked_customer_gets_no_push(woken, customer):
    order = make_order(customer=customer)
    agree_by_link(order, browser())
    customer.is_active = False
    customer.save()
    assert woken() == []
    assert Delivery.objects.get().error == "收件人已不能查看"


@pytest.fixture
def seller_told(woken, sales):
    """A seller with a browser that agreed, who is told of each of their new orders."""
    remember_browser(actor=Actor.staff(sales), subscription=browser("desk"))
    NotificationRule.objects.filter(key="order_confirmed").update(audience="assigned")

    def run(order) -> list[str]:
        return [name for name, _path, _text in woken()]

    return run


def test_a_seller_gets_pushes_until_they_are_deactivated(seller_told, sales, customer):
    assert seller_told(make_order(customer=customer, assigned_to=sales)) == ["desk"]
    order = make_order(customer=customer, assigned_to=sales)
    sales.is_active = False
    sales.save()
    assert seller_told(order) == []


def test_changing_the_password_ends_the_push_subscriptions_of_other_browsers(seller_told, sales, customer):
    sales.set_password("another long one")
    sales.save()
    assert seller_told(make_order(customer=customer, assigned_to=sales)) == []


def test_a_reassigned_order_sends_no_more_pushes_to_its_former_seller(
    seller_told, sales, other_sales, customer
):
    order = make_order(customer=customer, assigned_to=sales)
    relay()
    order.assigned_to = other_sales
    order.save()
    assert seller_told(order) == []


def test_subscribing_to_an_order_requires_a_valid_link(order, customer):
    actor, other = Actor.customer(customer, order_id=order.pk), make_order(customer=customer)
    for entry in (Entry(), Entry(make_link(customer=customer, order_id=other.pk))):
        with pytest.raises(SubscriptionRefused):
            remember_browser(actor=actor, subscription=browser(), entry=entry)
    assert not PushSubscription.objects.exists()


def send_from(client: Client, **more) -> int:
    return client.post(
        "/push/", json.dumps({**browser(), **more}), content_type="application/json"
    ).status_code


def test_a_link_page_subscribes_for_its_own_link(client, order):
    link = make_link(customer=order.customer, order_id=order.pk)
    client.get(f"/o/{link_token(link)}/")
    assert send_from(client) == 201
    kept = PushSubscription.objects.get()
    assert (list(kept.links.all()), kept.proof) == ([link], "")
    # No working address is kept with it.
    assert link_token(link) not in kept.path


def test_renewing_a_push_subscription_keeps_it_for_the_same_person_only(client, order, other_customer):
    assert send_from(client) == 403
    tokens = [
        link_token(make_link(customer=each.customer, order_id=each.pk))
        for each in (order, make_order(customer=order.customer), make_order(customer=other_customer))
    ]
    client.get(f"/o/{tokens[0]}/")
    assert send_from(client, renew=True) == 422
    assert send_from(client) == 201
    client.get(f"/o/{tokens[1]}/")
    assert send_from(client, renew=True) == 201
    assert PushSubscription.objects.get().links.count() == 2
    client.get(f"/o/{tokens[2]}/")
    assert send_from(client, renew=True) == 422
    assert send_from(client) == 201
    kept = PushSubscription.objects.get()
    assert (kept.owner_id, list(kept.links.all())) == (other_customer.pk, [OrderLink.objects.latest("pk")])


def test_logging_out_ends_the_push_subscriptions_of_the_session(phone, log_in, sales):
    assert send_from(phone) == 201
    phone.post("/my/logout/")
    assert not PushSubscription.objects.exists()
    desk = log_in(sales)
    assert send_from(desk) == 201
    desk.post("/logout/")
    assert not PushSubscription.objects.exists()
