"""The list of rows that an import refused, which can be corrected and imported."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from django.utils.translation import gettext as _

from orders.services.imports.report import Report
from shopcomm.core.sheets.formulas import without_formula

MOST_LISTS = 1000


class Rejects:
    """A CSV of line number, reason and the row itself, beside the input; never in the place of another file."""

    def __init__(
        self, source: Path, fallback: Path, header: list[Any], report: Report, *, skip: int = 0
    ) -> None:
        """`fallback`: the folder for it when the input's cannot be written. `skip`: cells of a row that are not its own."""
        stem = source.name.split(".")[0]
        self._stem, self._folders = stem, (source.parent, fallback)
        self._header, self._report, self._skip = header, report, skip
        self._file: TextIO | None = None

    def add(self, line: int, cells: list[Any], reason: str) -> None:
        """Write one row down."""
        if self._file is None:
            self._file = self._open()
            self._writer = csv.writer(self._file)
            self._write([_("行号"), _("原因"), *self._header])
        self._write([line, reason, *cells[self._skip :]])
        self._report.rejected += 1
        self._report.reasons[reason] += 1

    def close(self) -> None:
        """Finish the list."""
        if self._file is not None:
            self._file.close()

    def _write(self, cells: list[Any]) -> None:
        self._writer.writerow([without_formula(cell) for cell in cells])

    def _open(self) -> TextIO:
        """A new file: somebody may be mending an earlier list, and the input may be one."""
        for folder in self._folders:
            for path in self._names(folder):
                try:
                    # With a mark, so that Excel reads the Chinese.
                    file = path.open("x", encoding="utf-8-sig", newline="")
                except FileExistsError:
                    continue
                except OSError:
                    break
                self._report.rejected_file = path
                return file
        raise OSError(_("无法写入 %(path)s") % {"path": self._folders[-1]})

    def _names(self, folder: Path) -> Iterator[Path]:
        yield folder / f"{self._stem}.rejected.csv"
        for number in range(2, MOST_LISTS):
            yield folder / f"{self._stem}.rejected-{number}.csv"
