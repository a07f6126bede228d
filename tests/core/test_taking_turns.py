"""Work that comes in thousands leaves the workers' other tasks their turn."""

import threading

import pytest
from django.db import connection

from shopcomm.core import taking_turns
from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.taking_turns import sweep_in_turns

pytestmark = pytest.mark.django_db


class Rows:
    """Rows that wait, and how often another turn was asked for."""

    def __init__(self, count: int, batch: int = 2) -> None:
        self.left, self.batch, self.asked = list(range(count)), batch, 0

    def waiting(self) -> list[int]:
        return self.left[: self.batch]

    def do(self, row: int) -> bool:
        self.left.remove(row)
        return True

    def again(self) -> None:
        self.asked += 1

    def sweep(self) -> int:
        return sweep_in_turns(self.waiting, self.do, what="row", again=self.again)


def held_elsewhere(work) -> None:
    """Run something while another connection does such a sweep."""
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        with held_across_transactions("sweep: row") as is_mine:
            assert is_mine
            begun.set()
            end.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert begun.wait(10)
    try:
        work()
    finally:
        end.set()
        other.join()


def test_all_that_waits_is_done_in_one_turn_where_there_is_time() -> None:
    rows = Rows(7)
    assert (rows.sweep(), rows.left, rows.asked) == (7, [], 0)


def test_a_turn_that_is_over_asks_for_another_one_behind_what_others_asked_for(monkeypatch) -> None:
    monkeypatch.setattr(taking_turns, "TURN_SECONDS", -1.0)
    rows = Rows(7)
    assert (rows.sweep(), rows.left, rows.asked) == (2, [2, 3, 4, 5, 6], 1)


def test_while_one_process_is_at_it_another_one_is_left_to_other_tasks() -> None:
    rows = Rows(3)
    held_elsewhere(lambda: rows.sweep())
    assert rows.left == [0, 1, 2]
    assert rows.sweep() == 3


def test_what_came_while_others_were_turned_away_is_done_before_the_end() -> None:
    rows = Rows(1)
    first_look = rows.waiting

    def waiting() -> list[int]:
        found = first_look()
        if not found and not rows.asked:
            # It came after the last look under the lock; whoever it woke was turned away.
            rows.asked, rows.left = 1, [9]
        return found

    assert sweep_in_turns(waiting, rows.do, what="row", again=rows.again) == 2
    assert rows.left == []


def test_rows_that_do_not_go_end_the_turn() -> None:
    rows = Rows(3)
    assert sweep_in_turns(rows.waiting, lambda _row: False, what="row", again=rows.again) == 0
    assert (rows.left, rows.asked) == ([0, 1, 2], 0)
