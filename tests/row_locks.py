"""Watches every statement of a test: rows that people share are locked before they are changed, and in one order.

A look at the statements and not at the outcome: a race that a missing lock leaves open is lost once in a thousand runs.
tests/conftest.py has every test that uses the database watched; what is right without a lock is named in UNLOCKED.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connections
from django.db.backends.signals import connection_created

ROOT = Path(__file__).parents[1]
# In the order in which they are locked: see orders/services/locks.py.
TABLES = ("orders_order", "orders_orderline", "orders_variant", "accounts_customer", "messaging_conversation")
RANKS = {table: rank for rank, table in enumerate(TABLES)}
# Lines belong to their order, whose lock is enough; a customer is locked so that their debts stay, not to be changed.
WRITTEN = frozenset({"orders_order", "orders_variant", "messaging_conversation"})
# The file and the function that change a table without a lock, and why that is right. None needs it so far.
UNLOCKED: dict[tuple[str, str], str] = {}
# What runs a statement for whoever asks.
ON_BEHALF = frozenset(
    {"tests/row_locks.py", "orders/services/locks.py", "shopcomm/core/database/prepared.py"}
)
LOCK = re.compile(r'\bFOR (?:NO KEY )?UPDATE\b(?: OF ([\w", ]+?))?( SKIP LOCKED| NOWAIT)?\s*$')
UPDATE = re.compile(r'^\s*UPDATE "?(\w+)"?\s')
COPY = re.compile(r'^COPY "?(\w+)"? \((.+)\) FROM STDIN')
# The one statement that locks, numbers and writes messages (messaging/services/write.py).
WRITER = re.compile(r"\bUPDATE messaging_conversation\b")
# One row by its key, or rows in an order.
ORDERED = re.compile(r'ORDER BY|"?id"? = %s')
KEYS = """
SELECT c.oid, a.attnum, c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relname = ANY(%s) AND c.relkind = 'r' AND a.attname = 'id'
"""
Row = tuple[str, int]


@dataclass
class Findings:
    """What was found wrong in the test that runs, on any connection; nobody looks between two tests."""

    wrong: list[str] | None = None


FOUND = Findings()


@dataclass
class Watch:
    """What the transaction of one connection holds."""

    # The test's own transaction around everything: what a service locked in it, the next one locks anew.
    within_test: bool = False
    # One for each open savepoint, the first for the transaction itself. True: locked; False: made here, so nobody waits.
    held: list[dict[Row, bool]] = field(default_factory=lambda: [{}])
    # Which of these a test began around several services.
    around: list[bool] = field(default_factory=list)
    # By the table's oid and the place of its key, whatever an answer calls it.
    keys: dict[tuple[int, int], str] = field(default_factory=dict)

    def begin(self, *, within_test: bool = False) -> None:
        """Nothing is held any more."""
        self.held, self.around, self.within_test = [{}], [], within_test

    def begin_if_idle(self, raw: psycopg.Connection) -> None:
        """Whatever the next statement is, it is the first of its transaction."""
        if raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self.begin()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if FOUND.wrong is None:
            return execute(sql, params, many, context)
        self.begin_if_idle(context["connection"].connection)
        if not isinstance(sql, str) or many:
            return execute(sql, params, many, context)
        if sql.startswith("INSERT INTO"):
            answer = execute(sql, params, many, context)
            self.hold(self._rows(context), locked=False)
            return answer
        if "SAVEPOINT" in sql:
            self._savepoint(sql)
        if "UPDATE" not in sql:
            # Almost all statements: nothing is locked or changed.
            return execute(sql, params, many, context)
        match = UPDATE.match(sql)
        if match and match[1] in WRITTEN and "RETURNING" not in sql:
            return self._update(match[1], execute, sql, params, context)
        answer = execute(sql, params, many, context)
        if lock := LOCK.search(sql):
            self._lock(sql, self._rows(context, only=lock[1]), waits=not lock[2])
        elif WRITER.search(sql):
            self._lock(sql, self._rows(context, written=True))
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

    def hold(self, rows: list[Row], *, locked: bool) -> None:
        """Take note of rows that nobody else can change until the transaction ends."""
        if not self._is_the_test_s:
            self.held[-1].update({row: locked for row in rows if row not in self._all()})

    def _all(self) -> dict[Row, bool]:
        return {row: locked for each in self.held for row, locked in each.items()}

    def _update(self, table: str, execute: Any, sql: str, params: Any, context: dict[str, Any]) -> Any:
        answer = execute(f'{sql} RETURNING "{table}"."id"', params, False, context)
        changed = {(table, row[0]) for row in context["cursor"].cursor.fetchall()}
        unheld = changed - self._all().keys()
        if unheld and (place := _place()) and place not in UNLOCKED:
            _tell(f"{' '.join(place)} changes {sorted(unheld)} without a lock")
        return answer

    def _lock(self, sql: str, rows: list[Row], *, waits: bool = True) -> None:
        known, place = self._all(), _place()
        fresh = [row for row in dict.fromkeys(rows) if row not in known]
        held = {row for row, locked in known.items() if locked}
        self.hold(rows, locked=True)
        # Who passes over what others hold waits for nobody.
        if not (waits and fresh and place):
            return
        said = " ".join(place)
        if len(fresh) > 1 and not ORDERED.search(sql):
            _tell(f"{said} locks {fresh} in no order")
        most = max((RANKS[table] for table, _id in held), default=-1)
        if late := [row for row in fresh if RANKS[row[0]] < most]:
            _tell(f"{said} locks {late} after {sorted(held)}")
        for table, id_ in fresh:
            if any(other == table and each > id_ for other, each in held):
                _tell(f"{said} locks {table} {id_} after one with a greater key")

    def _rows(self, context: dict[str, Any], *, only: str | None = None, written: bool = False) -> list[Row]:
        """The watched rows of an answer, read without taking them from who asked; `only` of the tables named.

        `written`: it is the writer's, whose messages name their conversations.
        """
        result = getattr(context["cursor"].cursor, "pgresult", None)
        if result is None or not result.ntuples:
            return []
        keys = self.keys or self._look_up(context["connection"].connection)
        found = []
        for column in range(result.nfields):
            table = keys.get((result.ftable(column), result.ftablecol(column)))
            if written and result.fname(column) == b"conversation_id":
                table = "messaging_conversation"
            if table and (only is None or f'"{table}"' in only):
                values = (result.get_value(row, column) for row in range(result.ntuples))
                found += [(table, int(value)) for value in values if value is not None]
        return found

    def _look_up(self, raw: psycopg.Connection) -> dict[tuple[int, int], str]:
        with psycopg.Cursor(raw) as cursor:
            rows = cursor.execute(KEYS, [list(RANKS)])
            self.keys = {(table, place): name for table, place, name in rows.fetchall()}
        return self.keys


def _tell(what: str) -> None:
    if FOUND.wrong is not None:
        FOUND.wrong.append(what)


def _begun_by_test() -> bool:
    """Whether a test itself, and not a service that it calls, opens the savepoint."""
    frame = sys._getframe()
    while frame and frame.f_code.co_name != "__enter__":
        frame = frame.f_back  # type: ignore[assignment]
    return bool(frame and frame.f_back and _inside(frame.f_back.f_code.co_filename).startswith("tests/"))


def _place() -> tuple[str, str] | None:
    """The file and the function of the product that the statement comes from; None for what a test itself writes."""
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        inside = _inside(frame.f_code.co_filename)
        if inside and inside not in ON_BEHALF:
            return None if inside.startswith("tests/") else (inside, frame.f_code.co_name)
    return None


@cache
def _inside(file: str) -> str:
    """A file of this project by its path in it; nothing for any other."""
    path = Path(file)
    own = path.is_relative_to(ROOT) and ".venv" not in path.parts
    return path.relative_to(ROOT).as_posix() if own else ""


WATCHES: WeakKeyDictionary[psycopg.Connection, Watch] = WeakKeyDictionary()


def _watch(connection: Any, **kwargs: Any) -> Watch:
    """Have a connection watched from its first statement to its last; one that was opened anew holds nothing."""
    watch = next((each for each in connection.execute_wrappers if isinstance(each, Watch)), None)
    if watch is None:
        watch = Watch()
        connection.execute_wrappers.append(watch)
    watch.begin()
    if connection.connection is not None:
        WATCHES[connection.connection] = watch
    return watch


class CopiedRows:
    """What goes into a COPY, on its way: the keys of watched rows are read along."""

    def __init__(self, copy: psycopg.Copy, watch: Watch, table: str, place: int) -> None:
        self.copy, self.watch, self.table, self.place = copy, watch, table, place

    def write(self, lines: str) -> None:
        keys = (int(line.split("\t")[self.place]) for line in lines.splitlines() if line)
        self.watch.hold([(self.table, key) for key in keys], locked=False)
        self.copy.write(lines)


def _watch_copies() -> None:
    """COPY passes by Django's wrappers: without a look at it, a transaction that it begins would be taken for the last."""
    copy_unwatched = psycopg.Cursor.copy

    @contextmanager
    def copy(self: psycopg.Cursor, statement: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        watch = WATCHES.get(self.connection) if FOUND.wrong is not None else None
        if watch:
            watch.begin_if_idle(self.connection)
        with copy_unwatched(self, statement, *args, **kwargs) as copying:
            match = COPY.match(statement) if watch and isinstance(statement, str) else None
            if watch and match and match[1] in RANKS:
                columns = match[2].replace('"', "").split(", ")
                yield CopiedRows(copying, watch, match[1], columns.index("id"))
            else:
                yield copying

    psycopg.Cursor.copy = copy  # type: ignore[method-assign]


_watch_copies()
connection_created.connect(_watch)


@contextmanager
def rows_locked_before_they_change() -> Iterator[list[str]]:
    """Looks at what all connections do meanwhile. Gives the list of what was wrong."""
    for connection in connections.all(initialized_only=True):
        _watch(connection).begin(within_test=connection.in_atomic_block)
    before, FOUND.wrong = FOUND.wrong, []
    try:
        yield FOUND.wrong
    finally:
        FOUND.wrong = before
