"""An event becomes one delivery, signed, in order, tried again until it is taken."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from orders.services.transitions import transition_order
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery
from shopcomm.edge.integrations.webhooks_out.services.courier import Courier
from tests.factories import make_order
from tests.integrations.webhooks_out.receiver import Reply

pytestmark = pytest.mark.django_db


def deliver() -> None:
    relay()
    Courier().run_until_idle()


def test_an_event_is_delivered_with_a_signature_that_the_reference_library_verifies(receiver, make_endpoint):
    _endpoint, secret = make_endpoint(receiver.url, "order.created")
    order = make_order()
    deliver()

    (got,) = receiver.got
    payload = got.verified_with(secret)
    assert set(payload) == {"type", "timestamp", "data"}
    assert payload["type"] == "order.created"
    assert payload["data"]["number"] == order.number
    assert payload["data"]["order"] == {
        "number": order.number,
        "external_id": order.external_id,
        "status": "pending_payment",
        "version": 1,
    }
    assert got.headers["content-type"] == "application/json"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 204, 1)


def test_all_events_reach_a_receiver_that_fails_every_other_time(receiver, make_endpoint, boss):
    make_endpoint(receiver.url, "order.created", "order.paid")
    answers = iter(range(1000))
    taken = []

    def every_other(got):
        if next(answers) % 2 == 0:
            return Reply(500, b"busy")
        taken.append(got)
        return Reply()

    receiver.answer = every_other
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        orders = [make_order() for _ in range(20)]
        for order in orders:
            transition_order(order_id=order.pk, to="paid", actor=boss, data={"reference": f"P{order.pk}"})
        deliver()
        while WebhookDelivery.objects.filter(state="pending").exists():
            clock.shift(timedelta(seconds=0.5))
            deliver()
        assert timezone.now() - start < timedelta(seconds=120)

    told = [(each["type"], each["data"]["number"]) for each in map(json.loads, (got.body for got in taken))]
    assert sorted(told) == sorted(
        (name, order.number) for order in orders for name in ("order.created", "order.paid")
    )
    for order in orders:
        assert told.index(("order.created", order.number)) < told.index(("order.paid", order.number))
    assert WebhookAttempt.objects.filter(status=500, answer="busy").exists()
