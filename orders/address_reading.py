"""Reading an address out of what somebody wrote in a chat. Pure; nothing is changed by what it finds."""

import re
from dataclasses import dataclass
from functools import cache

from orders.divisions import Division, below, divisions, short

LONGEST = 400
PHONE = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)|(?<!\d)(0\d{2,3}-?\d{7,8})(?!\d)"
)
POSTCODE = re.compile(r"(?<![\dA-Za-z])\d{6}(?![\dA-Za-z号室楼栋幢])")
LABELS = re.compile(
    r"(?:收件人|收货人|联系人|姓名|手机号码|手机号|手机|联系电话|电话号码|电话|所在地区|所在地|详细地址|收货地址|收件地址|地址|邮编)[:：]?"
)
CHANGE = re.compile(
    r"(?:麻烦|请|帮我|帮忙|给我|我要|想)*(?:改|换|更改|修改|变更)(?:一?下|成|为|到)?(?:收货|收件)?(?:地址|地方)?(?:到|成|为)?[:：,，]?"
)
FILLER = ("省直辖县级行政区划", "自治区直辖县级行政区划", "市辖区", "县辖区", "直辖")
BREAK = re.compile(r"[\s,，。;；|/\n]+")
PLACE = re.compile(r"[省市区县镇乡村路街道巷弄号楼栋幢室层苑园厦城店]|\d{2,}")
POLITE = re.compile(r"(?:先生|小姐|女士|老师|老板|师傅)$")


@dataclass(frozen=True)
class ReadAddress:
    """What was found; what is missing is empty. `code` is of the division (GB/T 2260)."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    code: str

    @property
    def is_complete(self) -> bool:
        """Whether a parcel could be sent there."""
        return bool(self.province and self.city and self.street)


def read_address(text: str) -> ReadAddress | None:
    """The address in a text, or None when it names no place in China."""
    rest = text[:LONGEST].translate(_WIDE)
    phone, rest = _take_phone(rest)
    rest = POSTCODE.sub(" ", CHANGE.sub(" ", rest, count=1))
    name, rest = _take_labelled_name(rest)
    rest = LABELS.sub(" ", rest)
    found = _division_in(rest)
    if found is None:
        return None
    before, after = _around(rest, found)
    after = _without_short_district(after, found)
    street, loose = _street_of(after)
    name = name or _name_of(loose + BREAK.split(before))
    return ReadAddress(name, phone, found.province, found.city, found.district, street, found.code)


_WIDE = {
    ord(wide): narrow
    for wide, narrow in zip("０１２３４５６７８９（）＋－　", "0123456789()+- ", strict=True)
}


def _take_phone(text: str) -> tuple[str, str]:
    match = PHONE.search(text)
    if match is None:
        return "", text
    return re.sub(r"[- ]", "", match[1] or match[2]), f"{text[: match.start()]} {text[match.end() :]}"


def _take_labelled_name(text: str) -> tuple[str, str]:
    match = re.search(
        r"(?:收件人|收货人|联系人|姓名)[:：]?\s*([^\s,，。;；:：]{2,12}?)(?=手机|电话|联系|所在|详细|地址|[\s,，。;；]|$)",
        text,
    )
    return (match[1], f"{text[: match.start()]} {text[match.end() :]}") if match else ("", text)


@cache
def _names() -> tuple[tuple[Division, tuple[tuple[str, str], ...]], ...]:
    """Each division with the long and the short form of its names, from the top down."""
    return tuple((each, tuple((name, short(name)) for name in each.names)) for each in divisions())


def _division_in(text: str) -> Division | None:
    """The division that a text names best: what it says most of, and says first."""
    best, most = None, 0.0
    for each, forms in _names():
        score = _score(text, each, forms)
        if score > most:
            best, most = each, score
    if best is None:
        return None
    return _shortened_district(text, best) or best


def _score(text: str, each: Division, forms: tuple[tuple[str, str], ...]) -> float:
    (province, province_short), (city, city_short), (district, district_short) = forms
    lowest, lowest_short = (district, district_short) if district else (city, city_short)
    place = text.find(lowest_short)
    if place < 0:
        return 0
    # A district is worth more than its city, a whole name more than a short one.
    score = (3.0 if lowest in text else 2.0) + (0.5 if district else 0)
    above = {(province, province_short), (city, city_short)} - {(lowest, lowest_short)}
    first = place
    for whole, brief in above:
        if 0 <= (at := text.find(brief)) < place:
            score += 2.0 if whole in text else 1.5
            first = min(first, at)
    return score - first / 50


def _shortened_district(text: str, found: Division) -> Division | None:
    """南京市雨花区 for 雨花台区: inside a city that is named, two characters and the kind are enough."""
    city = found if not found.district else None
    named = next((each for each, forms in _names() if not each.district and forms[1][0] in text), None)
    if named is not None and found.district and not found.code.startswith(named.code[:4]):
        city = named
    if city is None:
        return None
    near = [each for each in below(city.code) if re.search(rf"{re.escape(each.district[:2])}[区县市]", text)]
    return near[0] if len(near) == 1 else (city if city is not found else None)


def _around(text: str, found: Division) -> tuple[str, str]:
    """What stands before the names of the division, and what stands behind them, however often they are repeated."""
    names = sorted(
        {form for name in found.names if name for form in (name, short(name))} | set(FILLER),
        key=len,
        reverse=True,
    )
    first = min(place for name in names if (place := text.find(name)) >= 0)
    after, before = text[first:], text[:first]
    said: set[str] = set()
    while True:
        after = after.lstrip(" ,，")
        name = next((name for name in names if after.startswith(name)), None)
        # A short name that has had its turn may begin the street: 恭城镇, 三亚湾路.
        if name is None or (
            name in said and _is_short(name, found) and not after[len(name) :].startswith(" ")
        ):
            return before, after
        if _is_short(name, found) and re.match(r"[镇乡村路街湾]", after[len(name) :]):
            return before, after
        said |= {name, short(name)}
        after = after[len(name) :]


def _without_short_district(after: str, found: Division) -> str:
    """雨花区 was said for 雨花台区, 龙华新区 for 龙华区: it is no street."""
    if not found.district:
        return after
    start = re.escape(found.district[:2])
    return re.sub(rf"^\s*(?:{start}\S?)?新?[区县市](?![\u4e00-\u9fff]?[镇乡路街])", "", after)


def _is_short(name: str, found: Division) -> bool:
    return name not in found.names and name not in FILLER


def _street_of(after: str) -> tuple[str, list[str]]:
    """The street, and the pieces behind it that are not of it."""
    pieces = [piece for piece in BREAK.split(after) if piece]
    street = [piece for place, piece in enumerate(pieces) if place == 0 or PLACE.search(piece)]
    loose = [piece for place, piece in enumerate(pieces) if place and not PLACE.search(piece)]
    return " ".join(street), loose


def _name_of(pieces: list[str]) -> str:
    """The piece that is most like a person's name."""
    clean = [piece.strip("。.:：()（） ") for piece in pieces]
    likely = [piece for piece in clean if 2 <= len(piece) <= 10 and not re.search(r"\d", piece)]
    polite = [piece for piece in likely if POLITE.search(piece)]
    brief = [piece for piece in likely if len(piece) <= 5]
    return next(iter([*polite, *brief, *likely]), "")
