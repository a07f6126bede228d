"""Several workers at the records of one order, on real connections: each is applied once, and nothing is lost."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from orders.models import Order, Status
from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.services.applying import apply_record
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.webhooks_in.sources import webhook_source
from tests.factories import VariantFactory
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, ROUNDS = 4, 5
STORY = ("pending_payment", "paid", "picking")


def test_workers_at_the_same_order_make_it_once_and_bring_it_where_the_newest_says() -> None:
    source, sku = webhook_source(), VariantFactory(on_hand=1000).sku
    with ThreadPoolExecutor(WORKERS) as pool:
        for _round in range(ROUNDS):
            number = uuid.uuid4().hex
            told = [
                outside_order(sku, status, minute=minute, external_id=number)
                for minute, status in enumerate(STORY)
            ] * 2
            random.Random(_round).shuffle(told)
            for body in told:
                store_record(connection=source, message_id=uuid.uuid4().hex, body=body)
            barrier = Barrier(WORKERS)
            for job in [pool.submit(_work, barrier) for _worker in range(WORKERS)]:
                job.result(60)
            apply_inbound()
            order = Order.objects.get(external_id=number)
            assert (order.status, order.payments.count()) == (Status.PICKING, 1)
    assert not InboundRecord.objects.exclude(state__in=["applied", "unchanged"]).exists()


def _work(barrier: Barrier) -> None:
    try:
        barrier.wait(20)
        apply_inbound()
    finally:
        connection.close()


def test_a_record_whose_order_is_in_another_workers_hands_is_left_to_it() -> None:
    source = webhook_source()
    record, _made = store_record(connection=source, message_id="m", body=outside_order("KEINE"))

    def try_it() -> bool:
        try:
            return apply_record(record.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, held_across_transactions(f"inbound:{source.pk}:EXT-1"):
        assert pool.submit(try_it).result(20) is False
    assert apply_record(record.pk) is True
