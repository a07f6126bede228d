"""Savepoints: Django makes one for each service that is called inside a transaction, so that its caller may go on when
it fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def without_savepoints() -> Iterator[None]:
    """Make none in this block, for a long transaction whose every step has to succeed: they are a third of its statements.

    An error inside ends the whole transaction, also where a service would go on after it.
    """
    features = connection.features
    before, features.uses_savepoints = features.uses_savepoints, False
    try:
        yield
    finally:
        features.uses_savepoints = before
