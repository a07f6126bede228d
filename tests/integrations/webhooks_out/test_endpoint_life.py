"""An endpoint is made, changed, given a new secret, paused, disabled, enabled and taken away; nothing is lost meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from orders.errors import NotAllowed
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.kinds import all_kinds
from shopcomm.core.events.models import DeadLetter, DomainEvent, HeldEvent, Reader
from shopcomm.core.events.readers import add_reader
from shopcomm.core.events.relay import relay
from shopcomm.core.purging import purge_by_age
from shopcomm.core.realtime import without_pushes
from shopcomm.edge.integrations.webhooks_out import payloads
from shopcomm.edge.integrations.webhooks_out.errors import EndpointDisabled, EndpointRefused
from shopcomm.edge.integrations.webhooks_out.event_types import ALL, EVENT_TYPES, types_meant
from shopcomm.edge.integrations.webhooks_out.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.payloads import safe_numbers
from shopcomm.edge.integrations.webhooks_out.services.courier import Courier
from shopcomm.edge.integrations.webhooks_out.services.endpoints import (
    EndpointSettings,
    create_endpoint,
    delete_endpoint,
    edit_endpoint,
    pause_endpoint,
    rotate_secret,
)
from shopcomm.edge.integrations.webhooks_out.services.redelivery import (
    redeliver_chosen,
    redeliver_one,
    redeliver_since,
    resume_endpoint,
    send_test_event,
)
from tests.factories import make_order
from tests.integrations.webhooks_out.driving import deliver, queue_rows, states
from tests.integrations.webhooks_out.receiver import Reply

pytestmark = pytest.mark.django_db


# --- which events ----------------------------------------------------------------------------------
def test_every_public_event_type_is_a_declared_kind_of_fact():
    assert set(EVENT_TYPES) <= {kind.type for kind in all_kinds()}
    assert types_meant([ALL]) == frozenset(EVENT_TYPES)


def test_an_endpoint_is_told_of_the_types_that_it_asked_for_and_of_nothing_older(receiver, make_endpoint):
    make_order()
    relay()
    make_endpoint(receiver.url, "order.created")
    new = make_order()
    deliver()

    assert [row.type for row in WebhookDelivery.objects.all()] == ["order.created"]
    assert new.number in receiver.got[0].body.decode()


def test_an_event_that_is_read_twice_is_delivered_once(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url, "order.created")
    make_order()
    deliver()
    Reader.objects.filter(name=endpoint.reader_name).update(position=0)
    deliver()

    assert (states(), len(receiver.got)) == (["delivered"], 1)


def test_imported_history_is_not_delivered(receiver, make_endpoint):
    make_endpoint(receiver.url)
    with without_pushes():
        make_order()
    deliver()

    assert receiver.got == []


def test_what_an_endpoint_is_told_masks_phones_and_streets(receiver, make_endpoint, post):
    make_endpoint(receiver.url, "order.changed")
    new = {"phone": "13912345678", "street": "钱江三桥路 88 号"}
    asked = post(f"orders/{make_order().number}/changes/", {"kind": "address", "data": new})
    assert asked.json()["status"] == "applied"
    deliver()

    (told,) = (got.body.decode() for got in receiver.got)
    assert "order.changed" in told
    assert "13912345678" not in told
    assert "钱江三桥路 88 号" not in told


def test_numbers_beyond_what_javascript_holds_are_text():
    given = {"id": 3705115058471208928, "list": [2**53, -(2**53), 2**53 - 1, True, 1.5], "text": "x"}
    assert safe_numbers(given) == {
        "id": "3705115058471208928",
        "list": ["9007199254740992", "-9007199254740992", 2**53 - 1, True, 1.5],
        "text": "x",
    }


def test_a_payload_that_cannot_be_made_is_a_failed_delivery_that_can_be_sent_once_it_can(
    receiver, make_endpoint, boss, monkeypatch
):
    make_endpoint(receiver.url, "order.created")

    def breaks(_event):
        raise ValueError("no such field")

    with monkeypatch.context() as broken:
        broken.setitem(payloads.FORMATS, payloads.LATEST, breaks)
        make_order()
        make_order()
        deliver()
        failed = WebhookDelivery.objects.first()
        assert (states(), failed.attempts) == (["failed", "failed"], 0)
        assert "no such field" in failed.error
        # The reader has gone on: nothing is held or dead that only the log of the server knows.
        assert not HeldEvent.objects.exists()
        assert not DeadLetter.objects.exists()
        redeliver_one(actor=boss, delivery_id=failed.pk)
        assert states() == ["failed", "failed"]
    redeliver_one(actor=boss, delivery_id=failed.pk)
    deliver()

    assert sorted(states()) == ["delivered", "failed"]


# --- secrets and headers ---------------------------------------------------------------------------
def test_for_a_day_after_a_rotation_both_secrets_verify_and_then_only_the_new_one(
    receiver, make_endpoint, boss
):
    endpoint, old = make_endpoint(receiver.url)
    start = timezone.now()
    _endpoint, new = rotate_secret(actor=boss, endpoint_id=endpoint.pk)
    with time_machine.travel(start + timedelta(hours=23, minutes=59), tick=False):
        queue_rows(endpoint, "")
        Courier().run_until_idle()
        assert len(receiver.got[0].headers["webhook-signature"].split()) == 2
        receiver.got[0].verified_with(old)
        receiver.got[0].verified_with(new)
    with time_machine.travel(start + timedelta(hours=24, minutes=1), tick=False):
        queue_rows(endpoint, "")
        Courier().run_until_idle()
        receiver.got[1].verified_with(new)
        with pytest.raises(WebhookVerificationError):
            receiver.got[1].verified_with(old)


def test_a_secret_has_32_bytes_and_is_kept_sealed(receiver, make_endpoint):
    endpoint, secret = make_endpoint(receiver.url, headers={"Authorization": "Bearer tiger"})
    assert secret.startswith("whsec_")
    assert len(secret) == len("whsec_") + 44
    row = str(WebhookEndpoint.objects.filter(pk=endpoint.pk).values().get())
    assert secret not in row
    assert "tiger" not in row


def test_a_secret_that_was_sealed_under_another_key_is_a_failed_delivery(receiver, make_endpoint, settings):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "")
    settings.SECRET_KEY = "another"
    Courier().run_until_idle()

    assert (states(), receiver.got) == (["failed"], [])
    assert "SECRET_KEY" in WebhookDelivery.objects.get().error


def test_headers_of_its_own_are_sent_with_each_delivery(receiver, make_endpoint):
    endpoint, secret = make_endpoint(receiver.url, headers={"Authorization": "Bearer tiger", "X-Shop": "1"})
    queue_rows(endpoint, "")
    Courier().run_until_idle()

    assert (receiver.got[0].headers["authorization"], receiver.got[0].headers["x-shop"]) == (
        "Bearer tiger",
        "1",
    )
    receiver.got[0].verified_with(secret)


@pytest.mark.parametrize(
    "headers",
    [
        {"Webhook-Id": "x"}, {"content-type": "text/plain"}, {"Host": "localhost"}, {"Content-Length": "1"},
        {"X-Bad": "a\r\nX-Other: b"}, {"X Bad": "a"}, {"": "a"}, {"X-Bad": "密"}, {"X-Bad": "a" * 2001},
        {f"X-{number}": "a" for number in range(21)},
    ],
)  # fmt: skip
def test_a_header_that_a_delivery_sets_itself_or_that_is_none_is_refused(receiver, make_endpoint, headers):
    with pytest.raises(EndpointRefused):
        make_endpoint(receiver.url, headers=headers)


def test_only_managers_set_up_endpoints(sales, receiver):
    wanted = EndpointSettings(url=receiver.url, event_types=["*"])
    with pytest.raises(NotAllowed):
        create_endpoint(actor=Actor.staff(sales), wanted=wanted)


# --- paused, disabled, sent again --------------------------------------------------------------------
def test_while_an_endpoint_is_paused_its_events_wait_and_are_sent_afterwards(receiver, make_endpoint, boss):
    endpoint, secret = make_endpoint(receiver.url, "order.created")
    pause_endpoint(actor=boss, endpoint_id=endpoint.pk)
    orders = [make_order() for _ in range(3)]
    deliver()
    assert (states(), receiver.got) == (["pending"] * 3, [])
    resume_endpoint(actor=boss, endpoint_id=endpoint.pk)
    deliver()

    assert states() == ["delivered"] * 3
    told = [got.verified_with(secret)["data"]["number"] for got in receiver.got]
    assert sorted(told) == sorted(order.number for order in orders)


def test_what_happens_while_an_endpoint_is_disabled_is_kept_as_skipped_and_sent_from_a_date(
    receiver, make_endpoint, boss
):
    endpoint, secret = make_endpoint(receiver.url, "order.created")
    receiver.answer = lambda _got: Reply(410)
    make_order()
    deliver()
    receiver.answer = lambda _got: Reply()
    since = timezone.now()
    missed = [make_order() for _ in range(3)]
    deliver()
    assert states() == ["failed", "skipped", "skipped", "skipped"]
    with pytest.raises(EndpointDisabled):
        redeliver_since(actor=boss, endpoint_id=endpoint.pk, since=since)

    resume_endpoint(actor=boss, endpoint_id=endpoint.pk)
    deliver()
    assert len(receiver.got) == 1
    assert redeliver_since(actor=boss, endpoint_id=endpoint.pk, since=since) == 3
    deliver()

    assert states() == ["failed", "delivered", "delivered", "delivered"]
    told = [got.verified_with(secret)["data"]["number"] for got in receiver.got[1:]]
    assert sorted(told) == sorted(order.number for order in missed)


def test_chosen_deliveries_are_sent_again_whatever_became_of_them_and_only_those_of_the_endpoint(
    receiver, make_endpoint, boss
):
    endpoint, _secret = make_endpoint(receiver.url)
    other, _secret = make_endpoint(receiver.url)
    first, _second = queue_rows(endpoint, "", "")
    (foreign,) = queue_rows(other, "")
    deliver()

    assert redeliver_chosen(actor=boss, endpoint_id=endpoint.pk, delivery_ids=[first.pk, foreign.pk]) == 1
    deliver()

    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert ids.count(first.message_id) == 2
    assert len(ids) == 4


def test_a_test_event_reaches_a_paused_and_a_disabled_endpoint(receiver, make_endpoint, boss):
    endpoint, secret = make_endpoint(receiver.url)
    for state in ("active", "paused", "disabled"):
        WebhookEndpoint.objects.update(state=state)
        send_test_event(actor=boss, endpoint_id=endpoint.pk)
        deliver()

    assert [got.verified_with(secret)["type"] for got in receiver.got] == ["webhook.test"] * 3


def test_a_changed_address_gets_what_waits(new_receiver, make_endpoint, boss):
    old, new = new_receiver(), new_receiver()
    endpoint, _secret = make_endpoint(old.url, headers={"X-Shop": "1"})
    queue_rows(endpoint, "")
    edit_endpoint(
        actor=boss, endpoint_id=endpoint.pk, wanted=EndpointSettings(url=new.url, event_types=["*"])
    )
    deliver()

    assert (len(old.got), len(new.got)) == (0, 1)
    # What was not asked for stays.
    assert new.got[0].headers["x-shop"] == "1"


def test_a_deleted_endpoint_takes_its_deliveries_and_its_reader_along(receiver, make_endpoint, boss):
    endpoint, _secret = make_endpoint(receiver.url)
    make_order()
    deliver()
    delete_endpoint(actor=boss, endpoint_id=endpoint.pk)
    make_order()
    relay()

    assert not WebhookDelivery.objects.exists()
    assert not WebhookAttempt.objects.exists()
    assert not Reader.objects.filter(name=endpoint.reader_name).exists()


def test_a_reader_whose_endpoint_is_gone_is_left_alone():
    add_reader(name="webhook:0", kind="webhook", configuration={"endpoint": 0})
    make_order()
    relay()

    assert not HeldEvent.objects.exists()


def test_attempts_and_deliveries_go_by_age_and_what_waits_stays(receiver, make_endpoint, boss):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "", "")
    Courier().run_until_idle()
    pause_endpoint(actor=boss, endpoint_id=endpoint.pk)
    make_order()
    relay()
    waiting = WebhookDelivery.objects.filter(state="pending").count()
    now = timezone.now()
    purge_by_age(now + timedelta(days=29))
    assert WebhookAttempt.objects.count() == 2
    purge_by_age(now + timedelta(days=31))
    assert (WebhookAttempt.objects.count(), WebhookDelivery.objects.count()) == (0, 2 + waiting)
    purge_by_age(now + timedelta(days=91))
    assert WebhookDelivery.objects.count() == waiting > 0


def test_an_order_that_has_gone_on_is_told_as_the_event_left_it(receiver, make_endpoint):
    _endpoint, secret = make_endpoint(receiver.url, "order.created")
    order = make_order()
    Order.objects.filter(pk=order.pk).update(external_id="TB-1", version=7, status="picking")
    deliver()

    assert receiver.got[0].verified_with(secret)["data"]["order"] == {
        "number": order.number,
        "external_id": "TB-1",
        "status": "pending_payment",
        "version": 1,
    }
    event = DomainEvent.objects.get(type="order.created")
    assert receiver.got[0].headers["webhook-id"] == f"evt_{event.pk}"
