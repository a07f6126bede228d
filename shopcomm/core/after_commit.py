"""What follows a change, done as soon as its transaction has committed and never if it has not.

Only this module and `realtime.py` speak to `transaction.on_commit`, so that nobody can forget `robust`: a broker that is
away must not turn a change that is committed into an error. Whatever is lost here, a sweep or a client makes up for.
"""

from collections.abc import Callable

from django.db import connection, transaction


def call_after_commit(work: Callable[[], object]) -> None:
    """Call `work` once the caller's transaction has committed; at once outside of one. An error of it is only logged."""
    transaction.on_commit(work, robust=True)


def is_called_after_commit(work: Callable[[], object]) -> bool:
    """Whether the caller's transaction calls just this function already when it commits."""
    return any(entry[1] is work for entry in connection.run_on_commit)
