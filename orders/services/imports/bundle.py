"""All rows of many invoices at once: an order of the past has forty of them, in a dozen tables.

Keys are taken from the sequences in blocks, so rows can name each other before they are stored; the rows of a table go
to PostgreSQL as one COPY. Whatever does not fit takes the whole bundle back with the transaction it is in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

BLOCK = 5000
NOTHING = "\\N"
# What COPY's text format gives a meaning to.
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Keys:
    """Primary keys of our own, fetched by the thousand."""

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
        self._keys, self._now = keys, timezone.now().isoformat()
        self._rows: dict[type[models.Model], list[str]] = {}

    def add(self, model: type[models.Model], **fields: Any) -> int:
        """Take a row by its columns' names; what is not given has the model's default. Returns its key."""
        shape, key = _shape(model), self._keys.next(model)
        cells = shape.defaults.copy()
        for place, make in shape.made_anew:
            cells[place] = _text_of(make())
        cells[shape.key] = str(key)
        places = shape.places
        for column, value in fields.items():
            cells[places[column]] = _text_of(value)
        self._take(model, shape, cells)
        return key

    def add_instance(self, instance: models.Model) -> int:
        """Take an unsaved instance; it gets its key, but is not saved."""
        model = type(instance)
        shape, instance.pk = _shape(model), self._keys.next(model)
        self._take(model, shape, [_text_of(getattr(instance, name)) for name in shape.attributes])
        return instance.pk

    def write(self) -> None:
        """Insert everything. Raises IntegrityError; the caller's transaction decides what becomes of the rest."""
        rows, self._rows = self._rows, {}
        with connection.cursor() as cursor, connection.wrap_database_errors:
            for model, lines in rows.items():
                with cursor.copy(_shape(model).statement) as copy:
                    copy.write("".join(lines))

    def _take(self, model: type[models.Model], shape: "_Shape", cells: list[str]) -> None:
        for place in shape.moments:
            if cells[place] is NOTHING:
                cells[place] = self._now
        self._rows.setdefault(model, []).append("\t".join(cells) + "\n")


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table as COPY takes it: every column in its place, with the text of its default."""

    statement: str
    places: dict[str, int]
    attributes: tuple[str, ...]
    defaults: list[str]
    key: int
    # The columns that say when a row was written, and those whose default is another for each row.
    moments: tuple[int, ...]
    made_anew: tuple[tuple[int, Callable[[], Any]], ...]


@cache
def _shape(model: type[models.Model]) -> _Shape:
    fields = list(model._meta.concrete_fields)
    places = {str(field.column): place for place, field in enumerate(fields)}
    columns = ", ".join(map(connection.ops.quote_name, places))
    key = next(place for place, field in enumerate(fields) if field.primary_key)
    return _Shape(
        statement=f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN",
        places=places,
        attributes=tuple(field.attname for field in fields),
        defaults=[_default(field) for field in fields],
        key=key,
        moments=tuple(
            n for n, f in enumerate(fields) if getattr(f, "auto_now", 0) or getattr(f, "auto_now_add", 0)
        ),
        made_anew=tuple(
            (n, f.get_default)
            for n, f in enumerate(fields)
            if f.has_default() and callable(f.default) and f.default not in (list, dict)
        ),
    )


def _default(field: Any) -> str:
    return _text_of(field.get_default() if field.has_default() or not field.null else None)


def _text_of(value: Any) -> str:
    """A value as COPY reads it."""
    write = _WRITERS.get(type(value))
    return write(value) if write is not None else _other(value)


def _word(value: str) -> str:
    return value if value.isalnum() else value.translate(_SPECIAL)


def _json(value: Any) -> str:
    return _ENCODE(value).translate(_SPECIAL)


def _other(value: Any) -> str:
    """A choice by its value; a flag or a UUID as it prints."""
    return str(getattr(value, "value", value)).translate(_SPECIAL)


_ENCODE = DjangoJSONEncoder(ensure_ascii=False).encode
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _word,
    int: str,
    Decimal: str,
    type(None): lambda _value: NOTHING,
    datetime: datetime.isoformat,
    dict: _json,
    list: _json,
}
