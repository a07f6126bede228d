"""What the product signs and takes, a stranger's program in Node signs and takes: the reference library of the standard."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import (
    EndpointSettings,
    create_endpoint,
    rotate_secret,
)
from tests.factories import VariantFactory, make_order
from tests.integrations.node_receiver import NodeReceiver, install_program, sign_in_node
from tests.integrations.webhooks_out.driving import deliver, states
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db
ELSEWHERE = "http://127.0.0.1:9/hook"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_program(tmp_path_factory.mktemp("node_receiver"))


class Listening:
    """An endpoint whose receiver is in Node."""

    def __init__(self, program: Path, actor: Actor, settings) -> None:
        self.program, self.actor, self.settings, self.running = program, actor, settings, []
        settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1:9"]
        wanted = EndpointSettings(url=ELSEWHERE, event_types=["order.created"])
        self.endpoint, self.secret = create_endpoint(actor=actor, wanted=wanted)

    def with_secret(self, secret: str) -> NodeReceiver:
        """A receiver that knows this secret, to which the endpoint points from now on."""
        receiver = NodeReceiver(self.program, secret)
        self.running.append(receiver)
        self.settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        WebhookEndpoint.objects.filter(pk=self.endpoint.pk).update(url=receiver.url)
        return receiver


@pytest.fixture
def listening(program: Path, manager, settings) -> Iterator[Listening]:
    found = Listening(program, Actor.staff(manager), settings)
    yield found
    for receiver in found.running:
        receiver.close()


def test_a_delivery_is_verified_in_node(listening: Listening) -> None:
    receiver = listening.with_secret(listening.secret)
    make_order(note="颜色要雾霾蓝，别发错 🎒")
    deliver()
    sent = WebhookDelivery.objects.get()
    assert receiver.next_request() == {"id": sent.message_id, "verified": True, "type": "order.created"}
    assert states() == ["delivered"]


def test_after_a_rotation_whoever_knows_either_secret_verifies_in_node(listening: Listening) -> None:
    _endpoint, renewed = rotate_secret(actor=listening.actor, endpoint_id=listening.endpoint.pk)
    for secret in (listening.secret, renewed):
        receiver = listening.with_secret(secret)
        make_order()
        deliver()
        assert receiver.next_request()["verified"] is True


def test_a_secret_of_somebody_else_verifies_nothing_in_node(listening: Listening) -> None:
    other = credentials_of(webhook_source())["secret"]
    receiver = listening.with_secret(other)
    make_order()
    deliver()
    assert receiver.next_request()["verified"] is False
    assert states() == ["failed"]


def test_an_order_that_is_signed_in_node_is_taken(program: Path) -> None:
    secret = credentials_of(webhook_source())["secret"]
    text = json.dumps(outside_order(VariantFactory(on_hand=9).sku, note="要雾霾蓝 🎒"), ensure_ascii=False)
    at = int(time.time())
    signature = sign_in_node(program, secret, "msg_node", at, text)
    headers = {"webhook-id": "msg_node", "webhook-timestamp": str(at), "webhook-signature": signature}
    answer = Client().post(
        "/api/v1/inbound/orders/", text.encode(), content_type="application/json", headers=headers
    )
    assert answer.status_code == 201
    apply_inbound()
    assert Order.objects.get().note == "要雾霾蓝 🎒"
