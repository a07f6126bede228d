"""What people and programs send, read as what it should be.

A value of an address, a form, a body or a frame is text that nobody has vouched for. Here is the one place where it
becomes a number, a day or an amount: each function returns None (or what its docstring says) for what is none, so that
whoever asked can be answered with a word. `tests/house/test_reading.py` keeps `int()` and its like out of all that
reads from outside: `²` passes `str.isdigit`, `int("1" * 5000)` raises, `Decimal("1e400")` fits no column.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.utils.dateparse import parse_date, parse_datetime, parse_time

# The largest key that PostgreSQL's bigint holds.
MOST_ID = 2**63 - 1
# More pieces than anybody orders, and than fit the field that they are typed into.
MOST_PIECES = 999_999
# The largest version of an order, and revision of a quote.
MOST_VERSION = 2**31 - 1
# Days outside belong to no order of ours, and at either end of the calendar a time zone leads out of it.
FIRST_YEAR, LAST_YEAR = 1900, 2999

_WHOLE = re.compile(r"[0-9]{1,19}")
_AMOUNT = re.compile(r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Digits as a Chinese keyboard in full width types them.
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－", "0123456789.-")
# PostgreSQL keeps no NUL; half of a surrogate pair is no character, and UTF-8 has no bytes for it.
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")


def whole_number(value: object, *, least: int = 0, most: int = MOST_ID) -> int | None:
    """A whole number between `least` and `most`; None for anything else, such as True, 1.9, "²" or "1e3"."""
    if type(value) is float and value.is_integer() and abs(value) <= MOST_ID:
        value = int(value)
    if type(value) is not int:
        if not isinstance(value, str):
            return None
        text = value.strip().translate(_FULL_WIDTH)
        digits = text.removeprefix("-") if least < 0 else text
        if not _WHOLE.fullmatch(digits):
            return None
        value = int(text)
    return value if least <= value <= most else None


def piece_count(text: object, *, empty: int = 0) -> int:
    """A count as it is typed into a form: `empty` for a field left empty, -1, which no service takes, for nonsense."""
    if text is None or (isinstance(text, str) and not text.strip()):
        return empty
    found = whole_number(text, most=MOST_PIECES)
    return -1 if found is None else found


def decimal_amount(value: object) -> Decimal | None:
    """A plain decimal number, as people and programs write sums; None for others: no exponents, no infinities."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    except ValueError:
        # Python writes no number of thousands of digits.
        return None
    text = text.strip().translate(_FULL_WIDTH)
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def calendar_day(value: object) -> date | None:
    """A day as date fields send it, 2026-11-29."""
    try:
        found = parse_date(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def iso_moment(value: object) -> datetime | None:
    """A moment in ISO 8601, aware if it names its offset."""
    try:
        found = parse_datetime(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def time_of_day(value: object) -> time | None:
    """A time of day as time fields send it, 09:30."""
    try:
        return parse_time(value.strip()) if isinstance(value, str) else None
    except ValueError:
        return None


def uuid_of(value: object) -> UUID | None:
    """A UUID, given as one or as its text."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def uuid_text(value: object) -> str | None:
    """A UUID as its text, in the one form that PostgreSQL writes: it is compared and told to others far more often than read."""
    if isinstance(value, str) and _UUID.fullmatch(value):
        return value
    found = uuid_of(value)
    return None if found is None else str(found)


def json_value(body: str | bytes | bytearray) -> Any:
    """The value of a JSON text. Raises ValueError for any invalid text: too deep, numbers too long."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error


def exact_json_value(text: str) -> Any:
    """The value of a JSON text with every number as it was written: fractions as Decimal. Raises ValueError for invalid text."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise ValueError("not JSON") from error


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def json_object(body: str | bytes | bytearray) -> dict[str, Any] | None:
    """The object that a JSON text is, with readable texts; None for all else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        # It refuses half of a character, too, which Python's own reads.
        try:
            found = without_half_characters(json_value(body))
        except (ValueError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def is_readable(text: str) -> bool:
    """Whether a text can be kept and shown: it has no NUL and no half of a character."""
    return not _UNREADABLE.search(text)


def without_half_characters(value: Any) -> Any:
    """The same with a mark in place of each half of a character: somebody's message is worth more than its last emoji."""
    if isinstance(value, str):
        return _LONE.sub("�", value)
    if isinstance(value, list):
        return [without_half_characters(each) for each in value]
    if isinstance(value, dict):
        return {without_half_characters(name): without_half_characters(each) for name, each in value.items()}
    return value


def unreadable_in(value: Any, place: str = "") -> str | None:
    """Where in what JSON said a text cannot be read, as a path such as `items[0].sku`; None when all can be."""
    return next(_unreadable(value, place), None)


def _unreadable(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str) and not is_readable(value):
        yield place or "the body"
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _unreadable(each, f"{place}[{number}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            if not is_readable(name):
                yield f"a name in {place or 'the body'}"
            yield from _unreadable(each, f"{place}.{name}" if place else str(name))
