"""A shared queue while worker, consumers and PostgreSQL die: each message is there once, and each row is taken."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.faults.stack import ROOT, Stack
from tests.faults.waiting import eventually

pytestmark = pytest.mark.usefixtures("postgres_back", "background")
MESSAGES = 300
TAKEN = "SELECT message_id FROM integrations_inboundrecord WHERE starts_with(message_id, 'fault-') ORDER BY 1"
FILL = """
INSERT INTO sync.sync_outbox (connection_id, message_id, type, stream, body)
SELECT connection_id, 'row_' || n, 'order.paid', 'order:' || mod(n, 30), '{"data": {"number": "' || n || '"}}'
FROM sync.sync_role, generate_series(1, 300) AS n WHERE role = 'faults'
"""
OURS = "JOIN sync.sync_role USING (connection_id) WHERE role = 'faults'"
LEFT = f"SELECT count(*) FROM sync.sync_outbox {OURS}"
PUT = f"SELECT count(*) FROM sync.sync_inbox {OURS}"


@pytest.fixture
def url(stack: Stack) -> Iterator[str]:
    """What the command prints."""
    yield stack.python("manage.py", "create_sync_role", "faults").split()[-1]
    stack.python("manage.py", "create_sync_role", "faults", "--drop")


def put_all(url: str, begun: threading.Semaphore) -> None:
    """Another system that has so much to say: whatever was not answered is said again, with the same id."""
    left, pause = [f"fault-{number:03}" for number in range(MESSAGES)], threading.Event()
    while left:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=2) as line:
                while left:
                    line.execute("SELECT sync.put(%s, %s)", [left[0], '{"external_id": "FAULT"}'])
                    left.pop(0)
                    begun.release()
                    pause.wait(0.01)
        except psycopg.Error:
            pause.wait(0.1)


def test_each_message_is_there_once_although_worker_and_postgres_die_meanwhile(
    stack: Stack, url: str
) -> None:
    begun = threading.Semaphore(0)
    other = threading.Thread(target=put_all, args=[url, begun])
    other.start()
    for die in (kill_worker, crash_postgres, kill_worker):
        for _message in range(40):
            assert begun.acquire(timeout=40)
        die(stack)
    other.join(60)
    assert not other.is_alive()
    eventually(lambda: stack.rows(PUT) == [(0,)], 60, "all is taken over")
    assert [name for (name,) in stack.rows(TAKEN)] == [f"fault-{number:03}" for number in range(MESSAGES)]


def kill_worker(stack: Stack) -> None:
    stack.kill("worker")
    stack.start_worker()


def crash_postgres(stack: Stack) -> None:
    stack.crash_postgres()
    stack.start_postgres()


def start_consumer(url: str, log: Path) -> "subprocess.Popen[bytes]":
    """The example of the documents."""
    command = [sys.executable, str(ROOT / "docs/examples/queue_table/consumer.py")]
    with log.open("ab") as out:
        return subprocess.Popen(command, env={"SYNC_URL": url}, stdout=out)


def test_each_row_is_taken_although_a_consumer_and_postgres_die_meanwhile(
    stack: Stack, url: str, tmp_path: Path
) -> None:
    log = tmp_path / "consumers.log"
    consumers = [start_consumer(url, log), start_consumer(url, log)]
    try:
        stack.rows(f"WITH filled AS ({FILL} RETURNING 1) SELECT count(*) FROM filled")
        eventually(lambda: log.read_text().count("row_") > 30, why="a tenth is taken")
        consumers[0].kill()
        crash_postgres(stack)
        # What the killed one had in hand would be free in a minute.
        stack.rows(
            "WITH free AS (UPDATE sync.sync_outbox SET free_at = NULL RETURNING 1) SELECT count(*) FROM free"
        )
        eventually(lambda: stack.rows(LEFT) == [(0,)], 40, "everything is acknowledged")
    finally:
        for consumer in consumers:
            consumer.kill()
            consumer.wait()
    told = [
        int(line.split()[0].removeprefix("row_"))
        for line in log.read_text().splitlines()
        if line.startswith("row_")
    ]
    assert set(told) == set(range(1, 301))
    for order in range(30):
        own = [number for number in dict.fromkeys(told) if number % 30 == order]
        assert own == sorted(own)
