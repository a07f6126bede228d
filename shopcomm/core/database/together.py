"""The rows of several tables in one statement, which is built from querysets once and then only asked for.

A page about one order reads two dozen tables of a few rows each. Asking for each costs a round trip and, dearer still,
building its statement anew. What is read stays a queryset, with `Given` values, and comes back as the same objects.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    FileField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
    TimeField,
    UUIDField,
)
from django.db.models.base import ModelState

from shopcomm.core.database.prepared import Given, Number
from shopcomm.core.fields import LineField

M = TypeVar("M", bound=Model)
Reading = Callable[[Any], Any]
# What JSON keeps as it is, by the kind of field.
KEPT = (BooleanField, CharField, FileField, IntegerField, JSONField, TextField)
# What it has no type for; the first kind that fits.
READ_AS: tuple[tuple[type["Field[Any, Any]"], Reading], ...] = (
    (DateTimeField, datetime.fromisoformat),
    (DateField, date.fromisoformat),
    (TimeField, time.fromisoformat),
    (DecimalField, Decimal),
    (UUIDField, UUID),
)


@dataclass(frozen=True)
class Asked(Generic[M]):
    """Rows that are asked for together with others."""

    sql: str
    values: list[Any]
    read: Callable[[list[list[Any]]], list[M]]


class PreparedRows(Generic[M]):
    """The rows of one table that a queryset finds, in its order, each with what its keys in `related` lead to."""

    def __init__(self, found: QuerySet[M], *related: str) -> None:
        self.root = _Record(found.model)
        self.related = [_Related(found.model, path) for path in related]
        records = [("", self.root), *((f"{each.path}__", each.record) for each in self.related)]
        names = [f"{prefix}{name}" for prefix, record in records for name in record.names]
        try:
            sql, self.values = found.values_list(*names).query.sql_with_params()
        except EmptyResultSet:
            # Known to find nothing, for somebody who may see nothing.
            self.sql, self.values = "NULL", ()
            return
        columns = [f"c{place}" for place in range(len(names))]
        rest = iter(columns)
        cells = ", ".join(record.sql(rest) for _prefix, record in records)
        self.sql = f"(SELECT json_agg(json_build_array({cells})) FROM ({sql}) AS found({', '.join(columns)}))"

    def given(self, **given: Any) -> Asked[M]:
        """The rows for a value for each name that is `Given`."""
        values = [given[each.name] if isinstance(each, Given) else each for each in self.values]
        return Asked(self.sql, values, lambda rows: [self._read(row) for row in rows])

    def _read(self, row: list[Any]) -> M:
        found: Any = self.root.read(row[0])
        for related, cells in zip(self.related, row[1:], strict=True):
            related.read(found, cells)
        return found  # type: ignore[no-any-return]


class _Record:
    """The columns of one model in a row of several."""

    def __init__(self, model: type[Model]) -> None:
        self.model, self.fields = model, model._meta.concrete_fields
        self.names = [field.attname for field in self.fields]
        self.key = self.fields.index(model._meta.pk)
        self.readings = [
            (place, reading) for place, field in enumerate(self.fields) if (reading := _reading(field))
        ]

    def sql(self, columns: Iterator[str]) -> str:
        """The next columns as one array. As a number, an amount would lose its cents."""
        cells = [
            f"{column}::text" if isinstance(field, DecimalField) else column
            for field, column in zip(self.fields, columns, strict=False)
        ]
        return f"json_build_array({', '.join(cells)})"

    def read(self, cells: list[Any]) -> Model | None:
        """The object in these columns; None where there is none."""
        if cells[self.key] is None:
            return None
        for place, reading in self.readings:
            if cells[place] is not None:
                cells[place] = reading(cells[place])
        # As `from_db()` leaves it; that asks each field of each row how its value is kept, and all keep it like this.
        found = self.model.__new__(self.model)
        found.__dict__.update(zip(self.names, cells, strict=True), _state=_state_of_a_row())
        return found


def _state_of_a_row() -> ModelState:
    state = ModelState()
    state.adding, state.db = False, "default"
    return state


class _Related:
    """What a key of a row leads to, at the end of a path of such keys."""

    def __init__(self, model: type[Model], path: str) -> None:
        self.path = path
        *self.steps, name = path.split("__")
        for step in self.steps:
            model = cast(type[Model], model._meta.get_field(step).related_model)
        self.field = cast(Any, model._meta.get_field(name))
        self.record = _Record(self.field.related_model)

    def read(self, row: Model, cells: list[Any]) -> None:
        """Put the object in these columns, or that there is none, where the row's key leads."""
        holder: Any = row
        for step in self.steps:
            holder = getattr(holder, step)
            if holder is None:
                return
        found = self.record.read(cells)
        self.field.set_cached_value(holder, found)
        if found is not None and self.field.one_to_one:
            self.field.remote_field.set_cached_value(found, holder)


def _reading(field: "Field[Any, Any]") -> Reading | None:
    """How a value of JSON becomes one of this field's; None where it is one. Raises TypeError where that is not known."""
    if isinstance(field, ForeignKey):
        return _reading(field.target_field)
    if isinstance(field, LineField):
        return lambda text: field.from_db_value(text, None, None)
    if isinstance(field, KEPT):
        return None
    found = next((reading for kind, reading in READ_AS if isinstance(field, kind)), None)
    if found is None:
        raise TypeError(f"{field} cannot be read out of JSON")
    return found


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
