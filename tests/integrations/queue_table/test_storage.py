"""What rows that are gone leave behind: neither a table that grows nor claims that look through them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from psycopg.errors import Diagnostic

from shopcomm.edge.integrations.queue_table.services import storage
from shopcomm.edge.integrations.queue_table.services.storage import tidy_outbox, tidy_queue_tables
from tests.faults.waiting import eventually
from tests.integrations.queue_table.others import Other, run_sql

pytestmark = pytest.mark.django_db(transaction=True)
SIZE = "SELECT pg_total_relation_size('sync.sync_outbox')"
BODY = json.dumps({"type": "order.paid", "data": {"number": "XB-261130-0001"}}) + " " * 300


def fill(other: Other, count: int, prefix: str) -> None:
    """Orders of four rows each."""
    run_sql(
        "INSERT INTO sync.sync_outbox (connection_id, message_id, type, stream, body) "
        "SELECT %s, %s || n, 'order.paid', %s || n %% %s, %s FROM generate_series(1, %s) AS n",
        other.connection.pk,
        prefix,
        prefix,
        count // 4,
        BODY,
        count,
    )


@pytest.fixture
def empty_outbox(erp: Other) -> Iterator[None]:
    """No space of earlier tests, and none left for later ones."""
    run_sql("TRUNCATE sync.sync_outbox")
    yield
    run_sql("TRUNCATE sync.sync_outbox")
    run_sql("ALTER TABLE sync.sync_outbox RESET (autovacuum_enabled)")


def test_twenty_times_the_rows_that_wait_go_through_a_table_of_a_few_times_their_size(
    erp: Other, empty_outbox: None
) -> None:
    run_sql("ALTER TABLE sync.sync_outbox SET (autovacuum_enabled = off)")
    fill(erp, 4000, "live")
    alone = run_sql(SIZE)[0][0]
    for turn in range(40):
        fill(erp, 2000, f"more{turn}-")
        for _batch in range(2):
            erp.ack(erp.take(1000))
        # As the worker has it done when so many were acknowledged.
        tidy_outbox()
    assert run_sql("SELECT count(*) FROM sync.sync_outbox") == [(4000,)]
    # Where other lines are busy, rows come before the last ones' space is free; `make bench` holds it to twice.
    assert run_sql(SIZE)[0][0] <= 4 * alone


def test_a_table_of_few_dead_rows_is_left_alone(erp: Other, empty_outbox: None) -> None:
    # Lines of tests before this one tell what they have deleted when they end.
    eventually(lambda: tidy_queue_tables() == [])
    fill(erp, 100, "few")
    erp.ack(erp.take(25))
    erp.ask("SELECT pg_stat_force_next_flush()")
    assert tidy_queue_tables() == []


def test_a_queue_that_is_empty_again_gives_its_space_back(
    erp: Other, empty_outbox: None, monkeypatch
) -> None:
    monkeypatch.setattr(storage, "LARGE_BYTES", 1024**2)
    run_sql("ALTER TABLE sync.sync_outbox SET (autovacuum_enabled = off)")
    fill(erp, 4000, "once")
    full = run_sql(SIZE)[0][0]
    for _batch in range(4):
        erp.ack(erp.take(1000))
    for _look in range(2):
        run_sql("SELECT pg_stat_force_next_flush()")
        erp.ask("SELECT pg_stat_force_next_flush()")
        assert "sync_outbox" in tidy_queue_tables()
    assert run_sql(SIZE)[0][0] < full / 2


# Not among the first: transactions in the databases of tests beside this one count as lines that may still see a row, and those of the longest tests last minutes.
def test_a_claim_walks_its_index_past_half_a_million_dead_and_half_a_million_living_rows(
    erp: Other, empty_outbox: None
) -> None:
    run_sql("ALTER TABLE sync.sync_outbox SET (autovacuum_enabled = off)")
    fill(erp, 500_000, "dead")
    run_sql("DELETE FROM sync.sync_outbox")
    fill(erp, 500_000, "live")
    # Nobody has looked at the table since: what the planner knows of it is that it is empty.
    walked = [blocks_walked(erp)]

    def again() -> bool:
        walked.append(blocks_walked(erp))
        return walked[-1] < 5000

    # Dead rows are marked as soon as no other line may still see them: claims then pass their pages and look at none of them.
    # Until then each walk looks at half a million, which takes a busy machine its time.
    eventually(again, within=180)
    left = 100 * len(walked)
    assert [row.message_id for row in erp.take(2)] == [f"live{left + 1}", f"live{left + 2}"]


def blocks_walked(other: Other) -> int:
    """How many pages of its index a claim of a hundred rows looks through; it reads the table in no other way."""
    nodes = list(nodes_of(plan_of_a_claim(other)))
    assert not [node for node in nodes if node["Node Type"] in ("Seq Scan", "Bitmap Heap Scan")]
    (walked,) = [node for node in nodes if node.get("Index Name") == "sync_outbox_waiting"]
    assert (walked["Node Type"], walked["Actual Rows"]) == ("Index Scan", 100)
    return int(walked["Shared Hit Blocks"] + walked["Shared Read Blocks"])


def plan_of_a_claim(other: Other) -> dict[str, Any]:
    """The plan of the statement in `sync.take(100, 3600)` with what it came to, for the role of a connection."""
    said: list[str] = []

    def hear(notice: Diagnostic) -> None:
        said.append(notice.message_primary or "")

    with connection.cursor() as cursor:
        line = cursor.connection
        line.add_notice_handler(hear)
        cursor.execute(
            "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
            "SET auto_explain.log_analyze = on; SET auto_explain.log_buffers = on; SET auto_explain.log_format = json; "
            "SET auto_explain.log_level = notice"
        )
        cursor.execute(f'SET SESSION AUTHORIZATION "{other.role}"')
        try:
            cursor.execute("SELECT count(*) FROM sync.take(100, 3600)")
        finally:
            cursor.execute("RESET SESSION AUTHORIZATION; SET auto_explain.log_min_duration = -1")
            line.remove_notice_handler(hear)
    plans = [json.loads(text[text.index("{") :]) for text in said if "plan:" in text]
    return next(each["Plan"] for each in plans if "picked AS MATERIALIZED" in each["Query Text"])


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes_of(inner)
