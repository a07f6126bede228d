"""Rows that fail: tried again after a pause, parked when it is too often, listed, and put back by somebody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.integrations.queue_table.others import Other, offer, run_sql

pytestmark = pytest.mark.django_db(transaction=True)


def hurry() -> None:
    """Every pause is over."""
    run_sql("UPDATE sync.sync_outbox SET free_at = clock_timestamp()")


def fail_until_parked(erp: Other, reason: str = "broken") -> None:
    """Ten failures of the one row that may be taken."""
    for _attempt in range(9):
        assert erp.fail(erp.take(1)[0], reason) == "waiting"
        hurry()
    assert erp.fail(erp.take(1)[0], reason) == "parked"


def test_a_row_that_fails_waits_and_keeps_back_the_later_ones_of_its_order_alone(erp: Other) -> None:
    offer(erp, ("a1", "order:1"), ("a2", "order:1"), ("b1", "order:2"))
    rows = erp.take(1)
    assert erp.fail(rows[0], "no such order", "1 hour") == "waiting"
    assert [row.message_id for row in erp.take()] == ["b1"]
    hurry()
    assert [row.message_id for row in erp.take(1)] == ["a1"]


def test_pauses_grow_unless_the_consumer_names_one(erp: Other) -> None:
    offer(erp, ("a", ""))
    pauses = []
    for _attempt in range(4):
        erp.fail(erp.take()[0])
        sql = "SELECT round(extract(epoch FROM free_at - clock_timestamp())) FROM sync.sync_outbox"
        pauses.append(int(run_sql(sql)[0][0]))
        hurry()
    assert pauses == [5, 10, 20, 40]


def test_a_row_that_fails_ten_times_is_parked_with_its_reason_and_the_next_of_its_order_goes_on(
    erp: Other,
) -> None:
    offer(erp, ("a1", "order:1"), ("a2", "order:1"))
    fail_until_parked(erp, "no such order")
    assert [(row.box, row.message_id, row.reason) for row in erp.ask("SELECT * FROM sync.parked()")] == [
        ("outbox", "a1", "no such order")
    ]
    assert [row.message_id for row in erp.take()] == ["a2"]


def test_a_row_that_no_consumer_survives_is_parked_without_anybody_saying_so(erp: Other) -> None:
    offer(erp, ("killer", "order:1"), ("next", "order:1"))
    for _attempt in range(10):
        assert [row.message_id for row in erp.take()] == ["killer"]
        hurry()
    assert [row.message_id for row in erp.take()] == ["next"]
    assert [row.reason for row in erp.ask("SELECT * FROM sync.parked()")] == ["never acknowledged"]


def test_parked_rows_are_put_back_from_a_date_behind_all_that_waits(erp: Other) -> None:
    offer(erp, ("old", ""))
    fail_until_parked(erp)
    run_sql("UPDATE sync.sync_outbox SET parked_at = parked_at - interval '3 days'")
    offer(erp, ("new", ""))
    fail_until_parked(erp)
    offer(erp, ("waits", ""))
    yesterday = timezone.now() - timedelta(days=1)
    assert erp.ask("SELECT sync.replay(%s)", yesterday)[0][0] == 1
    assert [(row.message_id, row.attempt) for row in erp.take()] == [("waits", 1), ("new", 1)]
    assert [row.message_id for row in erp.ask("SELECT * FROM sync.parked()")] == ["old"]


def test_parked_rows_of_others_are_neither_listed_nor_put_back(erp: Other, join) -> None:
    other = join("wms")
    offer(erp, ("a", ""))
    fail_until_parked(erp)
    assert other.ask("SELECT * FROM sync.parked()") == []
    assert other.ask("SELECT sync.replay('2020-01-01')")[0][0] == 0
