"""Locks on a name, for what has no row to lock yet: held until the transaction ends (PostgreSQL's advisory locks)."""

import hashlib

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
