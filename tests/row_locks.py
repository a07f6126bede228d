"""Watches every statement of a test: rows that people share are locked before they are changed, and in one order.

A look at the statements and not at the outcome: a race that a missing lock leaves open is lost once in a thousand runs.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.signals import connection_created

ROOT = Path(__file__).parents[1]
# In the order in which they are locked: see orders/services/locks.py.
RANKS = {"orders_order": 0, "orders_orderline": 1, "orders_variant": 2, "messaging_conversation": 3}
# Lines belong to their order, whose lock is enough.
WRITTEN = frozenset({"orders_order", "orders_variant", "messaging_conversation"})
LOCK = re.compile(r"\bFOR (?:NO KEY )?UPDATE\b")
UPDATE = re.compile(r'^\s*UPDATE "?(\w+)"?\s')
# One row by its key, or rows in an order.
ORDERED = re.compile(r'ORDER BY|"?id"? = %s')
Row = tuple[str, int]


@dataclass
class Watch:
    """What the transaction of one connection holds; what was found wrong goes into a list that all share."""

    wrong: list[str]
    # The test's own transaction around everything: what a service locked in it, the next one locks anew.
    within_test: bool = False
    # One for each open savepoint, the first for the transaction itself. True: locked; False: made here, so nobody waits.
    held: list[dict[Row, bool]] = field(default_factory=lambda: [{}])
    # Which of these a test began around several services.
    around: list[bool] = field(default_factory=list)
    tables: dict[int, str] = field(default_factory=dict)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if context["connection"].connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self.held, self.around = [{}], []
        if not isinstance(sql, str) or many:
            return execute(sql, params, many, context)
        self._savepoint(sql)
        match = UPDATE.match(sql)
        if match and match[1] in WRITTEN and "RETURNING" not in sql:
            return self._update(match[1], execute, sql, params, context)
        answer = execute(sql, params, many, context)
        if LOCK.search(sql):
            self._lock(sql, self._rows(context))
        elif sql.startswith("INSERT INTO"):
            self._hold(self._rows(context), locked=False)
        return answer

    def _savepoint(self, sql: str) -> None:
        if sql.startswith("SAVEPOINT"):
            self.held.append({})
            self.around.append(_begun_by_test())
        elif sql.startswith("ROLLBACK TO SAVEPOINT"):
            self.held[-1] = {}
        elif sql.startswith("RELEASE SAVEPOINT") and len(self.held) > 1:
            done, _own = self.held.pop(), self.around.pop()
            if not self._is_the_test_s:
                self.held[-1] = done | self.held[-1]

    @property
    def _is_the_test_s(self) -> bool:
        return self.around[-1] if self.around else self.within_test

    def _hold(self, rows: list[Row], *, locked: bool) -> None:
        if not self._is_the_test_s:
            self.held[-1].update({row: locked for row in rows if row not in self._all()})

    def _all(self) -> dict[Row, bool]:
        return {row: locked for each in self.held for row, locked in each.items()}

    def _update(self, table: str, execute: Any, sql: str, params: Any, context: dict[str, Any]) -> Any:
        answer = execute(f'{sql} RETURNING "{table}"."id"', params, False, context)
        changed = {(table, row[0]) for row in context["cursor"].cursor.fetchall()}
        unheld = changed - self._all().keys()
        if unheld and (place := _place()):
            self.wrong.append(f"{place} changes {sorted(unheld)} without a lock")
        return answer

    def _lock(self, sql: str, rows: list[Row]) -> None:
        known, place = self._all(), _place()
        fresh = [row for row in rows if row not in known]
        held = {row for row, locked in known.items() if locked}
        self._hold(rows, locked=True)
        if not fresh or not place:
            return
        if len(fresh) > 1 and not ORDERED.search(sql):
            self.wrong.append(f"{place} locks {fresh} in no order")
        most = max((RANKS[table] for table, _id in held), default=-1)
        if late := [row for row in fresh if RANKS[row[0]] < most]:
            self.wrong.append(f"{place} locks {late} after {sorted(held)}")
        for table, id_ in fresh:
            if any(other == table and each > id_ for other, each in held):
                self.wrong.append(f"{place} locks {table} {id_} after one with a greater key")

    def _rows(self, context: dict[str, Any]) -> list[Row]:
        """The watched rows of an answer, read without taking them from who asked."""
        result = getattr(context["cursor"].cursor, "pgresult", None)
        if result is None or not result.ntuples:
            return []
        tables = self.tables or self._look_up(context["connection"].connection)
        found = []
        for column in range(result.nfields):
            table = tables.get(result.ftable(column))
            if table and result.fname(column) == b"id":
                values = (result.get_value(row, column) for row in range(result.ntuples))
                found += [(table, int(value)) for value in values if value is not None]
        return found

    def _look_up(self, raw: psycopg.Connection) -> dict[int, str]:
        with psycopg.Cursor(raw) as cursor:
            rows = cursor.execute("SELECT oid, relname FROM pg_class WHERE relname = ANY(%s)", [list(RANKS)])
            self.tables = dict(rows.fetchall())
        return self.tables


def _begun_by_test() -> bool:
    """Whether a test itself, and not a service that it calls, opens the savepoint."""
    frame = sys._getframe()
    while frame and frame.f_code.co_name != "__enter__":
        frame = frame.f_back  # type: ignore[assignment]
    return bool(
        frame and frame.f_back and Path(frame.f_back.f_code.co_filename).is_relative_to(ROOT / "tests")
    )


def _place() -> str:
    """Where in the product the statement comes from; nothing for what a test itself writes."""
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        path = Path(frame.f_code.co_filename)
        own = path.is_relative_to(ROOT) and ".venv" not in path.parts
        if own and path not in (Path(__file__), ROOT / "orders/services/locks.py"):
            inside = path.relative_to(ROOT)
            return "" if inside.parts[0] == "tests" else f"{inside}:{frame.f_lineno}"
    return ""


@contextmanager
def rows_locked_before_they_change() -> Iterator[list[str]]:
    """Watches this connection and all that are opened meanwhile. Gives the list of what was wrong."""
    wrong: list[str] = []

    def watch(connection: Any, **kwargs: Any) -> None:
        connection.execute_wrappers.append(Watch(wrong))

    connection.execute_wrappers.append(Watch(wrong, within_test=connection.in_atomic_block))
    connection_created.connect(watch)
    try:
        yield wrong
    finally:
        connection_created.disconnect(watch)
        connection.execute_wrappers[:] = [
            each for each in connection.execute_wrappers if getattr(each, "wrong", None) is not wrong
        ]
