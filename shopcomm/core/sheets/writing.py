"""Writing rows as CSV or XLSX: a row at a time, so that memory stays the same whatever the length of the list."""

import csv
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from shopcomm.core.sheets.columns import Column, Form, Kind
from shopcomm.core.sheets.formulas import kept_as_text, without_formula

# Rows between two words of how far it is.
STEP = 1_000
# A worksheet's most rows, its head included.
SHEET_ROWS = 1_048_576
# Text stays text: nothing that somebody wrote is run, followed or counted.
BOOK = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
WIDTHS = {Kind.TEXT: 18, Kind.CODE: 22, Kind.COUNT: 9, Kind.MONEY: 12, Kind.MOMENT: 19}
FORMATS = {Kind.MONEY: "0.00", Kind.MOMENT: "yyyy-mm-dd hh:mm:ss"}
# With it Excel knows that the text is UTF-8.
BOM = "\ufeff"
Rows = Iterable[tuple[Any, ...]]
Progress = Callable[[int], object]


def write_list(path: Path, form: Form, columns: Sequence[Column], rows: Rows, progress: Progress) -> int:
    """Write a list with its heads; `progress` hears the rows so far. Returns how many there are."""
    return (_write_book if form is Form.XLSX else _write_text)(path, columns, rows, progress)


def _write_text(path: Path, columns: Sequence[Column], rows: Rows, progress: Progress) -> int:
    written, ready = 0, _text_cells(columns)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(BOM)
        writer = csv.writer(file)
        writer.writerow([without_formula(str(each.head)) for each in columns])
        waiting = iter(rows)
        while some := list(islice(waiting, STEP)):
            writer.writerows(map(ready, some))
            written += len(some)
            progress(written)
    return written


def _text_cells(columns: Sequence[Column]) -> Callable[[tuple[Any, ...]], Sequence[Any]]:
    """What makes the cells of a row safe; the same steps for each row, so they are found once."""
    shown = [(place, each.show) for place, each in enumerate(columns) if each.show]
    texts = [place for place, each in enumerate(columns) if each.kind is Kind.TEXT]
    codes = [place for place, each in enumerate(columns) if each.kind is Kind.CODE]

    def ready(row: tuple[Any, ...]) -> Sequence[Any]:
        cells = list(row)
        for place, show in shown:
            if cells[place]:
                cells[place] = show(cells[place])
        for place in texts:
            if cells[place]:
                cells[place] = without_formula(cells[place])
        for place in codes:
            if cells[place]:
                cells[place] = kept_as_text(cells[place])
        return cells

    return ready


def _write_book(path: Path, columns: Sequence[Column], rows: Rows, progress: Progress) -> int:
    book, written = xlsxwriter.Workbook(str(path), BOOK | {"tmpdir": str(path.parent)}), 0
    formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
    head = book.add_format({"bold": True})
    waiting = iter(rows)
    while True:
        # A list that is longer than a worksheet goes on in the next one.
        write_row, count = _new_sheet(book, columns, formats, head), 0
        for count, row in enumerate(islice(waiting, SHEET_ROWS - 1), start=1):
            write_row(count, row)
            if count % STEP == 0:
                progress(written + count)
        written += count
        if count < SHEET_ROWS - 1:
            break
    progress(written)
    book.close()
    return written


def _new_sheet(
    book: xlsxwriter.Workbook, columns: Sequence[Column], formats: dict[Kind, Any], head: Any
) -> Callable[[int, tuple[Any, ...]], None]:
    """A worksheet with its heads; returns what writes a row of it, cell by cell by what each column is."""
    sheet = book.add_worksheet(_("第 %(number)s 页") % {"number": len(book.worksheets()) + 1})
    sheet.freeze_panes(1, 0)
    shapes = []
    for place, each in enumerate(columns):
        sheet.set_column(place, place, WIDTHS[each.kind])
        sheet.write_string(0, place, str(each.head), head)
        is_text = each.kind in (Kind.TEXT, Kind.CODE)
        shapes.append(
            (place, sheet.write_string if is_text else sheet.write_number, each.show, formats.get(each.kind))
        )

    def write_row(line: int, row: tuple[Any, ...]) -> None:
        for place, write, show, form in shapes:
            value = row[place]
            if value is not None and value != "":
                write(line, place, show(value) if show else value, form)

    return write_row
