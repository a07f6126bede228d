from datetime import timedelta

import pytest

from tests.faults.handler import POISONED
from tests.faults.stack import Stack
from tests.faults.waiting import eventually

ORDERS = 200
# As a transaction leaves them whose process died before it could give places or wake anybody.
WRITE = """
INSERT INTO events_domainevent (type, order_id, data, actor_kind, actor_name, occurred_at)
SELECT 'test.bag_dropped', n, '{}', 'system', '', clock_timestamp() FROM unnest(%s::bigint[]) WITH ORDINALITY AS bags (n, place)
ORDER BY place RETURNING id
"""
TOLD = "SELECT order_id FROM faults_dropped ORDER BY n"
# The clock looks every two seconds; from then on.
TOOK = "SELECT max(at) - min(at) FROM faults_dropped WHERE order_id > %s"
HELD = "SELECT failures > 0, retry_at IS NULL FROM events_heldevent ORDER BY position"


@pytest.mark.usefixtures("background", "second_worker")
def test_an_order_that_always_fails_delays_none_of_200_others_with_two_workers(stack: Stack):
    first = POISONED + 1
    stack.rows(WRITE, [first])
    eventually(lambda: stack.rows(TOLD), 30, "the workers are up")
    stack.rows(WRITE, [POISONED, *range(first + 1, first + 1 + ORDERS), POISONED])
    eventually(lambda: len(stack.rows(TOLD)) > ORDERS, 10, "all others are told")

    assert [order for (order,) in stack.rows(TOLD)] == [first + n for n in range(ORDERS + 1)]
    assert stack.rows(TOOK, first)[0][0] < timedelta(seconds=5)
    # The first waits for its time, the later one of the same order behind it.
    eventually(lambda: stack.rows(HELD) == [(True, False), (False, True)], 5, "both are held")
    stack.rows("DELETE FROM events_heldevent RETURNING 1")
