"""A wish from the customer's words to the other system's answer, over the wire both ways."""

import pytest
from standardwebhooks import Webhook

from messaging.models import Message
from orders.models import ChangeRequest, Order
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.commands.services.keeping import change_keeping
from shopcomm.edge.integrations.keeping import Keeping
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.edge.test_inbound_webhook import push
from tests.integrations.commands.asking import NEW_STREET
from tests.integrations.webhooks_out.driving import deliver
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("accepted", "street", "said"), [(True, NEW_STREET, NEW_STREET), (False, "机场路 88 号", "已经出库")]
)
def test_a_wish_goes_out_signed_and_its_signed_answer_is_told_to_the_customer(
    source: Connection, kept: Order, make_endpoint, receiver, accepted: bool, street: str, said: str
) -> None:
    endpoint, secret = make_endpoint(receiver.url, "order.change_requested")
    change_keeping(connection_id=source.pk, wanted=Keeping(decides=True, endpoint=endpoint.pk))
    request_change(
        actor=Actor.customer(kept.customer), order_id=kept.pk, kind="address", data={"street": NEW_STREET}
    )
    deliver()
    command = Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)["data"]["command"]
    assert command["data"]["address"]["street"] == NEW_STREET
    answer = {
        "type": "order.change_answered",
        "data": {
            "external_id": command["external_id"],
            "request": command["request"],
            "accepted": accepted,
            "reason": "" if accepted else "已经出库",
        },
    }
    assert push(answer, credentials_of(source)["secret"]).status_code == 201
    apply_inbound()
    kept.refresh_from_db()
    assert kept.street == street
    last = Message.objects.filter(conversation__order=kept, internal=False).order_by("-seq")[0]
    assert said in last.body


def test_an_answer_of_another_system_is_not_taken_for_the_one_that_was_asked(
    source: Connection, asked: ChangeRequest
) -> None:
    other = webhook_source("other")
    body = {
        "type": "order.change_answered",
        "data": {"external_id": "EXT-1", "request": asked.pk, "accepted": True},
    }
    push(body, credentials_of(other)["secret"])
    apply_inbound()
    record = InboundRecord.objects.get(connection=other)
    assert (record.state, record.reason) == ("parked", "order_unknown")
    asked.refresh_from_db()
    assert asked.state == "open"


def test_an_answer_that_came_before_its_order_is_applied_when_the_order_is_there(
    source: Connection, tell, sku: str
) -> None:
    early = tell(
        {"type": "order.change_answered", "data": {"external_id": "E-7", "request": 1, "accepted": True}}
    )
    assert (early.state, early.reason) == ("parked", "order_unknown")
    tell(outside_order(sku, external_id="E-7"))
    early.refresh_from_db()
    # The order is known now; the request is none of its own.
    assert (early.state, early.reason) == ("parked", "request_unknown")
