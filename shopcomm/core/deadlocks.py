"""Deadlocks: PostgreSQL ends one of two transactions that wait for each other; the one that was ended begins again."""

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from django.db import OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)
# The other transaction is done by then; not the same for two that were ended together.
PAUSE_SECONDS = (0.01, 0.05)


def retry_on_deadlock(service: Callable[P, R]) -> Callable[P, R]:
    """Run a whole service once more when the database ended its transaction to let another one finish.

    Only around a service that is one transaction and does everything else on commit: nothing of the first try is left
    then. Inside somebody else's transaction there is nothing to begin again, so the error goes to whoever began it.
    Raises OperationalError when the second try is ended, too.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        try:
            return service(*args, **kwargs)
        except OperationalError as error:
            if not is_deadlock(error):
                raise
            log.warning("%s was ended by a deadlock and begins again", service.__qualname__)
        time.sleep(random.uniform(*PAUSE_SECONDS))
        return service(*args, **kwargs)

    return run


def is_deadlock(error: BaseException) -> bool:
    """Whether the database ended a transaction for another's sake, and not for what it did."""
    ended = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    return isinstance(error.__cause__, ended)
