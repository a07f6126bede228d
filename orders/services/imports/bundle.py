"""All rows of many invoices at once: an order of the past has forty of them, in a dozen tables.

Keys are taken from the sequences in blocks, so rows can name each other before they are stored; the rows of a table go
to PostgreSQL as one COPY. Whatever does not fit takes the whole bundle back with the transaction it is in.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from shopcomm.core.json_text import json_text

BLOCK = 5000
# How COPY reads null, and what stands for the moment of writing until it is known: PostgreSQL's texts cannot hold it.
NOTHING, NOW = "\\N", "\0"
# What COPY's text format gives a meaning to.
_SPECIAL = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
Model = type[models.Model]


class Keys:
    """Primary keys of our own, fetched by the thousand."""

    def __init__(self) -> None:
        self._free: dict[Model, list[int]] = {}

    def next(self, model: Model) -> int:
        """A key nobody else gets."""
        free = self._free.get(model)
        if not free:
            free = self._free[model] = self._fetched(model)
        return free.pop()

    def _fetched(self, model: Model) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id'))::regclass) FROM generate_series(1, %s)",
                [model._meta.db_table, BLOCK],
            )
            return [key for (key,) in reversed(cursor.fetchall())]


class Bundle:
    """Rows that belong together, collected and then written at once."""

    def __init__(self, keys: Keys) -> None:
        self._keys, self._now = keys, timezone.now().isoformat()
        self._tables: dict[tuple[Model, tuple[str, ...]], _Table] = {}

    def add(self, model: Model, **fields: Any) -> int:
        """Take a row by its columns' names; what is not given has the model's default. Returns its key."""
        table = self._table(model, tuple(fields))
        key = self._keys.next(model)
        table.take(key, fields.values())
        return key

    def write(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Insert everything. Raises IntegrityError; the caller's transaction decides what becomes of the rest.

        `meanwhile`: something to do while PostgreSQL stores a table.
        """
        tables, self._tables = self._tables, {}
        with connection.cursor() as cursor, connection.wrap_database_errors:
            for table in tables.values():
                with cursor.copy(table.statement) as copy:
                    copy.write(table.text())
                    meanwhile()

    def _table(self, model: Model, names: tuple[str, ...]) -> "_Table":
        table = self._tables.get((model, names))
        if table is None:
            table = self._tables[model, names] = _Table(model, names, self._now)
        return table


class _Table:
    """Rows of one table that give the same columns; the others have the text of their default."""

    def __init__(self, model: Model, names: tuple[str, ...], now: str) -> None:
        self.statement, form, self._made_anew = _shape(model, names)
        self._form, self._rows = form.replace(NOW, now), list[tuple[Any, ...]]()

    def take(self, key: int, values: Iterable[Any]) -> None:
        """Add a row under its key; `values` in the order of the names."""
        made = [make() for make in self._made_anew] if self._made_anew else ()
        self._rows.append((key, *values, *made))

    def text(self) -> str:
        """All rows as COPY reads them."""
        columns = [_column(values) for values in zip(*self._rows, strict=True)]
        return "".join(map(self._form.__mod__, zip(*columns, strict=True)))


@cache
def _shape(model: Model, names: tuple[str, ...]) -> tuple[str, str, tuple[Callable[[], Any], ...]]:
    """The statement that copies such rows, the form of a row, and the defaults that are another for each row."""
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    key = str(model._meta.pk.column)
    left = {name: field for name, field in fields.items() if name not in (key, *names)}
    made = {name: field.get_default for name, field in left.items() if _is_made_anew(field)}
    fixed = {name: _default(field) for name, field in left.items() if name not in made}
    if unknown := set(names) - fields.keys():
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    columns = ", ".join(map(connection.ops.quote_name, [key, *names, *made, *fixed]))
    given = ["%s"] * (1 + len(names) + len(made))
    form = "\t".join([*given, *(text.replace("%", "%%") for text in fixed.values())]) + "\n"
    table = connection.ops.quote_name(model._meta.db_table)
    return f"COPY {table} ({columns}) FROM STDIN", form, tuple(made.values())


def _is_moment(field: Any) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def _is_made_anew(field: Any) -> bool:
    return field.has_default() and callable(field.default) and field.default not in (list, dict)


def _default(field: Any) -> str:
    if _is_moment(field):
        return NOW
    value = field.get_default() if field.has_default() or not field.null else None
    return _text_of(value)


def _column(values: tuple[Any, ...]) -> Iterable[Any]:
    """The values of a column as COPY reads them once they are printed: most columns need no look at each of them."""
    kinds = set(map(type, values))
    if kinds <= PRINTED:
        return values
    if kinds == {str} and _is_plain("".join(values)):
        return values
    return map(_text_of, values)


def _text_of(value: Any) -> str:
    """A value as COPY reads it."""
    return _WRITERS.get(type(value), _other)(value)


def _is_plain(text: str) -> bool:
    """Whether a text is nothing but what it shows."""
    return text.isprintable() and "\\" not in text


def _word(value: str) -> str:
    return value if _is_plain(value) else value.translate(_SPECIAL)


def _json(value: Any) -> str:
    return json_text(value).replace("\\", "\\\\")


@lru_cache(typed=True)
def _other(value: Any) -> str:
    """A choice by its value; what else there is as it prints."""
    return _word(str(getattr(value, "value", value)))


# What prints as PostgreSQL reads it.
PRINTED = frozenset({int, Decimal, UUID, datetime})
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _word,
    **dict.fromkeys(PRINTED, str),
    type(None): lambda _value: NOTHING,
    dict: _json,
    list: _json,
}
