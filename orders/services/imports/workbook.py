"""The process in which a workbook is opened: `python -I workbook.py FILE FOLDER MEMORY SECONDS`.

Writes one file a worksheet into FOLDER, `0.jsonl`, `1.jsonl`, …: a line is the row's number and its cells. To standard
output goes one line of JSON: `sheets`, the names in order (hidden ones last), or `refused` with a word. A file that was
cut off or made to hurt ends this process and nothing else; it knows no settings, no database and no secrets.
"""

import errno
import json
import resource
import signal
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

# What all worksheets together may take on the disk.
WRITTEN_BYTES = 2 * 1024**3
# Excel keeps fifteen digits of a number; what is longer has lost its end.
EXACT = 10**15


def main() -> None:
    """Set the limits, read, tell."""
    path, folder, memory, seconds = sys.argv[1:]
    limit_process(memory=int(memory), seconds=int(seconds))
    try:
        told: dict[str, Any] = {"sheets": unpack_sheets(path, Path(folder))}
    except MemoryError:
        told = {"refused": "MemoryError"}
    except OSError as error:
        # The limit of a file's size comes as an error, too.
        told = {"refused": "MemoryError" if error.errno == errno.EFBIG else type(error).__name__}
    except BaseException as error:
        # Whatever the reader raises on what is no workbook; its panics are no Exception.
        told = {"refused": type(error).__name__}
    sys.stdout.write(json.dumps(told))


def limit_process(*, memory: int, seconds: int) -> None:
    """Give this process so many bytes and seconds; the kernel ends it beyond them."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # Also when it waits instead of working.
    signal.alarm(2 * seconds)


def unpack_sheets(path: str, folder: Path) -> list[str]:
    """Write the worksheets down, what is shown before what is hidden. Returns their names. Raises MemoryError."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    book, written = _opened(path, folder), 0
    sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    sheets.sort(key=lambda each: each.visible != SheetVisibleEnum.Visible)
    for place, each in enumerate(sheets):
        with (folder / f"{place}.jsonl").open("w", encoding="utf-8") as file:
            for number, cells in _rows(book.get_sheet_by_name(each.name)):
                written += file.write(json.dumps([number, cells]) + "\n")
                if written > WRITTEN_BYTES:
                    raise MemoryError
    return [each.name for each in sheets]


def _opened(path: str, folder: Path) -> Any:
    """The workbook by what it is: shops send an XLSX that is called .xls, and the reader goes by the name."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    kinds = _kinds(path)
    for kind in kinds:
        named = folder / f"book.{kind}"
        named.symlink_to(path)
        try:
            return CalamineWorkbook.from_path(named)
        except PasswordError:
            raise
        except CalamineError:
            if kind == kinds[-1]:
                raise
    return None


def _kinds(path: str) -> tuple[str, ...]:
    """The endings under which to open a file, by its content."""
    with open(path, "rb") as file:
        if file.read(2) != b"PK":
            # Old Office's own; a new workbook with a password lies in the same container.
            return ("xls", "xlsx")
    with zipfile.ZipFile(path) as parts:
        names = set(parts.namelist())
    if "content.xml" in names:
        return ("ods",)
    return ("xlsb",) if "xl/workbook.bin" in names else ("xlsx",)


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Rows that hold anything, with their numbers, without the empty cells at the end."""
    if sheet.start is None:
        return
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_plain(value) for value in row]
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            yield number, cells


def _plain(value: Any) -> Any:
    """A cell as a text file would hold it; numbers stay numbers as long as they are whole."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        if not value.is_integer():
            return value
        return int(value) if abs(value) < EXACT else f"{value:.5E}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    # A lone surrogate cannot be written, and nothing else of it is a text anyway.
    return str(value).encode("utf-8", "replace").decode()


if __name__ == "__main__":
    main()
