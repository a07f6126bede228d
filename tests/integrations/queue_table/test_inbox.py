"""What another system puts becomes records of what came in: each once, whatever dies between."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, transaction

from orders.models import Order, Status
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.queue_table import listener
from shopcomm.edge.integrations.queue_table.services import inbox
from shopcomm.edge.integrations.tasks import apply_inbound
from tests.factories import VariantFactory
from tests.faults.waiting import eventually
from tests.integrations.queue_table.others import Other, run_sql
from tests.outside_orders import outside_order

pytestmark = pytest.mark.django_db(transaction=True)


def waiting() -> int:
    return run_sql("SELECT count(*) FROM sync.sync_inbox WHERE parked_at IS NULL")[0][0]


def stored() -> list[str]:
    return list(InboundRecord.objects.order_by("pk").values_list("message_id", flat=True))


def test_an_order_that_is_put_is_made_and_followed(erp: Other) -> None:
    sku = VariantFactory(on_hand=10).sku
    erp.put("1", outside_order(sku, "pending_payment"))
    erp.put("2", outside_order(sku, "paid", minute=1))
    assert inbox.take_inboxes() == 2
    apply_inbound()
    assert Order.objects.get().status == Status.PAID
    assert waiting() == 0


def test_the_same_message_is_there_once_however_often_and_whenever_it_is_put(erp: Other) -> None:
    assert erp.put("1", {"external_id": "A"}) is not None
    assert erp.put("1", {"external_id": "A"}) is None
    inbox.take_inboxes()
    assert erp.put("1", {"external_id": "A"}) is None
    inbox.take_inboxes()
    assert stored() == ["1"]


def test_a_message_that_is_put_while_its_first_is_being_taken_over_is_there_once(erp: Other) -> None:
    erp.put("1", {"external_id": "A"})
    line = erp.line()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            inbox.take_inboxes()
            again = pool.submit(line.execute, "SELECT sync.put('1', '{\"external_id\": \"A\"}')")
            eventually(lambda: run_sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] == 1)
        again.result(20)
    inbox.take_inboxes()
    assert (stored(), waiting()) == (["1"], 0)


@pytest.mark.parametrize(
    "body",
    ["", "not json", "[1, 2]", '"text"', "null", '{"a": ' * 3000, '{"external_id": "a\\u0000b"}', '{"a": 1'],
)
def test_what_is_no_object_that_can_be_read_is_parked_at_once_and_the_rest_goes_on(
    erp: Other, body: str
) -> None:
    erp.put("bad", body)
    erp.put("good", {"external_id": "A"})
    inbox.take_inboxes()
    apply_inbound()
    bad, good = InboundRecord.objects.order_by("pk")
    assert (bad.state, bad.reason, bad.body) == ("parked", "unreadable", {"unreadable": body})
    assert (good.message_id, waiting()) == ("good", 0)


def test_a_number_beyond_any_browser_is_kept(erp: Other) -> None:
    erp.put("1", '{"external_id": 3705115058471208928}')
    inbox.take_inboxes()
    assert InboundRecord.objects.get().external_id == "3705115058471208928"


def test_a_row_that_cannot_be_stored_holds_up_no_other_and_is_parked_in_the_end(
    erp: Other, monkeypatch
) -> None:
    whole = inbox.store_record

    def broken(**given):
        if given["message_id"] == "bad":
            raise ZeroDivisionError
        return whole(**given)

    monkeypatch.setattr(inbox, "store_record", broken)
    for message_id in ("first", "bad", "last"):
        erp.put(message_id, {"external_id": message_id})
    inbox.take_inboxes()
    assert (stored(), waiting()) == (["first", "last"], 1)
    for _sweep in range(inbox.MOST_FAILURES - 1):
        inbox.take_inboxes()
    assert [row.reason for row in erp.ask("SELECT * FROM sync.parked()")] == ["ZeroDivisionError"]


def test_a_row_that_was_parked_is_tried_again_when_somebody_says_so(erp: Other) -> None:
    erp.put("1", {"external_id": "A"})
    run_sql("UPDATE sync.sync_inbox SET parked_at = now(), failures = 5, reason = 'ZeroDivisionError'")
    assert inbox.take_inboxes() == 0
    row = erp.ask("SELECT * FROM sync.parked()")[0]
    inbox.take_again(connection_id=erp.connection.pk, row_id=row.id)
    assert inbox.take_inboxes() == 1
    assert stored() == ["1"]


def test_nothing_is_taken_over_of_a_connection_that_is_stopped_until_it_goes_on(erp: Other) -> None:
    erp.put("1", {"external_id": "A"})
    Connection.objects.update(state="paused")
    assert inbox.take_inboxes() == 0
    Connection.objects.update(state="active")
    assert inbox.take_inboxes() == 1


def test_more_rows_than_one_transaction_takes_keep_their_order(erp: Other) -> None:
    erp.ask(
        'SELECT sync.put(n::text, \'{"external_id": "A"}\') FROM generate_series(1, %s) AS n',
        inbox.BATCH * 2 + 1,
    )
    inbox.take_inboxes()
    assert stored() == [str(number) for number in range(1, inbox.BATCH * 2 + 2)]


def test_two_workers_at_once_take_each_row_once_and_in_order(erp: Other) -> None:
    erp.ask('SELECT sync.put(n::text, \'{"external_id": "A"}\') FROM generate_series(1, 500) AS n')
    start = threading.Barrier(2)

    def work() -> int:
        try:
            start.wait(20)
            return inbox.take_inboxes()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        taken = [job.result(60) for job in [pool.submit(work) for _worker in range(2)]]
    inbox.take_inboxes()
    assert sum(taken) <= 500
    assert stored() == [str(number) for number in range(1, 501)]


WORKER = """
import sys, django
django.setup()
from django.conf import settings
from django.db import connection, transaction
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
from shopcomm.edge.integrations.queue_table.services.inbox import take_inboxes
with transaction.atomic():
    print(take_inboxes(), flush=True)
    sys.stdin.read()
"""


def test_a_worker_that_is_killed_with_rows_in_its_hands_leaves_them_for_the_next(erp: Other) -> None:
    for message_id in ("1", "2", "3"):
        erp.put(message_id, {"external_id": "A"})
    command = [sys.executable, "-c", WORKER, connection.settings_dict["NAME"]]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "3\n"
    worker.kill()
    worker.wait()
    eventually(lambda: inbox.take_inboxes() == 3)
    assert stored() == ["1", "2", "3"]


def test_a_worker_is_woken_by_what_is_put_and_by_what_was_put_before_it_listened(
    erp: Other, monkeypatch
) -> None:
    woken = threading.Semaphore(0)

    class Woken:
        def __init__(self, name: str, seconds: float) -> None:
            self.name = name

        def wake(self) -> None:
            assert self.name == "queue_table.take_in"
            woken.release()

    monkeypatch.setattr(listener, "SoonWoken", Woken)
    thread = listener.InboxListener()
    thread.start()
    try:
        assert woken.acquire(timeout=20)
        erp.put("1", {})
        assert woken.acquire(timeout=20)
    finally:
        thread.stop()
    assert not thread.is_alive()


def test_a_put_that_is_taken_back_leaves_nothing(erp: Other) -> None:
    with psycopg.connect(erp.url) as line:
        line.execute("SELECT sync.put('1', %s)", [json.dumps({})])
        line.rollback()
    assert waiting() == 0
