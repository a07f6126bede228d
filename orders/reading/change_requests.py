"""Parsing a change request from a chat message. Pure; nothing is changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from orders.reading.address_offers import offered_address
from shopcomm.core import reading

LONGEST = 400
CANCEL = re.compile(
    r"取消(?:订单|这单|这个订单|掉|了吧)|(?:订单|单子|这单|全部|都)(?:先)?(?:取消|不要了)|不想要了|退单|撤单|^不要了"
)
URGENT = re.compile(
    r"加急|急用|急需|急着|(?:尽快|赶紧|赶快|快点|早点|马上)(?:给我|帮我)?(?:安排)?发|越快越好"
)
# 不取消, 不需要加急; not 能不能取消, 是不是取消, 要不取消吧.
NOT = re.compile(
    r"(?:(?<!要)不(?:用|必|要|想|会|打算|需要?)?|(?<!能)不能|(?<!是)不是|别|没有?|无需)(?:再|先|给我|帮我)?$"
)
NOTE = re.compile(r"^.{0,8}?备注(?:一下|上|写)?[:：,，]?\s*")
WHEN = re.compile(r"送|发(?!票)|寄|到货|收货|之后|以后|日期|那天|前到|推迟|延期|晚点|改到")
# 不要明天送, 不需要明天发货: a day that is not wanted.
NOT_THEN = re.compile(r"(?:不|别|勿)(?:要|想|用|需要?|能|是)?(?:在|等到?)?$")
SWAP = re.compile(r"换|改|要|拿")
NUMBER = r"(\d{1,5}|[一二两三四五六七八九十]{1,3})"
PIECES = r"\s*(?:个|只|件|套|箱|款|把)"
TO = re.compile(
    rf"(?:改成|改为|改到|变成|换成|减到|减为|加到|加成|增加到|减少到|总共要?|一共要?|只要){NUMBER}(?:{PIECES}|$|[,，。!！ ])"
)
MORE = re.compile(rf"(?:再加|多加|加多|再来|多要|再要|多拿|再拿|加){NUMBER}{PIECES}")
LESS = re.compile(rf"(?:少要|减少|减掉|减|少发|少|去掉){NUMBER}{PIECES}")
DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
SOON = (("大后天", 3), ("后天", 2), ("明天", 1), ("明日", 1))
WEEKDAY = re.compile(r"(下个?|这个?|本)?(?:周|星期|礼拜)([一二三四五六日天])")
WHOLE_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
MONTH_DAY = re.compile(r"(?<![\d.])(\d{1,2})月(\d{1,2})[日号]?")
DAY = re.compile(r"(?<![\d月栋幢楼路街弄])(\d{1,2})号(?![\d楼栋幢院弄门店库线])")


@dataclass(frozen=True)
class LineChoice:
    """A line of the order, and the other colours and sizes of the same goods."""

    key: int
    sku: str
    quantity: int
    # SKU, colour and size of each.
    variants: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class ReadChange:
    """The form that fits best, and what it starts with."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


def read_change_text(text: str, *, today: date, lines: Sequence[LineChoice] = ()) -> ReadChange:
    """The change that a message asks for; a text that is not understood becomes a note."""
    said = text[:LONGEST].strip()
    if address := _address(said):
        return ReadChange("address", {"address": address})
    if CANCEL.search(said) or "取消" in said:
        # Who says what is not to be cancelled explains; what they want instead is for people to read.
        return ReadChange("cancel", {"reason": said[:300]}) if _says(CANCEL, said) else _note(text)
    if wanted := _goods(said, lines):
        return ReadChange("items", {"lines": wanted})
    if WHEN.search(said) and (day := _day(said, today)):
        return ReadChange("delivery_date", {"deliver_on": day})
    if _says(URGENT, said):
        return ReadChange("urgent")
    return _note(text)


def _note(text: str) -> ReadChange:
    return ReadChange("note", {"note": NOTE.sub("", text.strip()[:1000])})


def _says(words: re.Pattern[str], text: str) -> bool:
    """Whether a text says it, and not that it is not so."""
    match = words.search(text)
    return match is not None and not NOT.search(text[: match.start()])


def _address(text: str) -> dict[str, str] | None:
    address = offered_address(text)
    if address is None:
        return None
    names = ("name", "province", "city", "district", "street")
    return {name: getattr(address, name) for name in names} | {"phone": address.reachable_phone}


def _day(text: str, today: date) -> date | None:
    """The day a text names, in the year that makes it come."""
    for word, days in SOON:
        if word in text:
            unwanted = NOT_THEN.search(text[: text.index(word)])
            return None if unwanted else today + timedelta(days=days)
    if match := WHOLE_DAY.search(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := MONTH_DAY.search(text):
        this_year = _date(today.year, int(match[1]), int(match[2]))
        past = this_year is not None and this_year < today
        return _date(today.year + 1, int(match[1]), int(match[2])) if past else this_year
    if match := WEEKDAY.search(text):
        return _weekday(match, today)
    if match := DAY.search(text):
        month = today.replace(day=1)
        if int(match[1]) < today.day:
            month = (month + timedelta(days=32)).replace(day=1)
        return _date(month.year, month.month, int(match[1]))
    return None


def _weekday(match: re.Match[str], today: date) -> date:
    """周三 is the next one; 下周三 is of the week that begins next Monday."""
    wanted = "一二三四五六日".index("日" if match[2] == "天" else match[2])
    monday = today - timedelta(days=today.weekday())
    if (match[1] or "").startswith("下"):
        return monday + timedelta(days=7 + wanted)
    day = monday + timedelta(days=wanted)
    return day if day > today else day + timedelta(days=7)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _goods(text: str, lines: Sequence[LineChoice]) -> dict[int, dict[str, Any]]:
    """Another colour, size or count, where only one line can be meant."""
    swaps = {line.key: sku for line in lines if (sku := _other_variant(text, line))}
    wanted: dict[int, dict[str, Any]] = {}
    if len(swaps) == 1 and SWAP.search(text):
        wanted = {key: {"sku": sku} for key, sku in swaps.items()}
    named = [line for line in lines if line.sku in text] or list(lines)
    meant = [line for line in named if not wanted or line.key in wanted]
    count = _count(text, meant[0].quantity) if len(meant) == 1 else None
    if count is not None and count != meant[0].quantity:
        wanted.setdefault(meant[0].key, {})["quantity"] = count
    return wanted


def _other_variant(text: str, line: LineChoice) -> str:
    """The one variant beside the line's own that a text names; what stands last is what is wanted."""
    own = next((each for each in line.variants if each[0] == line.sku), (line.sku, "", ""))
    found = []
    for sku, colour, size in line.variants:
        if sku == line.sku:
            continue
        colour_at = _last(text, colour) if colour != own[1] else -1
        size_at = _last(text, size) if size != own[2] else -1
        # One that differs in both must be named in both.
        differs = (colour != own[1]) + (size != own[2])
        if (colour_at >= 0) + (size_at >= 0) == differs:
            found.append((differs, max(colour_at, size_at), sku))
    found.sort()
    if not found or (len(found) > 1 and found[-1][:2] == found[-2][:2]):
        return ""
    return "" if _last(text, own[1]) > found[-1][1] else found[-1][2]


def _last(text: str, name: str) -> int:
    """Where a colour or a size is named last: in full, without blanks, or without 色."""
    plain = name.replace(" ", "")
    forms = {name, plain, plain.removesuffix("色")} if len(plain) > 2 or not plain.endswith("色") else {plain}
    return max((text.rfind(form) for form in forms if len(form) >= 2), default=-1)


def _count(text: str, now: int) -> int | None:
    for pattern, sign in ((TO, 0), (MORE, 1), (LESS, -1)):
        if (match := pattern.search(text)) and (number := _number(match[1])) is not None:
            return max(now * abs(sign) + number * (sign or 1), 0)
    return None


def _number(text: str) -> int | None:
    if (found := reading.whole_number(text)) is not None:
        return found
    tens, ten, ones = text.partition("十")
    if not ten:
        return DIGITS.get(text)
    return DIGITS.get(tens or "一", 1) * 10 + DIGITS.get(ones or "零", 0)
