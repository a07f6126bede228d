"""Lists as they come out of the pages, read back as their readers would."""

import csv
import io
from pathlib import Path
from typing import Any

from django.test import Client
from python_calamine import CalamineWorkbook


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of an exported CSV by their heads."""
    assert content.startswith(b"\xef\xbb\xbf"), "Excel knows UTF-8 by its mark"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def book_rows(content: bytes) -> list[list[Any]]:
    """All rows of an exported workbook, its heads first."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]


def exported(client: Client, what: str, query: str = "", **given: str) -> bytes:
    """A short list as the answer to its form."""
    answer = client.post(f"/files/exports/new/{what}/?{query}", {"form": "csv", "what": what} | given)
    assert answer.status_code == 200, answer.content.decode()
    assert answer["Content-Disposition"].startswith("attachment")
    return answer.content


def rows_of_file(path: Path) -> list[list[str]]:
    """The cells of a CSV that was written to disk."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))
