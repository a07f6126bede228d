"""Moments as other systems write them."""

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from shopcomm.core.reading import FIRST_YEAR, LAST_YEAR, decimal_amount, iso_moment, whole_number

BEIJING = ZoneInfo("Asia/Shanghai")
_DIGITS = re.compile(r"[0-9]{8}|[0-9]{12}|[0-9]{14}")
# 2026年11月30日 12:00, 2026/11/30 12:00:00, 2026.11.30; the time may be left out, and have more digits than Python reads.
_WRITTEN = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[ T]*([0-9]{1,2})[:时点]([0-9]{1,2})(?:[:分]([0-9]{1,2}))?秒?(?:[.,]([0-9]{1,9}))?)?"
    r"\s*(Z|z|[+-][0-9]{2}:?[0-9]{2})?分?"
)
# As .NET writes them: /Date(1795996800000+0800)/
_DOT_NET = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")
# Larger numbers are thousandths of a second, and millionths.
_MILLI, _MICRO = 10**11, 10**14
_LAST = datetime(LAST_YEAR, 12, 31, tzinfo=UTC).timestamp()


def read_moment(value: Any, zone: tzinfo) -> datetime | None:
    """An aware moment; one that names no offset is in `zone`. None for what is none.

    Numbers are seconds since 1970, or thousandths or millionths of them; digits such as 20261130120000 a date.
    """
    text = (
        str(value).strip() if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    )
    if net := _DOT_NET.fullmatch(text):
        return _since_1970(Decimal(net[1]) / 1000)
    if _DIGITS.fullmatch(text) and text.startswith(("19", "20")):
        return _compact(text, zone)
    whole = whole_number(text)
    number = decimal_amount(text) if whole is None else Decimal(whole)
    if number is not None:
        return _since_1970(number / (10**6 if number >= _MICRO else 1000 if number >= _MILLI else 1))
    return _aware(_written(text) or iso_moment(text) or _of_mail(text), zone)


def moment_text(value: Any, zone: tzinfo) -> str:
    """A moment as orders take it (ISO 8601). What is none stays as it is, so that a person sees it."""
    moment = read_moment(value, zone)
    return moment.isoformat() if moment else str(value)


def _since_1970(seconds: Decimal) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if 0 < seconds < _LAST else None


def _compact(text: str, zone: tzinfo) -> datetime | None:
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(text)]
    try:
        return datetime.strptime(text, form).replace(tzinfo=zone)
    except ValueError:
        return None


def _written(text: str) -> datetime | None:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(each or 0) for each in found.groups()[:6])
    fraction, offset = (found[7] or "")[:6].ljust(6, "0"), (found[8] or "").upper()
    written = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction}{offset}"
    return iso_moment(written)


def _of_mail(text: str) -> datetime | None:
    """As HTTP and mail write them: Mon, 30 Nov 2026 12:00:00 +0800."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _aware(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment
