"""Deadlocks: PostgreSQL aborts one of two transactions that wait for each other; the aborted one is retried."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar, ParamSpec, TypeVar

import psycopg
from django.db import OperationalError, connection
from django.utils.translation import gettext_lazy as _

from shopcomm.core.logs import log_scope

P = ParamSpec("P")
R = TypeVar("R")
Row = TypeVar("Row")

log = logging.getLogger(__name__)
TRIES = 4
# Doubled with each try. The other transaction is done by then; not the same for two that were ended together.
PAUSE_SECONDS = (0.01, 0.05)
# When to come again after a crowd, a row of deadlocks or a restart of the database: all are over in a moment.
BUSY_SECONDS = 2


class DatabaseBusy(OperationalError):
    """Try after try was ended for others' sake, and nothing has changed: told as any other refusal to serve now."""

    code = "unavailable"
    status = 503
    extra: ClassVar[dict[str, Any]] = {"retry_after": BUSY_SECONDS}

    @property
    def detail(self) -> str:
        """What a person is told."""
        return str(_("系统正忙，请过几秒再试"))


def retry_on_deadlock(service: Callable[P, R]) -> Callable[P, R]:
    """Run a whole service again when the database ended its transaction to let another one finish; TRIES times at most.

    Only around a service that is one transaction and does everything else on commit: nothing of the first try is left
    then. Inside somebody else's transaction there is nothing to begin again, so the error goes to whoever began it.
    Raises DatabaseBusy when the last try is ended, too.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        for tried in range(TRIES):
            try:
                return service(*args, **kwargs)
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
                last = error
            log.warning("%s was ended by a deadlock, try %s of %s", service.__qualname__, tried + 1, TRIES)
            if tried + 1 < TRIES:
                time.sleep(random.uniform(*PAUSE_SECONDS) * 2**tried)
        raise DatabaseBusy from last

    return run


@contextmanager
def leave_to_next_sweep(what: str) -> Iterator[None]:
    """Around one piece of a sweep's work, named for the log: what others keep too long, or what is broken, does not end
    the sweep. A database that is away does: it would fail at every piece."""
    with log_scope():
        try:
            yield
        except OperationalError as error:
            if not _concerns_only_its_rows(error):
                raise
            log.warning("%s left to the next sweep: others kept the rows", what)
        except Exception:
            log.exception("%s failed; the sweep goes on without it", what)


def sweep_each(rows: Iterable[Row], work: Callable[[Row], int], *, what: str) -> int:
    """Do a sweep's work with each row, in a transaction of its own; `what` names rows in the log. Returns the sum of what it returned."""
    done = 0
    for row in rows:
        with leave_to_next_sweep(f"{what} {row}"):
            done += work(row)
    return done


def _concerns_only_its_rows(error: OperationalError) -> bool:
    """Whether the database is there, and refused or ended this one statement: a deadlock, or a wait beyond its limit."""
    ended = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
    return isinstance(error, DatabaseBusy) or is_deadlock(error) or isinstance(error.__cause__, ended)


def is_deadlock(error: BaseException) -> bool:
    """Whether the database ended a transaction for another's sake, and not for what it did."""
    ended = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    return isinstance(error.__cause__, ended)
