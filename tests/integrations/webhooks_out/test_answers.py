"""What a receiver answers, and what becomes of the delivery and of the endpoint."""

import socket
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.courier import Courier
from tests.integrations.webhooks_out.driving import deliver, queue_rows, states
from tests.integrations.webhooks_out.receiver import Got, Reply

pytestmark = pytest.mark.django_db


def answer_with(status: int, _got: Got) -> Reply:
    return Reply(status)


def test_every_attempt_is_recorded_with_status_duration_and_the_beginning_of_the_answer(
    receiver, make_endpoint
):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    receiver.answer = lambda _got: Reply(500, "忙\0".encode() + b"x" * 100_000)
    with time_machine.travel(timezone.now(), tick=True) as clock:
        Courier().run_until_idle()
        clock.shift(timedelta(seconds=10))
        receiver.answer = lambda _got: Reply(200, b"thanks")
        Courier().run_until_idle()

    first, second = WebhookAttempt.objects.order_by("number")
    assert (first.number, first.status, first.answer[:4], len(first.answer)) == (
        1,
        500,
        "忙xxx",
        4 * 1024 - 3,
    )
    assert (second.number, second.status, second.answer) == (2, 200, "thanks")
    assert 0 <= first.duration_ms < 15_000


def test_the_webhook_id_and_the_body_are_the_same_at_every_attempt(receiver, make_endpoint):
    endpoint, secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    receiver.answer = lambda _got: Reply(500)
    start = timezone.now()
    for seconds in (0, 5, 20):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            Courier().run_until_idle()
            receiver.got[-1].verified_with(secret)

    assert len(receiver.got) == 3
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1
    # The time is that of the attempt: a receiver refuses what is older than five minutes.
    assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 3


def test_a_redirect_is_not_followed_and_is_tried_again(new_receiver, make_endpoint):
    receiver, elsewhere = new_receiver(), new_receiver()
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    receiver.answer = lambda _got: Reply(307, headers={"Location": elsewhere.url})
    Courier().run_until_idle()

    assert (states(), len(receiver.got), elsewhere.got) == (["pending"], 1, [])


@pytest.mark.parametrize("reply", [Reply(404), Reply(500, headers={"webhook-delivery": "abort-message"})])
def test_a_final_answer_ends_the_delivery_at_the_first_attempt(receiver, make_endpoint, reply):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    receiver.answer = lambda _got: reply
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Courier().run_until_idle()
        clock.shift(timedelta(days=1))
        Courier().run_until_idle()

    assert (states(), len(receiver.got)) == (["failed"], 1)
    endpoint.refresh_from_db()
    assert endpoint.state == "active"


def test_an_address_that_has_become_private_is_refused_when_it_is_called_and_not_tried_again(
    receiver, make_endpoint, settings
):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    settings.WEBHOOK_ALLOWED_HOSTS = []
    Courier().run_until_idle()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, receiver.got) == ("failed", 1, [])
    assert "https" in delivery.error


def test_a_name_that_cannot_be_resolved_is_tried_again(receiver, make_endpoint, settings, monkeypatch):
    settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host.replace("127.0.0.1", "localhost")]
    endpoint, _secret = make_endpoint(receiver.url.replace("127.0.0.1", "localhost"))
    queue_rows(endpoint, "")

    def nobody_knows(*_asked, **_more):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    with monkeypatch.context() as away:
        away.setattr(socket, "getaddrinfo", nobody_knows)
        Courier().run_until_idle()
    assert states() == ["pending"]
    assert "找不到 " in WebhookAttempt.objects.get().error
    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=False):
        Courier().run_until_idle()
    assert states() == ["delivered"]


def test_a_receiver_that_is_busy_is_left_alone_with_everything_for_as_long_as_it_asks(
    receiver, make_endpoint
):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    receiver.answer = lambda _got: Reply(429, headers={"Retry-After": "120"})
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Courier().run_until_idle()
        queue_rows(endpoint, "")
        receiver.answer = lambda _got: Reply()
        clock.shift(timedelta(seconds=119))
        Courier().run_until_idle()
        assert len(receiver.got) == 1
        clock.shift(timedelta(seconds=2))
        Courier().run_until_idle()

    assert set(states()) == {"delivered"}


@pytest.mark.parametrize("reply", [Reply(410), Reply(500, headers={"webhook-delivery": "disable"})])
def test_an_endpoint_that_asks_for_it_is_disabled_and_what_waits_is_kept_as_skipped(
    receiver, make_endpoint, reply
):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "order:1", "order:1")
    receiver.answer = lambda _got: reply
    deliver()

    endpoint.refresh_from_db()
    assert (endpoint.state, states()) == ("disabled", ["failed", "skipped"])
    assert endpoint.disabled_reason == f"HTTP {reply.status}"


def test_an_endpoint_that_fails_is_disabled_after_three_days_and_not_a_moment_sooner(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    receiver.answer = lambda _got: Reply(500)
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        while WebhookEndpoint.objects.get().state == "active":
            queue_rows(endpoint, "")
            Courier().run_until_idle()
            clock.shift(timedelta(hours=6))
            assert timezone.now() - start < timedelta(days=5)
    endpoint.refresh_from_db()
    assert endpoint.disabled_at - start == timedelta(days=3)


def test_one_success_in_between_keeps_an_endpoint_going(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for hours in range(0, 96, 6):
            receiver.answer = partial(answer_with, 204 if hours == 48 else 500)
            queue_rows(endpoint, "")
            Courier().run_until_idle()
            clock.shift(timedelta(hours=6))
    endpoint.refresh_from_db()
    assert endpoint.state == "active"
