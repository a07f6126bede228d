"""Moments come out of the database as psycopg reads them, only sooner."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection

from shopcomm.core.database.moments import QuickMomentLoader


def asked(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 30, 9, 5, 7, tzinfo=UTC),
        datetime(2026, 11, 30, 9, 5, 7, 5, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 500000, tzinfo=UTC),
    ],
)
def test_a_moment_is_read_as_it_was_written(moment: datetime) -> None:
    found = asked(moment.isoformat())

    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["infinity", "-infinity", "10000-01-01", "0044-03-15 BC"])
def test_a_moment_that_python_has_no_word_for_is_an_error(text: str) -> None:
    with pytest.raises(DataError):
        asked(text)


def test_the_quick_reader_is_what_connections_use() -> None:
    assert connection.get_connection_params()["context"].get_loader(1184, 0) is QuickMomentLoader
