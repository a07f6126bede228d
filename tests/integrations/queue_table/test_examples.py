"""The examples of the documents do what they say, as they stand there."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from shopcomm.core.embedded.binaries import postgres_bin
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.queue_table.services.inbox import take_inboxes
from tests.integrations.queue_table.others import Other, run_sql
from tests.integrations.queue_table.php import install_php, run_php
from tests.integrations.queue_table.test_outbox import say

pytestmark = pytest.mark.django_db(transaction=True)
DOCS = Path(__file__).resolve().parents[3] / "docs"
EXAMPLES = DOCS / "examples/queue_table"


def left() -> int:
    return run_sql("SELECT count(*) FROM sync.sync_outbox")[0][0]


def test_the_statements_of_psql_put_an_order_and_take_an_event(erp: Other) -> None:
    section = (DOCS / "integrations.md").read_text().partition("### The same in psql")[2]
    script = section.partition("```sql\n")[2].partition("```")[0]
    event = say()
    relay()
    command = [postgres_bin("psql"), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--tuples-only", erp.url]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert f"evt_{event.pk} | stock.low" in done.stdout
    assert left() == 0
    take_inboxes()
    record = InboundRecord.objects.get()
    assert (record.message_id, record.external_id) == ("erp-1001-1", "1001")


def start_consumer(erp: Other) -> "subprocess.Popen[str]":
    command = [sys.executable, str(EXAMPLES / "consumer.py")]
    return subprocess.Popen(
        command, env=os.environ | {"SYNC_URL": erp.url}, stdout=subprocess.PIPE, text=True
    )


def next_line(consumer: "subprocess.Popen[str]") -> str:
    assert consumer.stdout is not None
    return consumer.stdout.readline().strip()


def test_the_consumer_in_python_takes_what_waits_and_what_comes_and_nothing_is_lost_when_it_is_killed(
    erp: Other,
) -> None:
    events = [say(), say()]
    relay()
    consumer = start_consumer(erp)
    try:
        assert [next_line(consumer) for _ in events] == [f"evt_{each.pk} stock.low" for each in events]
        late = say()
        relay()
        assert next_line(consumer) == f"evt_{late.pk} stock.low"
    finally:
        consumer.kill()
        consumer.wait()
    # Killed between handling and the acknowledgement, perhaps: then it is there again when its time is over.
    run_sql("UPDATE sync.sync_outbox SET free_at = NULL")
    after = say()
    relay()
    again = start_consumer(erp)
    try:
        while (line := next_line(again)) != f"evt_{after.pk} stock.low":
            assert line == f"evt_{late.pk} stock.low"
    finally:
        again.kill()
        again.wait()


def test_the_consumer_in_python_fails_a_row_it_cannot_handle_and_goes_on(erp: Other, monkeypatch) -> None:
    monkeypatch.setenv("SYNC_URL", erp.url)
    example: dict = {"__name__": "example"}
    exec(compile((EXAMPLES / "consumer.py").read_text(), "consumer.py", "exec"), example)
    bad, good = say("BAD"), say("GOOD")
    relay()

    def handle(message_id: str, _kind: str, body: dict) -> None:
        if body["data"]["sku"] == "BAD":
            raise ValueError("no such goods")

    example["handle"] = handle
    example["take_all"](erp.line())
    assert run_sql("SELECT message_id, reason FROM sync.sync_outbox") == [(f"evt_{bad.pk}", "no such goods")]
    example["put_order"](erp.line(), "m1", {"external_id": "吴"})
    example["put_order"](erp.line(), "m1", {"external_id": "吴"})
    take_inboxes()
    assert InboundRecord.objects.get().external_id == "吴"
    assert good.pk


@pytest.fixture(scope="module")
def php(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_php(tmp_path_factory.mktemp("php"))


@pytest.fixture
def in_php(php: Path, erp: Other):
    """Runs the consumer in PHP as the other system."""
    line = conninfo_to_dict(erp.url)
    places = ";".join(f"{name}={line[name]}" for name in ("host", "port", "dbname") if line.get(name))
    given = {"SYNC_DSN": f"pgsql:{places}", "SYNC_USER": str(line["user"])}
    given["SYNC_PASSWORD"] = str(line.get("password") or "")
    return partial(run_php, php, EXAMPLES / "consumer.php", environment=given)


def test_the_consumer_in_php_puts_an_order_once_and_takes_all_that_waits(erp: Other, in_php) -> None:
    order = json.dumps({"external_id": "3705115058471208928", "note": "酒红"}, ensure_ascii=False)
    for _again in range(2):
        in_php("put", "erp-1-1", order)
    take_inboxes()
    record = InboundRecord.objects.get()
    assert (record.message_id, record.external_id) == ("erp-1-1", "3705115058471208928")
    assert record.body["note"] == "酒红"
    events = [say(), say(), say()]
    relay()
    told = in_php("once").splitlines()
    assert [each.split() for each in told] == [[f"evt_{each.pk}", "stock.low"] for each in events]
    assert left() == 0


def test_the_consumer_in_php_fails_a_row_it_cannot_read_and_goes_on(erp: Other, in_php) -> None:
    bad, good = say(), say()
    relay()
    run_sql("UPDATE sync.sync_outbox SET body = 'no JSON' WHERE message_id = %s", f"evt_{bad.pk}")
    assert in_php("once").split() == [f"evt_{good.pk}", "stock.low"]
    assert run_sql("SELECT message_id, reason FROM sync.sync_outbox") == [(f"evt_{bad.pk}", "Syntax error")]
