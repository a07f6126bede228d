"""The door for webhooks of other order systems: signed as Standard Webhooks says, stored, answered."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from standardwebhooks import Webhook

from orders.models import Order, Status
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.connections import credentials_of, set_credentials, set_state
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhook_secrets import new_webhook_secret
from shopcomm.edge.integrations.webhooks_in.sources import renew_webhook_secret, webhook_source
from tests.factories import VariantFactory
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Connection:
    return webhook_source()


@pytest.fixture
def sku() -> str:
    return VariantFactory(on_hand=1000).sku


def push(body: Any, secret: str, *, message_id: str = "", at: datetime | None = None, **headers: str) -> Any:
    """POST it as a sender of Standard Webhooks does."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    message_id, at = message_id or f"msg_{uuid.uuid4().hex}", at or datetime.now(UTC)
    signed = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, text),
    }
    return Client().post(
        "/api/v1/inbound/orders/", text.encode(), content_type="application/json", headers=signed | headers
    )


def test_a_signed_order_is_stored_and_answered_before_it_is_applied(source: Connection, sku: str) -> None:
    answer = push(outside_order(sku, "paid"), credentials_of(source)["secret"])
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    assert not Order.objects.exists()
    apply_inbound()
    order = Order.objects.get()
    assert (order.external_id, order.status, order.source) == ("EXT-1", Status.PAID, "web")


def test_the_same_webhook_sent_again_is_answered_and_changes_nothing(source: Connection, sku: str) -> None:
    secret, body = credentials_of(source)["secret"], outside_order(sku, "paid")
    push(body, secret, message_id="msg_1")
    apply_inbound()
    version = Order.objects.get().version
    again = push(body, secret, message_id="msg_1")
    apply_inbound()
    assert (again.status_code, again.json()["state"]) == (200, "applied")
    assert again.json()["order"] == Order.objects.get().number
    assert Order.objects.get().version == version


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-id": "msg_other"},
    ],
)
def test_a_bad_or_missing_signature_is_refused(source: Connection, sku: str, headers: dict[str, str]) -> None:
    answer = push(outside_order(sku), credentials_of(source)["secret"], **headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert not InboundRecord.objects.exists()


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_older_or_newer_than_five_minutes_is_refused(
    source: Connection, sku: str, minutes: int
) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert push(outside_order(sku), credentials_of(source)["secret"], at=at).status_code == 401


def test_bytes_that_are_no_text_are_refused_and_break_nothing(source: Connection) -> None:
    signed = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    answer = Client().post(
        "/api/v1/inbound/orders/", b"\xff\xfe", content_type="application/json", headers=signed
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("body", ["[]", "{", '{"a": "\\u0000"}', '"x"'])
def test_a_signed_body_that_is_no_json_object_is_answered_with_400(source: Connection, body: str) -> None:
    assert push(body, credentials_of(source)["secret"]).status_code == 400


def test_a_body_of_megabytes_is_answered_with_413(source: Connection, sku: str) -> None:
    body = outside_order(sku, note="长" * 300_000)
    assert push(body, credentials_of(source)["secret"]).status_code == 413


def test_a_paused_connection_takes_nothing(source: Connection, sku: str) -> None:
    set_state(connection_id=source.pk, active=False)
    assert push(outside_order(sku), credentials_of(source)["secret"]).status_code == 401


def test_what_changes_about_a_source_holds_for_the_next_webhook(source: Connection, sku: str) -> None:
    """A process remembers sources; what another process does to one must hold at once all the same."""
    secret = credentials_of(source)["secret"]
    assert push(outside_order(sku), secret, message_id="first").status_code == 201
    set_state(connection_id=source.pk, active=False)
    assert push(outside_order(sku), secret).status_code == 401
    assert push(outside_order(sku), secret, message_id="first").status_code == 401
    set_state(connection_id=source.pk, active=True)
    assert push(outside_order(sku), secret, message_id="first").status_code == 200
    with transaction.atomic():
        set_credentials(source, {"secret": new_webhook_secret()})
    assert push(outside_order(sku), secret).status_code == 401
    assert push(outside_order(sku), credentials_of(source)["secret"]).status_code == 201


def test_each_source_has_a_secret_and_orders_of_its_own(source: Connection, sku: str) -> None:
    other = webhook_source("erp")
    for each in (source, other):
        push(outside_order(sku), credentials_of(each)["secret"])
    apply_inbound()
    assert set(Order.objects.values_list("external_id", flat=True)) == {"EXT-1", "erp:EXT-1"}


def test_the_command_prints_the_same_secret_each_time_last_on_its_line() -> None:
    def printed(*source: str) -> str:
        out = StringIO()
        call_command("inbound_secret", *source, stdout=out)
        return out.getvalue().split()[-1]

    assert printed() == printed() == credentials_of(webhook_source())["secret"]
    assert printed("erp") != printed()


def test_a_secret_is_not_readable_in_the_database(source: Connection) -> None:
    source.refresh_from_db()
    assert credentials_of(source)["secret"] not in source.sealed_credentials


def test_a_secret_that_was_replaced_is_taken_for_a_day_more(source: Connection, sku: str) -> None:
    old = credentials_of(source)["secret"]
    renewed = renew_webhook_secret(connection_id=source.pk)
    new, now = credentials_of(renewed)["secret"], datetime.now(UTC)
    assert new != old
    assert push(outside_order(sku), old).status_code == 201
    assert push(outside_order(sku), new).status_code == 201
    with time_machine.travel(now + timedelta(hours=25), tick=False):
        later = datetime.now(UTC)
        assert push(outside_order(sku), old, at=later).status_code == 401
        assert push(outside_order(sku), new, at=later).status_code == 201
