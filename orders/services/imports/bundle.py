"""All rows of one invoice in one statement: an order of the past has forty of them, in a dozen tables.

Keys are taken from the sequences in blocks, so rows can name each other before they are stored.
"""

import json
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

BLOCK = 500


class Keys:
    """Primary keys of our own, fetched by the hundred."""

    def __init__(self) -> None:
        self._free: dict[type[models.Model], list[int]] = {}

    def next(self, model: type[models.Model]) -> int:
        """A key nobody else gets."""
        free = self._free.setdefault(model, [])
        if not free:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                    [model._meta.db_table, BLOCK],
                )
                free += [key for (key,) in reversed(cursor.fetchall())]
        return free.pop()


class Bundle:
    """Rows that belong together, collected and then written at once."""

    def __init__(self, keys: Keys) -> None:
        self._keys, self._now = keys, timezone.now()
        self._rows: dict[type[models.Model], list[dict[str, Any]]] = {}

    def add(self, model: type[models.Model], **fields: Any) -> int:
        """Take a row by its columns' names; what is not given has the model's default. Returns its key."""
        key = self._keys.next(model)
        row = _defaults(model) | fields | {"id": key}
        for column in _moments(model):
            row[column] = row[column] or self._now
        self._rows.setdefault(model, []).append(row)
        return key

    def add_instance(self, instance: models.Model) -> int:
        """Take an unsaved instance; it gets its key, but is not saved."""
        columns = {
            str(field.column): getattr(instance, field.attname) for field in instance._meta.concrete_fields
        }
        columns.pop("id")
        instance.pk = self.add(type(instance), **columns)
        return instance.pk

    def write(self) -> None:
        """Insert everything. Raises IntegrityError; the caller's transaction decides what becomes of the rest."""
        inserts, values = [], []
        for place, (model, rows) in enumerate(self._rows.items()):
            table = connection.ops.quote_name(model._meta.db_table)
            inserts.append(
                f"t{place} AS (INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s::json))"
            )
            values.append(json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False))
        self._rows = {}
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {', '.join(inserts)} SELECT 1", values)


@cache
def _moments(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that say when a row was written."""
    fields = model._meta.concrete_fields
    return tuple(str(f.column) for f in fields if getattr(f, "auto_now", 0) or getattr(f, "auto_now_add", 0))


@cache
def _defaults(model: type[models.Model]) -> dict[str, Any]:
    """Every column with its default: a whole row is what PostgreSQL takes."""
    return {
        str(field.column): field.get_default() if field.has_default() or not field.null else None
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
