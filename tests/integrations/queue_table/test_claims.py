"""Who takes what from the outbox: so much at most, for so long, in the order of each order."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.integrations.queue_table.others import Other, offer, run_sql

pytestmark = pytest.mark.django_db(transaction=True)


def messages(rows: list) -> list[str]:
    return [row.message_id for row in rows]


def test_a_row_is_taken_acknowledged_and_gone(erp: Other) -> None:
    offer(erp, ("evt_1", "order:1"))
    rows = erp.take()
    assert [(row.message_id, row.type, row.stream, row.attempt) for row in rows] == [
        ("evt_1", "order.paid", "order:1", 1)
    ]
    assert rows[0].body == '{"message": "evt_1"}'
    assert erp.take() == []
    assert erp.ack(rows) == 1
    assert run_sql("SELECT count(*) FROM sync.sync_outbox") == [(0,)]


def test_only_the_first_row_of_each_order_is_given_and_the_next_when_that_is_acknowledged(erp: Other) -> None:
    offer(erp, ("a1", "order:1"), ("a2", "order:1"), ("b1", "order:2"), ("c1", ""), ("c2", ""))
    first = erp.take()
    assert messages(first) == ["a1", "b1", "c1", "c2"]
    assert erp.take() == []
    erp.ack(first)
    assert messages(erp.take()) == ["a2"]


def test_a_claim_that_runs_out_is_given_to_another_and_the_late_answer_changes_nothing(erp: Other) -> None:
    offer(erp, ("a1", "order:1"), ("a2", "order:1"))
    lost = erp.take()
    run_sql("UPDATE sync.sync_outbox SET free_at = clock_timestamp() WHERE claim IS NOT NULL")
    found = erp.take()
    assert (messages(found), found[0].attempt) == (["a1"], 2)
    assert erp.ack(lost) == 0
    assert erp.fail(lost[0]) is None
    assert erp.ask("SELECT sync.release(%s, %s)", lost[0].claim, [lost[0].id])[0][0] == 0
    assert erp.take() == []
    assert erp.ack(found) == 1
    assert messages(erp.take()) == ["a2"]


def test_an_answer_after_the_time_counts_while_nobody_else_has_the_row(erp: Other) -> None:
    offer(erp, ("a1", "order:1"))
    rows = erp.take()
    run_sql("UPDATE sync.sync_outbox SET free_at = clock_timestamp()")
    assert erp.ack(rows) == 1


@pytest.mark.parametrize("most", [1, 7, 50])
def test_a_batch_never_has_more_rows_than_were_asked_for(erp: Other, most: int) -> None:
    offer(erp, *[(f"m{number}", "") for number in range(120)])
    start = threading.Barrier(4)

    def work(line: psycopg.Connection) -> list[int]:
        start.wait(20)
        sizes, taken = [], -1
        while taken:
            taken = len(line.execute("SELECT * FROM sync.take(%s, 60)", [most]).fetchall())
            sizes.append(taken)
        return sizes

    lines = [erp.line() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        sizes = [size for job in [pool.submit(work, line) for line in lines] for size in job.result(60)]
    assert max(sizes) <= most
    assert sum(sizes) == 120


def test_consumers_at_once_have_each_row_once_and_each_order_in_its_order(erp: Other) -> None:
    offer(erp, *[(f"{number % 20}-{number // 20:02}", f"order:{number % 20}") for number in range(200)])
    done: list[str] = []
    under_way: set[str] = set()
    guard = threading.Lock()

    def work(line: psycopg.Connection) -> None:
        while len(done) < 200:
            rows = line.execute("SELECT * FROM sync.take(5, 60)").fetchall()
            orders = {row.stream for row in rows}
            with guard:
                assert not under_way & orders
                under_way.update(orders)
                done.extend(messages(rows))
            with guard:
                under_way.difference_update(orders)
            if rows:
                line.execute("SELECT sync.ack(%s, %s)", [rows[0].claim, [row.id for row in rows]])

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(work, line) for line in [erp.line(), erp.line()]]:
            job.result(60)
    assert len(done) == len(set(done)) == 200
    for order in range(20):
        own = [message for message in done if message.startswith(f"{order}-")]
        assert own == sorted(own)


def test_rows_long_under_way_hide_none_that_can_be_taken(erp: Other) -> None:
    offer(erp, *[(f"long{number}", f"order:{number}") for number in range(1000)])
    assert len(erp.take(1000, 3600)) == 1000
    offer(erp, ("stuck", "order:x"))
    erp.take(1, 1)
    run_sql("UPDATE sync.sync_outbox SET free_at = clock_timestamp() WHERE message_id = 'stuck'")
    assert messages(erp.take(1)) == ["stuck"]


def test_rows_that_a_consumer_gives_back_when_it_stops_are_there_at_once_and_count_as_no_attempt(
    erp: Other,
) -> None:
    offer(erp, ("a", ""), ("b", ""))
    rows = erp.take()
    assert erp.ask("SELECT sync.release(%s, %s)", rows[0].claim, [row.id for row in rows])[0][0] == 2
    assert [(row.message_id, row.attempt) for row in erp.take()] == [("a", 1), ("b", 1)]


def test_a_consumer_that_is_killed_in_its_transaction_has_taken_nothing(erp: Other) -> None:
    offer(erp, ("a", ""))
    erp.line()
    line = erp.line()
    line.autocommit = False
    assert len(line.execute("SELECT * FROM sync.take()").fetchall()) == 1
    assert erp.line().execute("SELECT * FROM sync.take()").fetchall() == []
    # Asked to end, it is waited for: until then its row is still locked.
    run_sql("SELECT pg_terminate_backend(%s, 5000)", line.info.backend_pid)
    assert messages(erp.take()) == ["a"]


def test_a_clock_that_is_set_back_keeps_no_row_from_being_taken(erp: Other) -> None:
    offer(erp, ("claimed", ""), ("failed", ""))
    rows = erp.take()
    assert erp.fail(rows[1], retry_in="10 minutes") == "waiting"
    assert erp.take() == []
    # As it is when the server's clock went back by two hours since.
    run_sql(
        "UPDATE sync.sync_outbox SET claimed_at = claimed_at + interval '2 hours', free_at = free_at + interval '2 hours'"
    )
    assert messages(erp.take()) == ["claimed", "failed"]


@pytest.mark.parametrize(
    "call",
    [
        "sync.take(0)",
        "sync.take(-1)",
        "sync.take(1001)",
        "sync.take(NULL)",
        "sync.take(1, 0)",
        "sync.take(1, -1)",
        "sync.take(1, 3601)",
        "sync.take(1, NULL)",
        "sync.fail(1, 1, 'no', interval '-1 second')",
        "sync.fail(1, 1, 'no', interval '2 days')",
        "sync.put('', '{}')",
        "sync.put(NULL, '{}')",
        "sync.put(repeat('x', 256), '{}')",
        "sync.put('m', NULL)",
        "sync.put('m', repeat('x', 262145))",
    ],
)
def test_numbers_and_texts_that_mean_nothing_are_refused_and_never_read_as_no_limit(
    erp: Other, call: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        erp.ask(f"SELECT {call}")


def test_ids_are_of_eight_bytes(erp: Other) -> None:
    run_sql("ALTER SEQUENCE sync.sync_outbox_id_seq RESTART WITH 5000000000")
    try:
        offer(erp, ("a", ""))
        rows = erp.take()
        assert rows[0].id == 5_000_000_000
        assert erp.ack(rows) == 1
    finally:
        run_sql("ALTER SEQUENCE sync.sync_outbox_id_seq RESTART WITH 1")
