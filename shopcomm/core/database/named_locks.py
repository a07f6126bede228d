"""Locks on a name, for what has no row to lock (PostgreSQL's advisory locks): held until the transaction ends, or for a block."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def wait_for_named_lock(name: str) -> None:
    """Hold a named lock; others who want it wait here until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number(name)])


def try_named_lock(name: str) -> bool:
    """Hold a name if nobody else does; whether it is held now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_number(name)])
        return bool(cursor.fetchone()[0])


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


@contextmanager
def held_across_transactions(name: str) -> Iterator[bool]:
    """Hold a name on this connection until the end of the block, however many transactions there are in it.

    Yields False, and holds nothing, where another connection has it. A process that dies lets go with its connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_number(name)])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        # A connection that was lost meanwhile has let go already.
        if is_mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_number(name)])
