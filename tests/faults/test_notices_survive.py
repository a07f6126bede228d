import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from redis import Redis

from tests.faults.stack import Stack
from tests.faults.waiting import eventually

NOTICES, KILLS = 1000, 6
LATER = 3600
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
WAITING = "SELECT count(*) FROM messaging_notification WHERE state = 'waiting' AND order_id = ANY(%s)"
NOT_DUE = f"{WAITING} AND send_at > now()"
STATES = "SELECT DISTINCT state FROM messaging_notification WHERE order_id = ANY(%s)"
DUE_NOW = """
WITH due AS (UPDATE messaging_notification SET send_at = now() WHERE order_id = ANY(%s) RETURNING 1)
SELECT count(*) FROM due
"""
SAID = """
SELECT count(m.id), count(DISTINCT m.id), max(m.seq) FROM messaging_conversation c
LEFT JOIN messaging_message m ON m.conversation_id = c.id AND m.data ? 'notice'
WHERE c.order_id = ANY(%s) GROUP BY c.id
"""


def due_notices(stack: Stack, count: int = NOTICES, seconds: float = 0, over: float = 0) -> list[int]:
    """Orders whose notices are due."""
    return json.loads(stack.django("notices", f"main({count}, {seconds}, {over})"))


@contextmanager
def held_up(stack: Stack, orders: list[int]) -> Iterator[None]:
    """Somebody holds the conversation of one order before the notices of all are due: whoever sends them waits there, in
    the middle of it."""
    with psycopg.connect(stack.services.database_url) as connection:
        sql = "SELECT FROM messaging_conversation WHERE order_id = %s FOR UPDATE"
        connection.execute(sql, [orders[len(orders) // 2]])
        assert stack.rows(DUE_NOW, orders) == [(len(orders),)]
        eventually(lambda: stack.rows(BLOCKED) != [(0,)], 40, "a sweep is in the middle of its batch")
        yield


def each_is_told_once(stack: Stack, orders: list[int]) -> None:
    """All are sent, and every conversation has its notice once."""

    def all_told() -> bool:
        stack.look_after()
        return stack.rows(WAITING, orders) == [(0,)]

    eventually(all_told, 60, "nothing waits any more")
    assert stack.rows(STATES, orders) == [("sent",)]
    assert set(stack.rows(SAID, orders)) == {(1, 1, 1)}


@pytest.mark.usefixtures("background")
def test_a_worker_killed_amid_a_thousand_sends_neither_loses_nor_doubles_a_notice(stack: Stack):
    orders = due_notices(stack, seconds=LATER)
    with held_up(stack, orders):
        stack.kill("worker")
        assert stack.rows(WAITING, orders) != [(0,)]
    stack.start_worker()

    each_is_told_once(stack, orders)


@pytest.mark.usefixtures("background")
def test_valkey_killed_in_the_middle_of_a_sweep_loses_no_notice(stack: Stack):
    orders = due_notices(stack, seconds=LATER)
    try:
        with held_up(stack, orders):
            stack.kill_valkey()
    finally:
        stack.start_valkey()

    each_is_told_once(stack, orders)


@pytest.mark.usefixtures("background")
def test_a_flushed_redis_loses_no_schedule(stack: Stack):
    orders = due_notices(stack, 20, seconds=3)
    Redis.from_url(stack.services.redis_url).flushall()

    each_is_told_once(stack, orders)


@pytest.mark.usefixtures("background")
def test_valkey_killed_repeatedly_under_load_loses_no_notice_and_ends_no_worker(stack: Stack):
    orders = due_notices(stack, 240, over=6)
    served = {name: stack.processes[name].pid for name in ("worker", "beat")}
    for kill in range(KILLS):
        left = len(orders) * (KILLS - kill) // (KILLS + 1)
        eventually(lambda left=left: stack.rows(NOT_DUE, orders) <= [(left,)], 20, "more is due")
        stack.kill_valkey()
        stack.start_valkey()

    eventually(lambda: stack.rows(WAITING, orders) == [(0,)], 60, "nothing waits any more")
    assert stack.rows(STATES, orders) == [("sent",)]
    assert set(stack.rows(SAID, orders)) == {(1, 1, 1)}
    # By the very processes that were there before: nobody started any again.
    assert {name: stack.processes[name].poll() for name in served} == {"worker": None, "beat": None}
    assert {name: stack.processes[name].pid for name in served} == served
