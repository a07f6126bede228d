"""A log-in gives the session another key while other requests of the browser are on their way."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.proofs import held_links
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.accounts.session_store import SessionStore
from tests.factories import StaffFactory, make_order

pytestmark = pytest.mark.django_db
COOKIE, PASSWORD = "sessionid", "a-long-enough-password"


@pytest.fixture
def sales() -> Staff:
    return StaffFactory(role="sales", password=PASSWORD)


def path_of(order, view: str) -> str:
    return reverse(f"portal:{view}", args=[link_token(make_link(customer=order.customer, order_id=order.pk))])


def with_key(key: str) -> Client:
    """The same browser, asking with the key that it held a moment ago."""
    client = Client()
    client.cookies[COOKIE] = key
    return client


def keys_around_a_login(client: Client, order, sales) -> tuple[str, str]:
    client.get(path_of(order, "order"))
    old = client.cookies[COOKIE].value
    client.post("/login/", {"username": sales.username, "password": PASSWORD})
    return old, client.cookies[COOKIE].value


def test_the_answer_to_a_request_from_before_the_log_in_does_not_change_the_cookie(client, order, sales):
    old, new = keys_around_a_login(client, order, sales)
    late = with_key(old)

    proved, read = late.post(path_of(order, "prove")), late.get(path_of(make_order(), "order"))

    assert old != new
    assert (proved.status_code, read.status_code) == (204, 200)
    assert COOKIE not in proved.cookies
    assert COOKIE not in read.cookies
    assert client.get("/orders/").status_code == 200


def test_the_old_session_key_works_for_a_minute_for_links_and_never_for_staff(client, order, sales):
    with time_machine.travel(
        datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")), tick=False
    ) as clock:
        old, _new = keys_around_a_login(client, order, sales)
        assert [link.order_id for link in held_links(SessionStore(old))] == [order.pk]
        assert with_key(old).get("/orders/").status_code == 302

        clock.shift(timedelta(seconds=61))
        assert held_links(SessionStore(old)) == []


def test_a_log_in_form_sent_twice_ends_logged_in(client, order, sales):
    old, _new = keys_around_a_login(client, order, sales)
    again = with_key(old)

    again.post("/login/", {"username": sales.username, "password": PASSWORD})

    assert again.cookies[COOKIE].value != old
    assert again.get("/orders/").status_code == 200
    assert again.get(path_of(make_order(), "order")).status_code == 200


def test_the_answer_for_an_ended_session_does_not_delete_the_cookie_of_a_newer_one(client, order):
    client.get(path_of(order, "order"))
    old = client.cookies[COOKIE].value
    Session.objects.all().delete()

    answer = with_key(old).get("/login/")

    assert COOKIE not in answer.cookies


def test_a_log_out_deletes_the_cookie_and_the_session(client, sales):
    client.post("/login/", {"username": sales.username, "password": PASSWORD})
    key = client.cookies[COOKIE].value

    answer = client.post("/logout/")

    assert answer.cookies[COOKIE].value == ""
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert not Session.objects.filter(session_key=key).exists()


def test_a_staff_session_key_ends_at_once_when_the_password_is_changed(client, sales):
    client.post("/login/", {"username": sales.username, "password": PASSWORD})
    key = client.cookies[COOKIE].value
    store = SessionStore(key)

    store.cycle_key()

    assert not Session.objects.filter(session_key=key).exists()
    assert Session.objects.filter(session_key=store.session_key).exists()
