"""A deadlock on purpose, as often as wanted: the other side of it is a real transaction on a connection of its own.

It keeps the rows a service takes last, lets whoever holds those it takes first stand before them, and then wants those,
too: the service has waited longer, so PostgreSQL ends it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from shopcomm.core.deadlocks import TRIES

WAITS_FOR_ME = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
Lock = Callable[[], object]


class Other:
    """The transaction in the way: keeps what `kept` locks, and wants what `wanted` locks so many times."""

    def __init__(self, kept: Lock, wanted: Lock, times: int) -> None:
        self.kept, self.wanted = kept, wanted
        self.times, self.crossed = times, 0
        self.holds, self.over = Event(), Event()

    def run(self) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '60s'")
                self.kept()
                self.holds.set()
                while self.crossed < self.times and self._somebody_waits(cursor):
                    with transaction.atomic():
                        self.wanted()
                        # Theirs again, while what is kept stays ours.
                        transaction.set_rollback(True)
                    self.crossed += 1
        finally:
            connection.close()

    def _somebody_waits(self, cursor) -> bool:
        while not self.over.wait(0.01):
            cursor.execute(WAITS_FOR_ME)
            if cursor.fetchone()[0]:
                return True
        return False


@contextmanager
def in_the_way(*, kept: Lock, wanted: Lock, times: int = TRIES) -> Iterator[Other]:
    """Have every transaction that takes `wanted` and then `kept` ended, the first `times` times."""
    other = Other(kept, wanted, times)
    thread = Thread(target=other.run, daemon=True)
    thread.start()
    assert other.holds.wait(30)
    try:
        yield other
    finally:
        other.over.set()
        thread.join(90)


@pytest.fixture
def ended_soon(transactional_db: None) -> Iterator[None]:
    """This side looks for a deadlock sooner than the other, so that it is the one that is ended."""
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '700ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET deadlock_timeout")
