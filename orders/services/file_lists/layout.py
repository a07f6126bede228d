"""Where things stand in a file: guessed from its heads, and changed by whoever knows better."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.functional import Promise

from orders.services.imports.columns import SEARCHED_ROWS, Columns, Dialect, plain_head, says_something
from orders.services.imports.reading import Cells, Table

# Before the name of a field that a row leaves empty, and that the row above says: merged cells are read so.
ABOVE = "above:"
SHOWN_ROWS, SHOWN_CELL, MOST_COLUMNS = 5, 80, 200


@dataclass(frozen=True)
class Field:
    """Something that a column may hold. `heads`: what people call it, the best first."""

    name: str
    label: str | Promise
    heads: str
    required: bool = False
    # Given once for several rows, as merged cells are.
    is_shared: bool = False
    # Another field that will do in its place.
    instead: str = ""


# The columns of each field, from the cells of a line.
Match = Callable[[Sequence[Any], Iterable[Field]], dict[str, tuple[int, ...]]]


@dataclass(frozen=True)
class Layout:
    """A worksheet, the line of its heads, and the columns of each field, the best first."""

    sheet: int
    line: int
    places: Mapping[str, tuple[int, ...]]

    def columns(self) -> Columns:
        """The same as the readers take it."""
        return Columns(dict(self.places), Dialect.GENERAL)


@dataclass(frozen=True)
class Look:
    """What a person needs to see of a file to say what stands where."""

    sheets: tuple[str, ...]
    layout: Layout
    heads: list[str]
    samples: list[list[str]] = field(default_factory=list)
    rows: int = 0


def look_at_table(
    table: Table, fields: Sequence[Field], sheet: int | None = None, match: Match | None = None
) -> Look:
    """The worksheet and the line that hold most of the fields, with what they seem to be; or the best of one worksheet."""
    match = match or match_fields
    places = range(len(table.names)) if sheet is None else [sheet]
    found = max((_best_line(table, place, fields, match) for place in places), key=lambda each: each[0])
    _score, place, line, cells = found
    layout = Layout(place, line, match(cells, fields))
    samples, rows = list[list[str]](), 0
    for number, row in table.rows(place):
        if number > line and any(map(says_something, row)):
            rows += 1
            if len(samples) < SHOWN_ROWS:
                samples.append([_shown(cell) for cell in row[:MOST_COLUMNS]])
    return Look(tuple(table.names), layout, [_shown(cell) for cell in cells[:MOST_COLUMNS]], samples, rows)


def _best_line(
    table: Table, place: int, fields: Sequence[Field], match: Match
) -> tuple[int, int, int, Cells]:
    """How many fields a worksheet's best line names, needed ones three times; the first line where none names any."""
    weights = {each.name: 3 if each.required else 1 for each in fields}
    best: tuple[int, int, int, Cells] | None = None
    for line, cells in islice(table.rows(place), SEARCHED_ROWS):
        if not any(map(says_something, cells)):
            continue
        score = sum(weights.get(name, 1) for name in match(cells, fields))
        if best is None or score > best[0]:
            best = (score, place, line, cells)
    return best or (-1, place, 0, [])


def match_fields(cells: Sequence[Any], fields: Iterable[Field]) -> dict[str, tuple[int, ...]]:
    """The columns of each field by their heads; a column is of the first field that names it."""
    heads = [plain_head(cell) for cell in cells[:MOST_COLUMNS]]
    taken, places = set[int](), dict[str, tuple[int, ...]]()
    for each in fields:
        found = [at for name in each.heads.split() for at, head in enumerate(heads) if head == name]
        if free := tuple(at for at in found if at not in taken):
            places[each.name] = free[:1]
            taken.update(free[:1])
    return places


def laid_out_rows(
    table: Table, layout: Layout, fields: Sequence[Field]
) -> Iterator[tuple[int, Cells, dict[str, Any]]]:
    """Line, cells and fields of each row that says something; beside them what it leaves to the row above."""
    columns, shared = layout.columns(), [each.name for each in fields if each.is_shared]
    before: dict[str, Any] = {}
    for line, cells in table.rows(layout.sheet):
        if line <= layout.line or not (found := columns.of(cells)):
            continue
        said = before | {name: found[name] for name in shared if name in found}
        found |= {f"{ABOVE}{name}": value for name, value in before.items() if name not in found}
        before = said
        yield line, cells, found


def _shown(cell: Any) -> str:
    return " ".join(str("" if cell is None else cell).split())[:SHOWN_CELL]
