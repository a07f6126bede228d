from datetime import timedelta

import pytest

from tests.faults.handler import POISONED
from tests.faults.stack import Stack
from tests.faults.waiting import eventually

ORDERS = 200
TOOK = """
SELECT max(at) - (SELECT max(occurred_at) FROM events_domainevent WHERE type = 'test.bag_dropped') FROM faults_dropped
"""
HELD = "SELECT failures > 0, retry_at IS NULL FROM events_heldevent ORDER BY position"


@pytest.mark.usefixtures("background", "second_worker")
def test_an_order_that_fails_for_ever_holds_up_none_of_200_others_told_by_two_workers(stack: Stack):
    stack.write_events(1, 1)
    eventually(stack.all_seen, 30, "the workers are up")
    stack.django("dropping", f"main({ORDERS})")
    told = "SELECT order_id FROM faults_dropped ORDER BY n"
    eventually(lambda: len(stack.rows(told)) >= ORDERS, 10, "all others are told")

    assert [order for (order,) in stack.rows(told)] == [POISONED + n for n in range(1, ORDERS + 1)]
    assert stack.rows(TOOK)[0][0] < timedelta(seconds=5)
    # The first waits for its time, the later one of the same order behind it.
    eventually(lambda: stack.rows(HELD) == [(True, False), (False, True)], 5, "both are held")
    stack.rows("DELETE FROM events_heldevent RETURNING 1")
