"""Between two tests that commit: the database as its migrations left it, quickly."""

from functools import cache

from django.db import connection, transaction
from django.test import TransactionTestCase

# What a shop has before its first order, kept aside.
ASIDE = "as_migrated"


def empty_quickly() -> None:
    """Have every test that commits leave by deleting its rows.

    Django's own way truncates a hundred tables with all their indexes, however empty, and makes every permission anew:
    half a second to a whole one for each such test.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [ASIDE])
        used_before = cursor.fetchone() is not None
        if not used_before:
            cursor.execute(f"CREATE SCHEMA {ASIDE}")
            for table in _filled(cursor):
                cursor.execute(f"CREATE TABLE {ASIDE}.{table} AS TABLE {table}")
    if used_before:
        # With --reuse-db; a run that was killed has left its rows.
        empty_database()
    TransactionTestCase._fixture_teardown = lambda case: empty_database()


def empty_database() -> None:
    """Delete every row there is, and put back those that were there before the first test."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A thread of the test that is still writing ends first: its rows go, too.
        cursor.execute(f"LOCK TABLE {', '.join(_tables())} IN EXCLUSIVE MODE")
        # Foreign keys are looked at when all is done.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in _filled(cursor):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [ASIDE])
        for (name,) in cursor.fetchall():
            table = connection.ops.quote_name(name)
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {ASIDE}.{table}")


@cache
def _tables() -> list[str]:
    """Those of the models; what no test changes is left alone."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    alone = {"django_migrations", "django_content_type", "auth_permission"}
    return [connection.ops.quote_name(name) for name in sorted(set(names) - alone)]


def _filled(cursor) -> list[str]:
    """Those with a row."""
    tables = _tables()
    cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables))
    return [table for (table,) in cursor.fetchall()]
