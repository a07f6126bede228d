"""The pages of webhooks out, for managers."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from messaging.models import Notification
from messaging.services.notifications.rules import ensure_default_rules
from shopcomm.core.accounts.confirming import CONFIRMED_KEY
from shopcomm.core.accounts.models import Staff
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.admin_home.figures import room_standings
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.redelivery import resume_endpoint
from tests.factories import make_order
from tests.integrations.webhooks_out.driving import deliver, queue_rows, states
from tests.integrations.webhooks_out.receiver import Reply

pytestmark = pytest.mark.django_db
LIST = "/integrations/webhooks/"


@pytest.fixture
def office(log_in, manager: Staff) -> Client:
    """A manager who has just given the password once more."""
    client = log_in(manager)
    session = client.session
    session[CONFIRMED_KEY] = int(time.time())
    session.save()
    return client


def form(url: str, **more: object) -> dict[str, object]:
    return {"url": url, "event_types": ["*"], "payload_version": "1", "form_key": "k1", **more}


def test_only_managers_open_the_pages(log_in, sales, warehouse, office):
    assert office.get(LIST).status_code == 200
    assert [log_in(each).get(LIST).status_code for each in (sales, warehouse)] == [403, 403]


def test_who_sends_the_shops_events_elsewhere_gives_the_password_first(
    log_in, manager, receiver, make_endpoint
):
    endpoint, _secret = make_endpoint(receiver.url)
    for page in (f"{LIST}new/", f"{LIST}{endpoint.pk}/settings/"):
        answers = [log_in(manager).get(page), log_in(manager).post(page, form("https://example.com/"))]
        assert [(each.status_code, each.url.split("?")[0]) for each in answers] == [(302, "/confirm/")] * 2
    assert [each.url for each in WebhookEndpoint.objects.all()] == [receiver.url]


def test_the_secret_is_in_the_answer_to_the_form_and_on_no_page_afterwards(office, receiver):
    made = office.post(f"{LIST}new/", form(receiver.url, headers="Authorization: Bearer tiger\n\nX-Shop: 1"))
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", made.text))
    endpoint = WebhookEndpoint.objects.get()
    queue_rows(endpoint, "")
    deliver()

    receiver.got[0].verified_with(secret)
    assert receiver.got[0].headers["x-shop"] == "1"
    pages = [LIST, f"{LIST}{endpoint.pk}/", f"{LIST}{endpoint.pk}/settings/"]
    shown = "".join(office.get(page).text for page in pages)
    assert "Authorization, X-Shop" in shown
    assert secret not in shown
    assert "tiger" not in shown
    # The same form again makes no second endpoint, and has no secret to show.
    again = office.post(f"{LIST}new/", form(receiver.url))
    assert again.status_code == 302
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "http://10.0.0.1/"}, "这个地址不能用"),
        ({"event_types": []}, "至少选一种事件"),
        ({"headers": "no colon"}, "没有冒号"),
        ({"headers": "Webhook-Id: 1"}, "不能设置请求头 Webhook-Id"),
    ],
)
def test_a_form_that_is_refused_says_at_its_field_what_is_wrong(office, receiver, wrong, said):
    refused = office.post(f"{LIST}new/", form(receiver.url) | wrong)
    assert refused.status_code == 422
    assert said in refused.text
    assert not WebhookEndpoint.objects.exists()


def test_saving_the_settings_keeps_the_headers_unless_they_are_taken_away(office, receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url, headers={"X-Shop": "1"})
    page = f"{LIST}{endpoint.pk}/settings/"
    for more in ({}, {"clear_headers": "1"}):
        assert office.post(page, form(receiver.url, **more)).status_code == 302
        queue_rows(endpoint, "")
        deliver()
    assert [got.headers.get("x-shop") for got in receiver.got] == ["1", None]


def test_an_endpoint_is_paused_tried_resumed_given_a_new_secret_and_deleted_by_buttons(
    office, receiver, make_endpoint
):
    endpoint, old = make_endpoint(receiver.url)
    at = f"{LIST}{endpoint.pk}/"
    office.post(f"{at}pause/")
    assert WebhookEndpoint.objects.get().state == "paused"
    office.post(f"{at}test/")
    deliver()
    assert receiver.got[0].verified_with(old)["type"] == "webhook.test"
    office.post(f"{at}resume/")
    assert WebhookEndpoint.objects.get().state == "active"
    page = office.post(f"{at}secret/", {"form_key": "k2"}).text
    assert re.search(r"whsec_[A-Za-z0-9+/=]{44}", page)
    assert "旧密钥到" in page
    office.post(f"{at}delete/")
    assert not WebhookEndpoint.objects.exists()


def test_the_last_hundred_deliveries_are_shown_with_their_state_and_a_script_gets_the_list_alone(
    office, receiver, make_endpoint
):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, *[""] * 101)
    WebhookDelivery.objects.filter(pk=WebhookDelivery.objects.latest("pk").pk).update(
        state="failed", error="HTTP?", status=404
    )
    page = office.get(f"{LIST}{endpoint.pk}/")
    part = office.get(f"{LIST}{endpoint.pk}/", headers={"X-Fragment": "list"}).text

    assert page.text.count('name="delivery"') == part.count('name="delivery"') == 100
    assert part.lstrip().startswith("<div data-deliveries")
    assert "csrfmiddlewaretoken" not in part
    failed = office.get(f"{LIST}{endpoint.pk}/?state=failed").text
    assert failed.count('name="delivery"') == 1
    assert "HTTP 404" in failed


def test_ticked_deliveries_and_all_missed_since_a_moment_are_sent_again(office, receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url, "order.created")
    receiver.answer = lambda _got: Reply(404)
    make_order()
    make_order()
    deliver()
    receiver.answer = lambda _got: Reply()
    first = WebhookDelivery.objects.first()
    at = f"{LIST}{endpoint.pk}/"
    office.post(f"{at}again/", {"delivery": [first.pk, "x"]})
    deliver()
    assert states() == ["delivered", "failed"]
    later = timezone.localtime() + timedelta(hours=1)
    office.post(f"{at}missed/", {"since": later.strftime("%Y-%m-%dT%H:%M")})
    deliver()
    assert states() == ["delivered", "failed"]
    office.post(f"{at}missed/", {"since": (later - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")})
    deliver()
    assert states() == ["delivered", "delivered"]
    office.post(f"{LIST}deliveries/{first.pk}/again/")
    deliver()
    assert len(receiver.got) == 5


def test_the_page_of_a_delivery_shows_what_was_sent_and_every_answer_as_text(office, receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    (row,) = queue_rows(endpoint, "")
    receiver.answer = lambda _got: Reply(500, b"<script>alert(1)</script>")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        deliver()
        clock.shift(timedelta(seconds=5))
        deliver()
    page = office.get(f"{LIST}deliveries/{row.pk}/").text

    assert page.count("&lt;script&gt;alert(1)") == 2
    assert "<script>alert" not in page
    assert "webhook.test" in page


def test_managers_are_told_once_of_an_endpoint_that_was_disabled(
    office, manager, receiver, make_endpoint, boss
):
    ensure_default_rules()
    endpoint, _secret = make_endpoint(receiver.url, description="旺店通")
    receiver.answer = lambda _got: Reply(410)
    queue_rows(endpoint, "", "", "")
    deliver()
    deliver()

    event = DomainEvent.objects.get(type="webhook.disabled")
    assert (event.fact.endpoint, event.fact.reason) == ("旺店通", "HTTP 410")
    notices = Notification.objects.filter(trigger="webhook_disabled")
    assert [(each.recipient_id, each.order_id) for each in notices] == [(manager.pk, None)]
    assert [each.text for each in room_standings()["system"].alerts if "推送" in each.text] == [
        "停用的推送地址：1"
    ]
    # Enabled, and disabled once more: that is news again.
    resume_endpoint(actor=boss, endpoint_id=endpoint.pk)
    assert not [each.text for each in room_standings()["system"].alerts if "推送" in each.text]
    queue_rows(endpoint, "")
    deliver()
    deliver()
    assert Notification.objects.filter(trigger="webhook_disabled").count() == 2
