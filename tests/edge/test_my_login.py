"""Logging in at `/my/`: what the pages say, what the session is, and whose it stays."""

import json
from unittest import mock

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.urls import reverse

from messaging.models import Channel, ChannelAccount
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer, OneTimeCode
from shopcomm.core.accounts.proofs import (
    LINKS_SESSION_KEY,
    MY_SESSION_KEY,
    SpeaksAs,
    actor_of,
    session_customer,
)
from shopcomm.core.accounts.services.order_links import link_token, make_link, revoke_links
from shopcomm.core.accounts.sockets import Visitor, actor_now
from shopcomm.core.outbound.calls import Answer, NoAnswer
from tests.factories import make_order

pytestmark = pytest.mark.django_db
LOGIN = "/my/login/"
CALL = "messaging.services.channels.sms.call_outbound"


@pytest.fixture(autouse=True)
def demo(settings):
    """No gateway: codes are shown. No buckets: each test has the same address."""
    settings.SHOW_LOGIN_CODES = True
    with mock.patch("shopcomm.core.accounts.services.one_time_codes.seconds_to_wait", return_value=0.0):
        yield


def request_code(client: Client, phone: str) -> str:
    """Ask for a code and read it off the page."""
    client.post(LOGIN, {"phone": phone})
    return client.session["my_code"]["shown"]


def log_in(client: Client, phone: str, **more: str):
    return client.post(LOGIN, {"code": request_code(client, phone), **more})


def open_link_of(client: Client, order) -> None:
    client.get(f"/o/{link_token(make_link(customer=order.customer, order_id=order.pk))}/")


def test_customer_pages_redirect_strangers_to_the_customer_log_in(client):
    response = client.get("/my/catalogue/?q=包")
    assert response.status_code == 302
    assert response["Location"].startswith(f"{LOGIN}?next=%2Fmy%2Fcatalogue")
    assert client.post("/my/chat/new/")["Location"] == f"{LOGIN}?next=%2Fmy%2F"


def test_logging_in_with_phone_and_code_shows_all_own_orders(client, order):
    answer = log_in(client, "138 0013 8000")

    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    assert client.session[MY_SESSION_KEY] == [order.customer_id, order.customer.phone]
    assert order.number in client.get("/my/").content.decode()


def test_the_log_in_returns_to_the_requested_page_and_to_no_other_site(client, customer):
    assert log_in(client, customer.phone, next="/my/catalogue/?q=red")["Location"] == "/my/catalogue/?q=red"
    for bad in ("https://evil.example/my/", "//evil.example/my/", "/orders/", "/my/../admin/x\n"):
        answer = log_in(Client(), customer.phone, next=bad)
        assert answer["Location"] == "/my/"


def test_a_known_phone_and_an_unknown_one_get_the_same_answer(customer):
    pages = []
    for phone in (customer.phone, "+8613700137000"):
        client = Client()
        client.post(LOGIN, {"phone": phone})
        page = client.get(LOGIN).content.decode()
        shown = client.session["my_code"]["shown"]
        pages.append((page.replace(shown, "").replace(phone, "").replace(phone[3:6], ""), len(page)))
    assert pages[0][1] == pages[1][1]


def test_a_wrong_code_and_an_expired_one_get_the_same_message(client, customer):
    code = request_code(client, customer.phone)
    bad = f"{(int(code) + 1) % 10**6:06d}"
    answers = [client.post(LOGIN, {"code": bad}) for _ in range(5)] + [client.post(LOGIN, {"code": code})]

    assert {each.status_code for each in answers} == {422}
    assert all("验证码不对或已过期" in each.content.decode() for each in answers)
    assert MY_SESSION_KEY not in client.session


def test_a_code_is_only_valid_in_the_session_that_requested_it(client, customer):
    code = request_code(client, customer.phone)
    assert Client().post(LOGIN, {"code": code}).status_code == 422


def test_log_in_renews_the_session_key_and_clears_the_session(client, order, other_customer):
    open_link_of(client, make_order(customer=other_customer))
    code = request_code(client, order.customer.phone)
    before = client.session.session_key
    client.post(LOGIN, {"code": code})

    assert client.session.session_key != before
    assert LINKS_SESSION_KEY not in client.session
    assert "my_code" not in client.session


def test_logging_out_ends_the_customers_session(phone):
    assert phone.get("/my/").status_code == 200
    phone.post("/my/logout/")
    assert phone.get("/my/").status_code == 302


def test_without_an_sms_gateway_a_production_site_issues_no_code(client, settings, customer):
    settings.SHOW_LOGIN_CODES = False
    answer = client.post(LOGIN, {"phone": customer.phone})
    assert (answer.status_code, "my_code" in client.session) == (503, False)


def test_with_an_sms_gateway_the_code_is_sent_to_the_phone_only(client, customer, caplog):
    ChannelAccount.objects.create(channel=Channel.SMS, name="短信", url="https://sms.example/send")
    with mock.patch(CALL, return_value=Answer(200)) as post:
        client.post(LOGIN, {"phone": customer.phone})

    sent = json.loads(post.call_args.kwargs["content"])
    code = sent["text"].split("验证码 ")[1][:6]
    page = client.get(LOGIN).content.decode()
    assert sent["to"] == customer.phone
    assert code not in page + caplog.text
    assert client.session["my_code"]["shown"] == ""
    assert client.post(LOGIN, {"code": code}).status_code == 302


def test_a_failing_sms_gateway_is_reported_to_the_customer(client, customer):
    ChannelAccount.objects.create(channel=Channel.SMS, name="短信", url="https://sms.example/send")
    with mock.patch(CALL, side_effect=NoAnswer("down")):
        assert client.post(LOGIN, {"phone": customer.phone}).status_code == 502


def test_too_many_code_requests_are_told_to_wait(client, customer):
    with mock.patch("shopcomm.core.accounts.services.one_time_codes.seconds_to_wait", return_value=41.3):
        answer = client.post(LOGIN, {"phone": customer.phone})
    assert answer.status_code == 429
    assert "42" in answer.content.decode()
    assert not OneTimeCode.objects.exists()


def test_opening_a_link_of_the_same_customer_keeps_the_log_in(phone, order):
    open_link_of(phone, order)
    assert phone.get("/my/").status_code == 200
    assert LINKS_SESSION_KEY not in phone.session


def test_opening_a_link_of_another_customer_ends_the_log_in(phone, other_customer):
    order = make_order(customer=other_customer)
    open_link_of(phone, order)
    assert phone.get("/my/").status_code == 302
    assert session_customer(phone.session).order_id == order.pk


def test_a_blocked_customer_is_logged_out_at_once_everywhere(phone, client, order):
    open_link_of(client, order)
    token = link_token(make_link(customer=order.customer, order_id=order.pk))
    Customer.objects.update(is_active=False)

    assert phone.get("/my/").status_code == 302
    assert session_customer(phone.session) is None
    assert session_customer(client.session) is None
    assert client.get(f"/o/{token}/").status_code == 404


def test_a_customer_whose_phone_number_changed_is_logged_out(phone, customer):
    Customer.objects.filter(pk=customer.pk).update(phone="+8613700137001")
    assert phone.get("/my/").status_code == 302


def test_a_customer_merged_into_another_is_logged_out(phone, customer):
    customer.delete()
    assert phone.get("/my/").status_code == 302


def test_a_staff_log_in_does_not_open_customer_pages(log_in_staff, phone):
    client = log_in_staff
    assert client.get("/my/").status_code == 302
    assert "员工身份" in client.get(LOGIN).content.decode()


@pytest.fixture
def log_in_staff(client, manager) -> Client:
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_session_with_staff_and_customer_acts_as_staff_except_on_customer_pages(manager, customer):
    session = {MY_SESSION_KEY: [customer.pk, customer.phone]}
    assert actor_of(manager, session) == Actor.staff(manager)
    assert session_customer(session) == Actor.customer(customer)
    assert actor_of(None, session) == Actor.customer(customer)


@pytest.mark.django_db(transaction=True)
async def test_a_logged_in_customers_socket_may_follow_all_own_orders(phone, customer, manager):
    key = phone.session.session_key
    assert await actor_now(Visitor(key, SpeaksAs(as_customer=True))) == Actor.customer(customer)
    assert await actor_now(Visitor(key)) == Actor.customer(customer)
    await database_sync_to_async(Customer.objects.filter(pk=customer.pk).update)(is_active=False)
    assert await actor_now(Visitor(key, SpeaksAs(as_customer=True))) is None


def test_a_new_customer_sees_an_empty_list_and_may_look_around(client, variant):
    log_in(client, "+8613700137000")
    assert "还没有订单" in client.get("/my/").content.decode()
    assert variant.product.name in client.get("/my/catalogue/").content.decode()


def test_a_customer_can_change_their_name(phone, customer):
    assert phone.post("/my/me/", {"name": " 吴姐 "}).status_code == 302
    assert phone.post("/my/me/", {"name": "  "}).status_code == 422
    customer.refresh_from_db()
    assert customer.name == "吴姐"


def test_a_logged_in_customer_can_set_notification_preferences_without_a_link(phone, customer):
    answer = phone.post("/my/me/notices/", {"quiet_from": "22:00", "quiet_to": "08:00"})
    page = phone.get(answer["Location"]).content.decode()
    assert 'value="22:00"' in page
    assert reverse("my:me") in page


def test_revoking_a_link_does_not_end_the_log_in_by_code(phone, order):
    open_link_of(phone, order)
    revoke_links(order_id=order.pk)
    assert phone.get(f"/my/orders/{order.number}/").status_code == 200
