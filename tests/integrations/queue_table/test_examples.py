"""The examples of the documents do what they say, as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shopcomm.core.embedded.binaries import postgres_bin
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.queue_table.services.inbox import take_inboxes
from tests.integrations.queue_table.others import Other, run_sql
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


def statements_of_php() -> dict[str, str]:
    """Each statement that the PHP prepares, by the function it calls, with its parameters as psycopg names them."""
    text = (EXAMPLES / "consumer.php").read_text()
    found = re.findall(r"prepare\('([^']+)'\)", text)
    named = [re.sub(r":(\w+)", r"%(\1)s", sql) for sql in found]
    return {re.search(r"sync\.(\w+)", sql)[1]: sql for sql in named}  # type: ignore[index]


def test_the_statements_of_the_consumer_in_php_work_with_the_values_that_it_sends(erp: Other) -> None:
    """PDO sends every value as text, an array as its literal."""
    sql = statements_of_php()
    assert sql.keys() == {"put", "take", "ack", "fail"}
    line = erp.line()
    line.execute(sql["put"], {"message_id": "m1", "body": json.dumps({"external_id": "1"})})
    events = [say(), say()]
    relay()
    first, second = line.execute(sql["take"], {"most": "100", "seconds": "60"}).fetchall()
    line.execute(sql["ack"], {"claim": str(first.claim), "ids": f"{{{first.id}}}"})
    line.execute(sql["fail"], {"claim": str(second.claim), "id": str(second.id), "reason": "no"})
    assert run_sql("SELECT message_id, reason FROM sync.sync_outbox") == [(f"evt_{events[1].pk}", "no")]
    take_inboxes()
    assert InboundRecord.objects.get().message_id == "m1"
