"""Rows of a file, one after the other, whatever it is: CSV (plain or .gz, UTF-8 or GB18030) or XLSX."""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import load_workbook

from orders.errors import ImportRefused

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
SAMPLE = 256 * 1024
# A cell longer than this is no order.
LONGEST_CELL = 200_000

Cells = list[Any]


class Sheet:
    """The header and the rows below it; `done` says how much of the file has been read, from 0 to 1."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        self._counted = 0
        head = self._raw.read(4)
        self._raw.seek(0)
        self.is_workbook = head == ZIP
        self._numbered = self._from_workbook() if self.is_workbook else self._from_text(head[:2] == GZIP)
        self.header: Cells = next((cells for _number, cells in self._numbered), [])

    def __iter__(self) -> Iterator[tuple[int, Cells]]:
        """Each row that holds anything, with its line number in the file."""
        return ((number, cells) for number, cells in self._numbered if any(map(_said, cells)))

    @property
    def done(self) -> float:
        if self.is_workbook:
            return min(self._counted / self._size, 1.0)
        return self._raw.tell() / self._size

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()

    def _from_text(self, zipped: bool) -> Iterator[tuple[int, Cells]]:
        stream: BinaryIO = gzip.GzipFile(fileobj=self._raw) if zipped else self._raw  # type: ignore[assignment]
        sample = stream.read(SAMPLE)
        stream.seek(0)
        text = io.TextIOWrapper(stream, encoding=encoding_of(sample), errors="replace", newline="")
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(text, delimiter=_delimiter(sample))
        try:
            for cells in reader:
                yield reader.line_num, list(cells)
        except (csv.Error, EOFError, gzip.BadGzipFile) as error:
            raise ImportRefused(f"line {reader.line_num + 1}: {error}") from error

    def _from_workbook(self) -> Iterator[tuple[int, Cells]]:
        sheet = load_workbook(self._raw, read_only=True, data_only=True).worksheets[0]
        self._size = max(sheet.max_row or 1, 1)
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            self._counted = number
            yield number, list(cells)


def encoding_of(sample: bytes) -> str:
    """UTF-8 when the bytes are, with or without a mark; otherwise what Excel in China saves: GB18030."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=False)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _delimiter(sample: bytes) -> str:
    first = sample.split(b"\n", 1)[0]
    return max(",;\t", key=lambda mark: first.count(mark.encode()))


def _said(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""
