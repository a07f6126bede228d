"""In order per order, so many at once, and nobody waits for an endpoint that hangs."""

import threading
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopcomm.edge.integrations.webhooks_out.models import WebhookDelivery, WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services import calling
from shopcomm.edge.integrations.webhooks_out.services.calling import attempt_delivery
from shopcomm.edge.integrations.webhooks_out.services.claims import (
    BATCH,
    CLAIM,
    LEFT_FOR_A_CALL,
    claim_deliveries,
    endpoints_with_due_deliveries,
    give_back,
)
from shopcomm.edge.integrations.webhooks_out.services.courier import PLACES, Courier
from shopcomm.edge.integrations.webhooks_out.services.outcomes import record_attempts
from tests.integrations.webhooks_out.driving import queue_rows, states, wait_for_retries
from tests.integrations.webhooks_out.receiver import Reply


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    streams=st.lists(st.sampled_from(["order:1", "order:2", "order:3", ""]), min_size=2, max_size=14),
    failures=st.lists(st.sampled_from([204, 204, 500, 503, 404, 408, 302]), max_size=25),
)
def test_deliveries_of_one_order_arrive_in_order_whatever_fails(receiver, make_endpoint, streams, failures):
    receiver.got.clear()
    script, lock = iter(failures), threading.Lock()
    ended: list[str] = []

    def answer(got):
        with lock:
            reply = Reply(next(script, 204))
            if reply.status in (204, 404):
                ended.append(got.headers["webhook-id"])
            return reply

    receiver.answer = answer
    with transaction.atomic():
        endpoint, _secret = make_endpoint(receiver.url)
        with time_machine.travel(timezone.now(), tick=False) as clock:
            rows = queue_rows(endpoint, *streams)
            Courier().run_until_idle()
            wait_for_retries(clock, step=20)
        assert set(states()) <= {"delivered", "failed"}
        transaction.set_rollback(True)
    for stream in set(streams) - {""}:
        wanted = [row.message_id for row in rows if row.stream == stream]
        assert [each for each in ended if each in wanted] == wanted


@pytest.mark.django_db
def test_a_later_event_of_the_same_order_waits_until_the_earlier_one_has_failed_for_good(
    receiver, make_endpoint
):
    endpoint, _secret = make_endpoint(receiver.url)
    first, second, other = queue_rows(endpoint, "order:1", "order:1", "order:2")
    receiver.answer = lambda got: Reply(500 if got.headers["webhook-id"] == first.message_id else 204)
    Courier().run_until_idle()
    assert states() == ["pending", "pending", "delivered"]

    receiver.answer = lambda got: Reply(400 if got.headers["webhook-id"] == first.message_id else 204)
    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=False):
        Courier().run_until_idle()
    assert states() == ["failed", "delivered", "delivered"]
    assert [got.headers["webhook-id"] for got in receiver.got if got.headers["webhook-id"] != other.message_id] == [
        first.message_id, first.message_id, second.message_id,
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_endpoint_that_hangs_holds_its_own_places_and_delays_no_other(new_receiver, make_endpoint):
    slow, quick, release = new_receiver(), new_receiver(), threading.Event()
    slow.answer = lambda _got: Reply() if release.wait(10) else Reply(500)
    hangs, _secret = make_endpoint(slow.url)
    healthy, _secret = make_endpoint(quick.url)
    queue_rows(hangs, *[f"order:{number}" for number in range(20)])
    queue_rows(healthy, *[f"order:{number}" for number in range(20)])

    def let_go_when_the_other_is_done(_got):
        if len(quick.got) == 20:
            release.set()
        return Reply()

    quick.answer = let_go_when_the_other_is_done
    Courier().run_until_idle()

    assert release.is_set()
    assert set(states()) == {"delivered"}


@pytest.mark.django_db
def test_no_more_calls_to_an_endpoint_are_under_way_than_it_has_places(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, *[""] * 30)
    lock, under_way, most = threading.Lock(), [0], [0]
    together = threading.Barrier(PLACES)

    def answer(_got):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        # As many as may be are here at once.
        with suppress(threading.BrokenBarrierError):
            together.wait(0.2)
        with lock:
            under_way[0] -= 1
        return Reply()

    receiver.answer = answer
    Courier().run_until_idle()
    assert (set(states()), most) == ({"delivered"}, [PLACES])


@pytest.mark.django_db
def test_while_another_courier_serves_an_endpoint_nobody_else_does(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, *[""] * (BATCH + 10))
    ours, theirs = uuid4(), uuid4()

    claimed = claim_deliveries(endpoint.pk, ours, 100)
    assert len(claimed) == BATCH
    assert claim_deliveries(endpoint.pk, theirs, 100) == []
    give_back(ours, claimed)
    assert len(claim_deliveries(endpoint.pk, theirs, 5)) == 5
    WebhookDelivery.objects.update(claim=None, claimed_until=None)
    WebhookEndpoint.objects.update(failures=1)
    assert len(claim_deliveries(endpoint.pk, ours, 100)) == 1


@pytest.mark.django_db
def test_a_busy_endpoint_gets_nothing_more_of_what_a_courier_has_taken_along(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, *[""] * BATCH)
    receiver.answer = lambda _got: Reply(429, headers={"Retry-After": "60"})
    Courier().run_until_idle()

    assert len(receiver.got) <= PLACES
    assert not WebhookDelivery.objects.exclude(claim=None).exists()


@pytest.mark.django_db
def test_what_a_killed_worker_was_sending_is_taken_up_again_when_its_claim_runs_out(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, "order:1")
    (lost,) = claim_deliveries(endpoint.pk, uuid4(), 100)
    assert endpoints_with_due_deliveries(timezone.now()) == []
    with time_machine.travel(timezone.now() + CLAIM + timedelta(seconds=1), tick=False):
        Courier().run_until_idle()
    assert states() == ["delivered"]

    # It comes back from the dead with a failure: the delivery is not its own any more.
    receiver.answer = lambda _got: Reply(500)
    record_attempts(endpoint.pk, [attempt_delivery(lost)])
    assert states() == ["delivered"]


@pytest.mark.django_db
def test_a_claim_outlives_every_attempt():
    assert calling.SECONDS < LEFT_FOR_A_CALL.total_seconds() < CLAIM.total_seconds()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_claim_no_delivery_twice(receiver, make_endpoint):
    endpoint, _secret = make_endpoint(receiver.url)
    queue_rows(endpoint, *[""] * 20)
    start, claimed = threading.Barrier(6), []

    def claim() -> None:
        try:
            start.wait()
            claimed.extend(row.pk for row in claim_deliveries(endpoint.pk, uuid4(), 100))
        finally:
            connection.close()

    workers = [threading.Thread(target=claim) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(claimed) == len(set(claimed)) == 20
