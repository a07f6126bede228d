"""Updating the rows of a large table in a migration, in batches."""

from typing import Any

from django.db import transaction


def run_in_batches(schema_editor: Any, table: str, statement: str, *, size: int = 2000) -> int:
    """Run a statement over the rows of a table in the order of their keys. For migrations with `atomic = False`.

    `statement` takes two keys, for `id > %s AND id <= %s`; each run is one transaction over `size` rows at most, so that
    nobody waits for long. It leaves alone what is as it should be: a migration that was cut off is simply run again.
    Returns how many rows it changed.
    """
    connection, changed, last = schema_editor.connection, 0, 0
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if (upto := _last_key(cursor, table, last, size)) is None:
                return changed
            cursor.execute(statement, [last, upto])
            changed += cursor.rowcount
        last = upto


def _last_key(cursor: Any, table: str, after: int, size: int) -> int | None:
    """The last key of the next batch, or None behind the last row."""
    page = f'SELECT id FROM "{table}" WHERE id > %s ORDER BY id LIMIT %s'
    cursor.execute(f"SELECT max(id) FROM ({page}) page", [after, size])
    return cursor.fetchone()[0]
