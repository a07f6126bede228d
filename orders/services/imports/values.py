"""What people write into cells: numbers with units and separators, money with its currency, times of every form."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache, wraps
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.reading.amounts import CENT, MAX_MONEY
from orders.selectors.items import MAX_QUANTITY
from shopcomm.core.text import CURRENCIES as KNOWN_CODES

FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %H时%M分", "%Y-%m-%d %H时%M分%S秒", "%b %d, %Y %H:%M", "%b %d, %Y",
    "%d %b %Y %H:%M", "%d %b %Y",
)  # fmt: skip
# Digits alone, by their number: strptime would find a time in any of them.
COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
# Longest first. The sign of the yen is the yuan's here.
CURRENCIES = (
    ("人民币", "CNY"), ("RMB", "CNY"), ("CN¥", "CNY"), ("美元", "USD"), ("英镑", "GBP"), ("欧元", "EUR"),
    ("港币", "HKD"), ("港元", "HKD"), ("US$", "USD"), ("HK$", "HKD"), ("NT$", "TWD"), ("元", "CNY"), ("¥", "CNY"),
    ("£", "GBP"), ("€", "EUR"), ("$", "USD"),
)  # fmt: skip
CODES = frozenset(KNOWN_CODES)
# One piece each. A carton, a dozen or a pack is some other number of pieces, which nobody told.
UNITS = r"个|箇|個|件|只|隻|條|条|枚|款|套|pcs?\.?|pieces?|ea"
_NUMBER = re.compile(r"[+-]?\d[\d,. ']*")
_COUNT = re.compile(rf"([+-]?[\d,. ']+)\s*(?:{UNITS})?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?")
_GROUPED_BY_DOTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_COMMA = re.compile(r"[+-]?\d+,\d{1,2}")
_SHORTENED = re.compile(r"[+-]?\d(?:\.\d+)?E\+?\d{2,}", re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_ZONE = re.compile(r"(?P<time>.*\d)\s*(?:UTC|GMT)?(?P<zone>Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
# A day counted by Excel: from 1981 to 2119.
_SERIAL = re.compile(r"[3-7]\d{4}(?:\.\d+)?")
_DATE = re.compile(r"^(\d{1,4})[年./-](\d{1,2})[月./-](\d{1,4})日?")
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}")
# Seconds or milliseconds, from 2001 to 2033.
_SINCE_1970 = re.compile(r"(1\d{9})(?:\d{3})?")
_HALF_DAY = re.compile(
    r"(?P<day>\S+) ?(?P<half>上午|凌晨|早上|下午|晚上|AM|PM) ?(?P<time>\d{1,2}:\S+)", re.IGNORECASE
)
_PLAIN_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d{1,2})?")
# What an input method writes for ASCII. Not NFKC: a small raised 2 is no 2.
_WIDE = {0xFF01 + place: 0x21 + place for place in range(94)} | str.maketrans(
    "￥￡\u3000\xa0\u202f−", "¥£   -"
)
EXCEL_EPOCH = datetime(1899, 12, 30)
SIX_PLACES = Decimal("0.000001")
TEXT_LIMIT = 300
# Cells of this length are read once and remembered, so many of each kind.
SHORT, MOST_REMEMBERED = 80, 8192
R = TypeVar("R")


class RowRefused(ValueError):
    """A row that cannot be used; the text says why."""


def _read_once(read: Callable[..., R]) -> Callable[..., R]:
    """Remember what short texts say: the rows of a file repeat goods, prices, names and days."""
    remembered = lru_cache(MOST_REMEMBERED)(read)

    @wraps(read)
    def reading(value: Any, *habits: Any) -> R:
        if type(value) is str and len(value) <= SHORT:
            return remembered(value, *habits)
        return read(value, *habits)

    return reading


@_read_once
def cell_text(value: Any) -> str:
    """A cell on one line, without what keeps a spreadsheet from changing it: `'123`, `="123"`."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).replace("\x00", "").split())
    if text[:1] in ("'", "="):
        match = _FORMULA_TEXT.fullmatch(text)
        text = (match[1] if match else text).lstrip("'").strip()
    return text[:TEXT_LIMIT]


@_read_once
def code_of(value: Any) -> str:
    """A number or code that names something: full-width characters are the same as narrow ones. Raises RowRefused."""
    text = _narrow(value)
    if _SHORTENED.fullmatch(text):
        raise RowRefused(_("号码被表格软件改成了科学计数，末位已丢：%(value)s") % {"value": text[:40]})
    return text


def cell_count(value: Any, *, comma: bool) -> int:
    """Pieces: `1,000`, `１０`, `10个`. Raises RowRefused."""
    number = _count(value, comma)
    if number is None:
        raise RowRefused(_("数量读不懂：%(value)s") % {"value": _narrow(value)[:40]})
    if number % 1 or not 0 < abs(number) <= MAX_QUANTITY:
        raise RowRefused(_("数量不正确：%(value)s") % {"value": _narrow(value)[:40]})
    return int(number)


@_read_once
def _count(value: Any, comma: bool) -> Decimal | None:
    match = _COUNT.fullmatch(_narrow(value))
    return _decimal(match[1].strip(), comma=comma) if match else None


def money_of(value: Any, *, what: str | Promise, comma: bool) -> tuple[Decimal, str]:
    """An amount with up to six decimals, and the currency that stands with it, if one does.

    `what` it is called in the reason. Raises RowRefused.
    """
    number, currency = _money(value, comma)
    if number is None:
        raise RowRefused(_("%(what)s读不懂：%(value)s") % {"what": what, "value": _narrow(value)[:40]})
    if abs(number) > MAX_MONEY:
        raise RowRefused(_("%(what)s不正确：%(value)s") % {"what": what, "value": _narrow(value)[:40]})
    return number, currency


@_read_once
def _money(value: Any, comma: bool) -> tuple[Decimal | None, str]:
    """What a cell says, rounded to six decimals unless it is too much for any order."""
    bare, currency = _without_currency(_narrow(value))
    number = _decimal(bare, comma=comma)
    if number is None or abs(number) > MAX_MONEY:
        return number, currency
    cents = number.quantize(CENT)
    return (cents if cents == number else number.quantize(SIX_PLACES)), currency


def currency_of(text: str) -> str:
    """The code of a currency by its code, name or sign; empty for none. Raises RowRefused for one nobody knows."""
    plain = text.translate(_WIDE).strip().upper()
    if not plain or plain in CODES:
        return plain
    if plain == "人民币元":
        return "CNY"
    for sign, code in CURRENCIES:
        if plain == sign:
            return code
    raise RowRefused(_("不认识的币种：%(value)s") % {"value": text[:20]})


@_read_once
def is_day_first(value: Any) -> bool:
    """Whether a date such as 25/3/2026 shows that its file writes the day before the month."""
    match = _SLASHED.match(_narrow(value))
    return match is not None and int(match[1]) > 12 >= int(match[2])


def cell_moment(value: Any, *, day_first: bool = False, zone: str = "") -> datetime:
    """An aware time; without a zone it is the shop's. `day_first`: 5/3/2026 is in March. Raises RowRefused.

    `zone`: the name of the shop's, for whoever reads many and has asked for it.
    """
    return _moment(value, day_first, zone or timezone.get_current_timezone_name())


@_read_once
def _moment(value: Any, day_first: bool, _zone: str) -> datetime:
    said = _narrow(value)
    if _PLAIN_MOMENT.fullmatch(said) and (plain := _naive(said)):
        return timezone.make_aware(plain)
    if _SERIAL.fullmatch(said):
        days = EXCEL_EPOCH + timedelta(days=float(said), milliseconds=500)
        return timezone.make_aware(days.replace(microsecond=0))
    if match := _SINCE_1970.fullmatch(said):
        return datetime.fromtimestamp(int(match[1]), UTC)
    text = " ".join(_DATE.sub(r"\1-\2-\3 ", said.replace("T", " "), count=1).split())
    if match := _HALF_DAY.fullmatch(text):
        half = "PM" if match["half"] in ("下午", "晚上", "PM") else "AM"
        text = f"{match['day']} {match['time']} {half}"
    if match := _ZONE.fullmatch(text):
        zone = "+00:00" if match["zone"].upper() == "Z" else match["zone"]
        if (known := _naive(match["time"].strip())) and (
            aware := parse_datetime(f"{known.isoformat()}{zone}")
        ):
            return aware
    month, day = ("2", "1") if day_first else ("1", "2")
    if known := _naive(re.sub(r"^(\d{1,2})-(\d{1,2})-(\d{4})", rf"\3-\{month}-\{day}", text)):
        return timezone.make_aware(known)
    raise RowRefused(_("时间读不懂：%(value)s") % {"value": said[:40]})


def _naive(text: str) -> datetime | None:
    """A time without a zone, of a year that can be meant."""
    if _PLAIN_MOMENT.fullmatch(text):
        # As the first three formats would read it, but sooner.
        try:
            known = datetime.fromisoformat(text)
        except ValueError:
            return None
        return known if 1990 <= known.year <= 2100 else None
    compact = COMPACT.get(len(text)) if re.fullmatch(r"[0-9]+", text) else None
    for form in (compact,) if compact else FORMATS:
        try:
            known = datetime.strptime(text, form)
        except ValueError:
            continue
        return known if 1990 <= known.year <= 2100 else None
    return None


@_read_once
def _narrow(value: Any) -> str:
    """Digits and marks of an input method as everybody writes them."""
    text = cell_text(value)
    return text if text.isascii() else text.translate(_WIDE).strip()


def _without_currency(text: str) -> tuple[str, str]:
    if _NUMBER.fullmatch(text):
        return text, ""
    bare, code = text.upper(), ""
    for sign, named in (*CURRENCIES, *((each, each) for each in sorted(CODES))):
        # `¥28.50元` says it twice.
        shorter = bare.replace(f"-{sign}", "-", 1).removeprefix(sign).removesuffix(sign).strip()
        if shorter != bare and code in ("", named):
            bare, code = shorter, named
        if code and _NUMBER.fullmatch(bare):
            return bare, code
    return text, ""


def _decimal(text: str, *, comma: bool) -> Decimal | None:
    """A number by its separators; None when it could be two different ones, or is none.

    `comma`: the file's cells are parted by semicolons, so commas mark decimals, and 1,000 may be one or a thousand.
    """
    if _PLAIN.fullmatch(text) or _SHORTENED.fullmatch(text):
        pass
    elif _GROUPED_BY_DOTS.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif comma and re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", text):
        return None
    elif _GROUPED.fullmatch(text):
        text = re.sub(r"[ ']", "", text)
        text = text.replace(",", ".") if _COMMA.fullmatch(text) else text.replace(",", "")
    elif _COMMA.fullmatch(text) or (comma and re.fullmatch(r"[+-]?\d+,\d+", text)):
        text = text.replace(",", ".")
    elif not re.fullmatch(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
