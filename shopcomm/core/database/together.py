"""The rows of several tables in one statement, which is built from querysets once and then only asked for.

A page about one order reads two dozen tables of a few rows each. Asking for each costs a round trip and, dearer still,
building its statement anew. What is read stays a queryset, with `Given` values, and comes back as the same objects.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import (
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    ForeignKey,
    JSONField,
    Model,
    QuerySet,
    TimeField,
    UUIDField,
)

from shopcomm.core.database.prepared import Given, Number

M = TypeVar("M", bound=Model)
Reading = Callable[[Any], Any]
# What JSON has no type for, by the kind of field; the first that fits.
READ_AS: tuple[tuple[type["Field[Any, Any]"], Reading], ...] = (
    (DateTimeField, datetime.fromisoformat),
    (DateField, date.fromisoformat),
    (TimeField, time.fromisoformat),
    (DecimalField, Decimal),
    (UUIDField, UUID),
    (JSONField, json.loads),
)
# As a number it would lose its cents, as JSON its place among the values.
AS_TEXT = (DecimalField, JSONField)


@dataclass(frozen=True)
class Asked(Generic[M]):
    """Rows that are asked for together with others."""

    sql: str
    values: list[Any]
    read: Callable[[list[list[Any]]], list[M]]


class PreparedRows(Generic[M]):
    """The rows of one table that a queryset finds, in its order, each with what its keys in `related` lead to."""

    def __init__(self, found: QuerySet[M], *related: str) -> None:
        self.root = _Record(found.model, "", 0)
        self.related = [_Record.of_path(found.model, path) for path in related]
        records, places = [self.root, *self.related], 0
        for record in records:
            record.first, places = places, places + len(record.fields)
        names = [f"{record.prefix}{name}" for record in records for name in record.names]
        sql, self.values = found.values_list(*names).query.sql_with_params()
        fields = [field for record in records for field in record.fields]
        columns = [f"c{place}" for place in range(places)]
        cells = [
            f"{column}::text" if isinstance(field, AS_TEXT) else column
            for column, field in zip(columns, fields, strict=True)
        ]
        self.sql = (
            f"(SELECT json_agg(json_build_array({', '.join(cells)})) "
            f"FROM ({sql}) AS found({', '.join(columns)}))"
        )

    def given(self, **given: Any) -> Asked[M]:
        """The rows for a value for each name that is `Given`."""
        values = [given[each.name] if isinstance(each, Given) else each for each in self.values]
        return Asked(self.sql, values, lambda rows: [self._read(row) for row in rows])

    def _read(self, row: list[Any]) -> M:
        found: Any = self.root.read(row)
        for record in self.related:
            holder = found
            *path, name = record.path.split("__")
            for step in path:
                holder = getattr(holder, step, None)
            if holder is not None:
                setattr(holder, name, record.read(row))
        return found  # type: ignore[no-any-return]


class _Record:
    """The columns of one model in a row of several."""

    def __init__(self, model: type[Model], path: str, first: int) -> None:
        self.model, self.path, self.first = model, path, first
        self.fields = model._meta.concrete_fields
        self.names = [field.attname for field in self.fields]
        self.prefix = f"{path}__" if path else ""
        self.key = self.fields.index(model._meta.pk)
        self.readings = [
            (place, reading) for place, field in enumerate(self.fields) if (reading := _reading(field))
        ]

    @classmethod
    def of_path(cls, model: type[Model], path: str) -> "_Record":
        for step in path.split("__"):
            model = model._meta.get_field(step).related_model  # type: ignore[assignment]
        return cls(model, path, 0)

    def read(self, row: list[Any]) -> Model | None:
        """The object in these columns; None where there is none."""
        cells = row[self.first : self.first + len(self.fields)]
        if cells[self.key] is None:
            return None
        for place, reading in self.readings:
            if cells[place] is not None:
                cells[place] = reading(cells[place])
        return self.model.from_db("default", self.names, cells)


def _reading(field: "Field[Any, Any]") -> Reading | None:
    if isinstance(field, ForeignKey):
        return _reading(field.target_field)
    return next((reading for kind, reading in READ_AS if isinstance(field, kind)), None)


def read_together(*asked: Asked[Any] | Number) -> list[Any]:
    """What all of these are, in one query: a list of rows each, or a number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT json_build_array({', '.join(each.sql for each in asked)})::text",
            [value for each in asked for value in each.values],
        )
        found = json.loads(cursor.fetchone()[0])
    return [
        each.read(cell or []) if isinstance(each, Asked) else cell
        for each, cell in zip(asked, found, strict=True)
    ]


def attach_rows(parents: Sequence[Model], name: str, rows: Iterable[Model]) -> None:
    """Give each parent its own of these rows, as `prefetch_related(name)` does: `.all()` asks for nothing."""
    if not parents:
        return
    own: Any = parents[0]._meta.get_field(name).remote_field
    grouped: dict[Any, list[Model]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, own.attname)].append(row)
    for parent in parents:
        mine = grouped.get(parent.pk, [])
        for row in mine:
            setattr(row, own.name, parent)
        known = getattr(parent, name).get_queryset()
        known._result_cache, known._prefetch_done = mine, True
        kept: Any = parent
        kept.__dict__.setdefault("_prefetched_objects_cache", {})[name] = known


def attach_one(rows: Iterable[Model], name: str, found: Iterable[Model]) -> None:
    """Give each row the one that its key leads to, as `select_related(name)` does; none where it leads nowhere."""
    by_key = {each.pk: each for each in found}
    for row in rows:
        field: Any = row._meta.get_field(name)
        key = getattr(row, field.attname)
        if key is None or key in by_key:
            setattr(row, name, by_key.get(key))
