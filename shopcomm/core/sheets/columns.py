"""Columns of a list that is written to a file. PostgreSQL makes the values ready, so that the writers only write.

Money reaches a CSV as the digits it is kept as and a workbook as its number; a moment is the shop's clock in both.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    F,
    FloatField,
    Func,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise

# Rows that are fetched from the server's cursor at a time.
FETCHED = 2_000


class Form(StrEnum):
    """What the file is."""

    CSV = "csv"
    XLSX = "xlsx"


class Kind(Enum):
    """What a column holds. A CODE is a number that names something: it is text wherever it goes."""

    TEXT = "text"
    CODE = "code"
    COUNT = "count"
    MONEY = "money"
    MOMENT = "moment"


@dataclass(frozen=True)
class Column:
    """One column: its head, where its value comes from, and what becomes of a text on its way, such as a mask."""

    head: str | Promise
    source: str | Combinable
    kind: Kind = Kind.TEXT
    show: Callable[[str], str] | None = None

    def expression(self, form: Form) -> Combinable:
        """The value as the writer of this form takes it."""
        source = F(self.source) if isinstance(self.source, str) else self.source
        make = _READY.get((self.kind, form))
        return make(source) if make else source


class _Text(Func):
    output_field = TextField()


class _Number(Func):
    output_field = FloatField()


def _clock(source: Combinable) -> Func:
    """A moment as the shop's clock shows it."""
    zone = Value(timezone.get_current_timezone_name())
    return Func(zone, source, function="timezone", output_field=CharField())


def _moment_text(source: Combinable) -> Func:
    return _Text(_clock(source), Value("YYYY-MM-DD HH24:MI:SS"), function="to_char")


def _moment_number(source: Combinable) -> Func:
    """Days since Excel's first one."""
    return _Number(_clock(source), template="((extract(epoch FROM %(expressions)s) / 86400) + 25569)::float8")


_READY: dict[tuple[Kind, Form], Callable[[Combinable], Combinable]] = {
    (Kind.MONEY, Form.CSV): lambda source: Cast(source, TextField()),
    (Kind.MONEY, Form.XLSX): lambda source: Cast(source, FloatField()),
    (Kind.MOMENT, Form.CSV): _moment_text,
    (Kind.MOMENT, Form.XLSX): _moment_number,
}


def label_of(path: str, choices: Iterable[tuple[Any, Any]]) -> Combinable:
    """The name of a choice in the active language; of one that is not known any more, the value itself."""
    cases = [When(**{path: value, "then": Value(str(label))}) for value, label in choices]
    return Case(*cases, default=F(path), output_field=CharField())


def rows_of_list(found: QuerySet[Any], columns: Sequence[Column], form: Form) -> Iterator[tuple[Any, ...]]:
    """The rows of a queryset as the writer of this form takes them, by the database's own cursor: one statement, so that
    nothing is there twice or missing because it changed meanwhile, and no more in memory than is fetched at once."""
    ready = {f"column_{place}": each.expression(form) for place, each in enumerate(columns)}
    return found.annotate(**ready).values_list(*ready).iterator(chunk_size=FETCHED)
