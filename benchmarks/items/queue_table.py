"""The shared queue table: four consumers beside those of a bare table, the way of a row to an idle one, both ways, and what a million rows leave behind."""

import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from benchmarks.measuring import Figure, in_turn
from benchmarks.servers import ROOT, Bench

CONSUMERS = 4
BODY = (
    '{"type":"order.paid","timestamp":"2026-11-30T10:00:00+00:00","data":{"number":"XB-261130-0001","amount":"128.00"}}'
    + " " * 400
)
FILL = """
INSERT INTO sync.sync_outbox (connection_id, message_id, type, stream, body)
SELECT %s, %s || n, 'order.paid', 'order:' || n %% %s, %s FROM generate_series(1, %s) AS n
"""
SIZE = "SELECT pg_total_relation_size('sync.sync_outbox')"


def run(bench: Bench, rounds: int, quick: bool) -> list[Figure]:
    count, churned = (20_000, 200_000) if quick else (60_000, 1_000_000)
    with queue(bench) as (connection, url):
        ours, theirs = in_turn(rounds, lambda side: rows_a_second(bench, connection, url, side, count))
        bench.start_background()
        try:
            out = [wake_up(bench, connection, url, 100) for _ in range(rounds)]
            inward = [taken_over(bench, url, 50) for _ in range(rounds)]
            grown = growth(bench, connection, url, churned)
        finally:
            bench.stop_background()
    return [
        Figure("queue-table", f"taken and acknowledged, {CONSUMERS} workers", "rows/s", ours, goal="≥ 5000"),
        Figure("queue-table", "the same beside a bare table", "rows/s", ours, theirs),
        Figure("queue-table", "commit to an idle consumer, p95", "ms", out, goal="≤ 50"),
        Figure("queue-table", "put to its inbound record, by way of the worker, p95", "ms", inward),
        Figure("queue-table", f"table after {churned:,} rows, by live size", "times", [grown], goal="≤ 2"),
    ]


@contextmanager
def queue(bench: Bench) -> Iterator[tuple[int, str]]:
    """A role with its queue: the connection's key, and the URL."""
    from shopcomm.edge.integrations.queue_table.services.outbox import choose_event_types
    from shopcomm.edge.integrations.queue_table.services.roles import create_sync_role, drop_sync_role

    name = f"bench_{uuid.uuid4().hex[:8]}"
    connection, url = create_sync_role(name)
    # Nothing of the log comes between.
    choose_event_types(connection_id=connection.pk, types=["stock.replenished"])
    with psycopg.connect(bench.services.database_url, autocommit=True) as line:
        line.execute(
            "CREATE TABLE bare_queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text, claimed_until timestamptz)"
        )
        line.execute(f'GRANT ALL ON bare_queue TO "{name}"')
    yield connection.pk, url
    with psycopg.connect(bench.services.database_url, autocommit=True) as line:
        line.execute("DROP TABLE bare_queue")
        line.execute("DELETE FROM sync.sync_outbox")
    drop_sync_role(name)


def rows_a_second(bench: Bench, connection: int, url: str, side: str, count: int) -> float:
    """A backlog of orders with four rows each, taken in batches of a hundred by processes of their own."""
    with psycopg.connect(bench.services.database_url, autocommit=True) as line:
        if side == "product":
            line.execute("TRUNCATE sync.sync_outbox")
            line.execute(FILL, [connection, uuid.uuid4().hex, count // 4, BODY, count])
        else:
            line.execute("TRUNCATE bare_queue")
            line.execute("INSERT INTO bare_queue (body) SELECT %s FROM generate_series(1, %s)", [BODY, count])
        line.execute("VACUUM ANALYZE")
    told = consume(url, side)
    assert sum(taken for _begun, _ended, taken in told) == count
    return count / (
        max(ended for _begun, ended, _taken in told) - min(begun for begun, _ended, _taken in told)
    )


def consume(url: str, side: str) -> list[tuple[float, float, int]]:
    """Four consumers at once, until nothing waits."""
    command = [sys.executable, "-m", "benchmarks.floor.queue_worker", url, side]
    pipe = subprocess.PIPE
    workers = [
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(CONSUMERS)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = [worker.communicate()[0].split() for worker in workers]
    return [(float(begun), float(ended), int(taken)) for begun, ended, taken in told]


def wake_up(bench: Bench, connection: int, url: str, trials: int) -> float:
    """95th percentile of the milliseconds from a row's commit until a consumer that waits for NOTIFY has it in hand."""
    took = []
    with (
        psycopg.connect(url, autocommit=True) as consumer,
        psycopg.connect(bench.services.database_url) as shop,
    ):
        role = consumer.info.user
        consumer.execute(f'LISTEN "{role}"')
        for _ in range(trials):
            shop.execute(FILL, [connection, uuid.uuid4().hex, 1, BODY, 1])
            shop.execute("SELECT pg_notify(%s, '')", [role])
            begun = time.perf_counter()
            shop.commit()
            list(consumer.notifies(timeout=10, stop_after=1))
            rows = consumer.execute("SELECT claim, id, body FROM sync.take(10, 60)").fetchall()
            took.append((time.perf_counter() - begun) * 1000)
            consumer.execute("SELECT sync.ack(%s, %s)", [rows[0][0], [row[1] for row in rows]])
            time.sleep(0.02)
    return statistics.quantiles(took, n=20)[18]


def taken_over(bench: Bench, url: str, trials: int) -> float:
    """95th percentile of the milliseconds from a put until the worker has made an inbound record of it."""
    took, known = [], "SELECT EXISTS (SELECT FROM integrations_inboundrecord WHERE message_id = %s)"
    with (
        psycopg.connect(url, autocommit=True) as other,
        psycopg.connect(bench.services.database_url, autocommit=True) as shop,
    ):
        for number in range(trials + 1):
            name = uuid.uuid4().hex
            other.execute("SELECT sync.put(%s, %s)", [name, '{"external_id": "BENCH"}'])
            begun, until = time.perf_counter(), time.perf_counter() + 15
            while not shop.execute(known, [name]).fetchone()[0]:  # type: ignore[index]
                if time.perf_counter() > until:
                    raise RuntimeError("what was put was not taken over")
                time.sleep(0.002)
            # The listener looks for a first queue every ten seconds: the first one may have waited for that.
            took += [(time.perf_counter() - begun) * 1000] if number else []
            time.sleep(0.2)
    return statistics.quantiles(took, n=20)[18]


def growth(bench: Bench, connection: int, url: str, churned: int) -> float:
    """How many times its size with the rows that wait a table has, when so many more have gone through it."""
    live, step = churned // 20, churned // 200
    with psycopg.connect(bench.services.database_url, autocommit=True) as line:
        line.execute("TRUNCATE sync.sync_outbox")
        line.execute(FILL, [connection, uuid.uuid4().hex, live, BODY, live])
        alone = line.execute(SIZE).fetchone()[0]  # type: ignore[index]
        with psycopg.connect(url, autocommit=True) as consumer:
            for _ in range(churned // step):
                line.execute(FILL, [connection, uuid.uuid4().hex, step, BODY, step])
                left = step
                while left:
                    rows = consumer.execute(
                        "SELECT claim, id FROM sync.take(%s, 60)", [min(left, 1000)]
                    ).fetchall()
                    consumer.execute("SELECT sync.ack(%s, %s)", [rows[0][0], [row[1] for row in rows]])
                    left -= len(rows)
        return line.execute(SIZE).fetchone()[0] / alone  # type: ignore[index]
