"""The rows of a file that are refused: each with its line and its reason, in a list that can be mended and taken in again."""

import csv
from pathlib import Path
from typing import Any, TextIO

from django.utils.translation import gettext as _

from shopcomm.core.sheets.formulas import without_formula
from shopcomm.edge.files.models import ImportRun
from shopcomm.edge.files.services.places import new_name

# So many are shown on the page.
SHOWN = 100


class RefusedRows:
    """Written as they come; there is no file while there are none."""

    def __init__(self, run: ImportRun, folder: Path) -> None:
        self.count, self.first = 0, list[list[Any]]()
        self._heads, self._path = run.look.get("heads", []), folder / new_name("csv")
        self._file: TextIO | None = None

    def add(self, line: int, cells: list[Any], reason: str) -> None:
        """Write one row down."""
        if self._file is None:
            self._file = self._path.open("x", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._write([_("行号"), _("原因"), *self._heads])
        self._write([line, reason, *cells])
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append([line, reason])

    def close(self) -> str:
        """Finish the list; returns its name, empty for none."""
        if self._file is None:
            return ""
        self._file.close()
        return self._path.name

    def _write(self, cells: list[Any]) -> None:
        self._writer.writerow([without_formula(cell) for cell in cells])
