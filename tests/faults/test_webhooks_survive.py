import threading
from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack
from tests.faults.waiting import eventually
from tests.integrations.webhooks_out.receiver import Got, Receiver, Reply

ORDERS, KILLED_AT = 12, 5
STATES = "SELECT state, count(*) FROM webhooks_out_webhookdelivery GROUP BY 1"
# As if the minute were over that a courier has for what it took along.
CLAIMS_RUN_OUT = """
WITH due AS (UPDATE webhooks_out_webhookdelivery SET claimed_until = now() WHERE state = 'pending' RETURNING 1)
SELECT count(*) FROM due
"""


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    found = Receiver(stack.ports["outside"])
    yield found
    found.close()


@pytest.mark.usefixtures("background")
def test_a_worker_killed_amid_its_calls_loses_no_webhook_and_keeps_each_orders_order(
    stack: Stack, receiver: Receiver
):
    reached, released = threading.Event(), threading.Event()

    def answer(_got: Got) -> Reply:
        if len(receiver.got) >= KILLED_AT and not released.is_set():
            reached.set()
            released.wait(30)
        return Reply()

    receiver.answer = answer
    with stack.api() as api:
        wanted = {"url": receiver.url, "event_types": ["order.created", "order.paid"]}
        made = api.post("webhook-endpoints/", json=wanted).json()
        placed = [_placed_and_paid(api) for _number in range(ORDERS)]

    assert reached.wait(30), "the courier is in the middle of its calls"
    stack.kill("worker")
    released.set()
    stack.start_worker()
    assert stack.rows(CLAIMS_RUN_OUT) != [(0,)]
    eventually(lambda: stack.rows(STATES) == [("delivered", 2 * ORDERS)], 60, "all are delivered")

    with stack.api() as api:
        assert api.delete(f"webhook-endpoints/{made['id']}/").status_code == 204
    told = [got.verified_with(made["secret"]) for got in receiver.got]
    # What was under way may come again, under the id that it had.
    first_time = {got.headers["webhook-id"]: body for got, body in zip(receiver.got, told, strict=True)}
    assert len(first_time) == 2 * ORDERS
    for number in placed:
        types = [body["type"] for body in first_time.values() if body["data"]["number"] == number]
        assert types == ["order.created", "order.paid"]


def _placed_and_paid(api) -> str:
    order = {
        "customer": {"name": "吴丽华", "phone": "13800138000"},
        "source": "api",
        "items": [{"sku": "FAULT-1", "quantity": 1}],
        "address": {
            "name": "吴丽华",
            "phone": "13800138000",
            "province": "广东省",
            "city": "广州市",
            "district": "白云区",
            "street": "机场路 88 号",
        },
    }
    made = api.post("orders/", json=order).json()
    moved = api.post(f"orders/{made['number']}/transitions/", json={"to": "paid", "version": made["version"]})
    assert moved.status_code == 200, moved.text
    return made["number"]
