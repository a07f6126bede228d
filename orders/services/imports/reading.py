"""Rows of a file, one after the other and as often as wanted: text (plain or .gz) or a workbook of any kind."""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from orders.errors import ImportRefused
from orders.services.imports import workbook
from orders.services.imports.encodings import STRAY, encoding_of, separator_of

GZIP, ZIP, OLD_OFFICE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAMPLE = 64 * 1024
# A cell, or a line, longer than this is no order.
LONGEST_CELL, LONGEST_LINE = 200_000, 2_000_000
# What opening a workbook may cost: bytes of memory, seconds of the processor.
MEMORY, SECONDS = 2 * 1024**3, 300
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}

Cells = list[Any]
Numbered = tuple[int, Cells]


class TextTable:
    """A text file as its only table. `stray`: bytes that are not of its encoding. `comma`: a comma may mark decimals."""

    def __init__(self, path: Path) -> None:
        self._path, self._raw = path, path.open("rb")
        self._size = max(path.stat().st_size, 1)
        self._zipped = self._raw.read(2) == GZIP
        self.names = [""]
        try:
            encoding = encoding_of(self._opened)
            self._encoding, self.stray = encoding.name, encoding.stray
            with self._text() as text:
                sample = text.read(SAMPLE)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportRefused(_("文件不完整或已损坏：%(name)s") % {"name": path.name}) from error
        if "<table" in sample.lower() or sample.lstrip("\ufeff \r\n\t").lower().startswith(
            ("<html", "<?xml")
        ):
            raise ImportRefused(_("这是网页，不是表格：请用 Excel 打开，另存为 XLSX 再导入"))
        self._separator = separator_of(sample)
        self.comma = self._separator == ";"

    def rows(self, place: int = 0) -> Iterator[Numbered]:
        """The rows with their line numbers, from the first. Raises ImportRefused where they end unreadable."""
        csv.field_size_limit(LONGEST_CELL)
        with self._text() as text:
            reader = csv.reader(_lines(text), delimiter=self._separator, strict=True)
            try:
                for cells in reader:
                    yield reader.line_num, cells
            except csv.Error as error:
                raise ImportRefused(
                    _("第 %(line)s 行读不下去：引号不成对，或一格太长") % {"line": reader.line_num}
                ) from error
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise ImportRefused(_("文件不完整或已损坏：%(name)s") % {"name": self._path.name}) from error

    @property
    def done(self) -> float:
        """The share of the file that has been read, 0 to 1."""
        return 0.0 if self._raw.closed else min(self._raw.tell() / self._size, 1.0)

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()

    def _opened(self) -> BinaryIO:
        self._raw.close()
        self._raw = self._path.open("rb")
        return gzip.GzipFile(fileobj=self._raw) if self._zipped else self._raw  # type: ignore[return-value]

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._opened(), encoding=self._encoding, errors=STRAY, newline="")


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of a bearable length: a packed file may hold one of gigabytes."""
    while line := text.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise csv.Error
        yield line


class BookTable:
    """A workbook, opened by a process of its own; its worksheets are the tables."""

    stray, comma = 0, False

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="import-")
        self._read, self._size = 0, 1
        try:
            self.names = _unpack(path, self._folder.name)
        except ImportRefused:
            self.close()
            raise

    def rows(self, place: int = 0) -> Iterator[Numbered]:
        """The rows of a worksheet with their numbers."""
        path = Path(self._folder.name) / f"{place}.jsonl"
        self._read, self._size = 0, max(path.stat().st_size, 1)
        with path.open("rb") as file:
            for line in file:
                self._read += len(line)
                number, cells = json.loads(line)
                yield number, cells

    @property
    def done(self) -> float:
        """The share of the worksheet that has been read, 0 to 1."""
        return self._read / self._size

    def close(self) -> None:
        """Remove unpacked files."""
        self._folder.cleanup()


Table = TextTable | BookTable


def open_table(path: Path) -> Table:
    """A file by what it holds, whatever it is called. Raises ImportRefused, OSError."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise ImportRefused(_("文件是空的：%(name)s") % {"name": path.name})
    return BookTable(path) if head.startswith(ZIP) or head == OLD_OFFICE else TextTable(path)


def _unpack(path: Path, folder: str) -> list[str]:
    """Have the worksheets written into a folder; returns their names. Raises ImportRefused."""
    script = str(Path(workbook.__file__).resolve())
    command = [sys.executable, "-I", script, str(path.resolve()), folder, str(MEMORY), str(SECONDS)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=ENVIRONMENT,
            timeout=3 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ImportRefused(_("表格太大，打不开：请分成几个文件，或另存为 CSV")) from error
    told: dict[str, Any] = (
        json.loads(done.stdout) if done.returncode == 0 and done.stdout else {"refused": "MemoryError"}
    )
    if names := told.get("sheets"):
        return names
    why = {
        "PasswordError": _("表格有密码：请去掉密码再导入"),
        "MemoryError": _("表格太大，打不开：请分成几个文件，或另存为 CSV"),
        "OSError": _("没有地方展开表格：请看服务器的磁盘是否已满"),
    }
    broken = _("文件不完整或已损坏：%(name)s") % {"name": path.name}
    raise ImportRefused(why.get(told.get("refused", ""), broken))
