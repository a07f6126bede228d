"""What a spreadsheet would make of a cell of text: a formula it runs, or a number it shortens."""

import re
from typing import Any

# A cell that begins so is a formula, and would be run by whoever opens the list; the wide forms are taken for the same.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Excel keeps fifteen digits of a number, drops the zeros before it, and reads 1E5 as 100000.
CHANGED_NUMBER = re.compile(r"0\d+|\d{16,}|\d+(?:\.\d+)?[eE][+-]?\d+")


def without_formula(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; reading it again takes the mark off."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def kept_as_text(code: str) -> str:
    """A number that names something, so that no spreadsheet takes digits of it away; the same mark as a formula's."""
    return f"'{code}" if CHANGED_NUMBER.fullmatch(code) or code.startswith(FORMULA) else code
