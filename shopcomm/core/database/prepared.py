"""Numbers whose statement is built from models once, and then only asked for.

Building a statement costs several times what it costs to run it, and some stand on every page. The rule stays where it
is, a queryset: built with `Given` values, it is the same statement for everybody whom it treats alike.
"""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

from django.db import connection
from django.db.models import DateTimeField, Expression, Field, Model, QuerySet
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)


class Given(Expression):
    """Stands in a queryset for a value that is known only when its statement is asked."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """A place for the value, which its name holds until then."""
        return "%s", (self,)


# Typed as what it stands for: querysets take either.
NOW = cast(datetime, Given("now", DateTimeField()))


class Number(NamedTuple):
    """A number that may be asked for together with others: a subquery of one value, and what is given to it."""

    sql: str
    values: list[Any]


# Known without asking: 0.
NOTHING = Number("0", [])


def ask_numbers(*asked: Number) -> list[int]:
    """What all of these are, in one query; in none where none has to be asked for."""
    if all(each == NOTHING for each in asked):
        return [0 for _each in asked]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(each.sql for each in asked)}",
            [value for each in asked for value in each.values],
        )
        return [int(found) for found in cursor.fetchone()]


class PreparedValues:
    """The plain values of a queryset's rows, by name."""

    def __init__(self, found: QuerySet[Any]) -> None:
        query = found.query
        names = [*query.extra_select, *query.values_select, *query.annotation_select]
        self.sql, self.values = ("", ()) if query.is_empty() else query.sql_with_params()
        self.row: Any = namedtuple("Row", names)  # type: ignore[misc]

    def read_rows(self, **given: Any) -> list[Any]:
        """The rows for a value for each name that is `Given`."""
        if not self.sql:
            return []
        values = [given[each.name] if isinstance(each, Given) else each for each in self.values]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            return [self.row._make(found) for found in cursor.fetchall()]


class PreparedObjects(Generic[M]):
    """The objects that a queryset of one table finds, as Django reads them; locked, where it locks."""

    def __init__(self, found: QuerySet[M]) -> None:
        """Built inside a transaction where it locks, as any such queryset is read."""
        compiler = found.query.get_compiler(found.db)
        self.sql, self.values = compiler.as_sql()
        columns = [expression for expression, _sql, _alias in compiler.select]
        self.converters = list(compiler.get_converters(columns).items())
        self.names = [expression.target.attname for expression in columns]
        self.locks = found.query.select_for_update
        self.model = found.model

    def read_objects(self, **given: Any) -> list[M]:
        """The objects for a value for each name that is `Given`. Raises TransactionManagementError for a lock without one."""
        if self.locks and not connection.in_atomic_block:
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        values = [given[each.name] if isinstance(each, Given) else each for each in self.values]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            return [self._object(list(row)) for row in cursor.fetchall()]

    def _object(self, row: list[Any]) -> M:
        for place, (converters, expression) in self.converters:
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        return self.model.from_db("default", self.names, row)


@dataclass(frozen=True)
class PreparedCount:
    """How many rows some querysets find together."""

    sql: str
    values: tuple[Any, ...]

    @classmethod
    def of(cls, found: Sequence[QuerySet[Any]], *, most: int) -> "PreparedCount":
        """Of each queryset are counted so many at most."""
        parts: list[str] = []
        values: list[Any] = []
        for each in found:
            few = each.order_by().values("pk")[:most]
            if few.query.is_empty():
                continue
            sql, given = few.query.sql_with_params()
            parts.append(f"SELECT count(*) AS found FROM ({sql}) AS few")
            values += given
        return cls(" UNION ALL ".join(parts), tuple(values))

    def given(self, **given: Any) -> Number:
        """The number for one reader, with a value for each name that is `Given`."""
        if not self.sql:
            return NOTHING
        values = [given[each.name] if isinstance(each, Given) else each for each in self.values]
        return Number(f"(SELECT coalesce(sum(found), 0) FROM ({self.sql}) AS kinds)", values)
