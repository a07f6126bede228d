"""Several readers, and sources that hang: on real connections to the database, in real threads."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.polling.services import serving
from shopcomm.edge.integrations.polling.services.polling import poll_source
from shopcomm.edge.integrations.polling.services.serving import SourceReaders
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.integrations.polling.conftest import Make
from tests.integrations.polling.order_system import Asked, OrderSystem, Reply
from tests.integrations.polling.reading import our_orders, polled
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 3


def test_several_processes_at_one_source_read_it_once(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    system.rows = [outside_order(sku, "paid", minute=place, external_id=f"E{place}") for place in range(8)]
    source, barrier = make_source(), Barrier(WORKERS)

    def work() -> int:
        try:
            barrier.wait(20)
            return poll_source(source.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        pages = [job.result(60) for job in [pool.submit(work) for _worker in range(WORKERS)]]
    apply_inbound()
    assert our_orders() == [f"E{place}" for place in range(8)]
    # One had it; the others left it alone.
    assert sum(bool(each) for each in pages) == 1
    assert len(system.asked) == max(pages)


def test_a_source_that_another_process_reads_is_left_to_it(system: OrderSystem, make_source: Make) -> None:
    source = make_source()

    def work() -> int:
        try:
            return poll_source(source.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, held_across_transactions(f"poll:{source.pk}"):
        assert pool.submit(work).result(20) == 0
    assert not system.asked


def test_a_source_that_hangs_holds_up_no_other_and_is_not_asked_twice_at_once(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    asked, released = Event(), Event()

    def answer(request: Asked) -> Reply:
        if request.headers.get("authorization") == "Bearer slow":
            asked.set()
            released.wait(20)
        return system.by_number(request)

    system.answer, system.rows = answer, [outside_order(sku, "paid")]
    slow, readers = make_source("slow", auth="bearer", secret="slow"), SourceReaders()
    hanging = readers.read_due()
    assert asked.wait(20)
    make_source("quick")
    (quick,) = readers.read_due()
    quick.join(20)
    assert list(InboundRecord.objects.values_list("connection__name", flat=True)) == ["quick"]
    released.set()
    for thread in hanging:
        thread.join(20)
    assert InboundRecord.objects.count() == 2
    assert polled(slow).failures == 0


def test_no_more_sources_are_read_at_once_than_may_be(
    system: OrderSystem, make_source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "AT_ONCE", 2)
    released, readers = Event(), SourceReaders()

    def answer(request: Asked) -> Reply:
        released.wait(20)
        return system.by_number(request)

    system.answer = answer
    for number in range(3):
        make_source(f"erp{number}")
    begun = readers.read_due()
    assert len(begun) == 2
    assert readers.read_due() == []
    released.set()
    for thread in begun:
        thread.join(20)
    # The one that waited has its turn next.
    (last,) = readers.read_due()
    last.join(20)
    assert len({each.path for each in system.asked}) == 1
    assert len(system.asked) == 3


def test_no_transaction_is_open_while_the_other_side_is_asked(
    system: OrderSystem, make_source: Make, sku: str
) -> None:
    open_ones = []

    def answer(request: Asked) -> Reply:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            open_ones.append(cursor.fetchone()[0])
        connection.close()
        return system.by_number(request)

    system.answer, system.rows = answer, [outside_order(sku, "paid")]
    poll_source(make_source().pk)
    assert set(open_ones) == {0}
