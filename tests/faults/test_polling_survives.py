"""A worker that is killed while it reads another system page by page."""

import threading
from collections.abc import Iterator

import pytest

from tests.faults.stack import Stack
from tests.faults.waiting import eventually
from tests.integrations.polling.order_system import Asked, OrderSystem, Reply
from tests.outside_orders import outside_order

ORDERS, KILLED_AT = 20, "6"
OURS = "FROM integrations_inboundrecord r JOIN integrations_connection c ON c.id = r.connection_id WHERE c.name = 'polled'"
APPLIED = f"SELECT count(*) {OURS} AND r.state = 'applied'"
RECORDS = f"SELECT count(*), count(DISTINCT external_id) {OURS}"
PAID = "SELECT count(*), count(DISTINCT external_id) FROM orders_order WHERE starts_with(external_id, 'polled:') AND status = 'paid'"


@pytest.fixture
def system(stack: Stack) -> Iterator[OrderSystem]:
    found = OrderSystem(stack.ports["outside"])
    yield found
    found.close()
    stack.rows("UPDATE integrations_connection SET state = 'paused' WHERE name = 'polled' RETURNING 1")


@pytest.mark.usefixtures("background")
def test_a_worker_killed_between_two_pages_loses_no_order_and_takes_none_twice(
    stack: Stack, system: OrderSystem
) -> None:
    reached, released = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Reply:
        if asked.query["page"] == KILLED_AT and not released.is_set():
            reached.set()
            released.wait(60)
        return system.by_number(asked)

    system.answer = answer
    system.rows = [
        outside_order("FAULT-1", "paid", minute=place, external_id=f"E{place:02}") for place in range(ORDERS)
    ]
    stack.django("polled_source", f"main('{system.url}')")
    assert reached.wait(60), "the worker is in the middle of the pages"
    stack.kill("worker")
    released.set()
    asked_before = len(system.asked)
    stack.start_worker()
    eventually(lambda: stack.rows(APPLIED) == [(ORDERS,)], 90, "every order is applied")
    assert stack.rows(RECORDS) == [(ORDERS, ORDERS)]
    assert stack.rows(PAID) == [(ORDERS, ORDERS)]
    # It went on where the killed one was, and did not begin again.
    assert system.asked[asked_before].query["page"] == KILLED_AT
