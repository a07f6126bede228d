"""Finding phone numbers in a text."""

import re
from dataclasses import dataclass

_EXTENSION = r"(?:\s*(?:转|分机|ext\.?|#)\s*\d{1,6}|-\d{3,5}(?!\d))?"
_DIGIT = re.compile(r"\d")
_MOBILE = re.compile(
    rf"(?<!\d)(?:\+?(?:0?0?86)[-\s]?)?(1[3-9]\d[-\s]?\d{{4}}[-\s]?\d{{4}}{_EXTENSION})(?![\d])"
)
_FIXED = re.compile(rf"(?<![\dA-Za-z-])(\(?0\d{{2,3}}\)?[-\s]?\d{{7,8}}{_EXTENSION})(?![\d-])")
_FREE = re.compile(r"(?<![\dA-Za-z-])([48]00[-\s]?\d{3}[-\s]?\d{4})(?![\d-])")
_ABROAD = re.compile(r"(?<![\dA-Za-z])(\+\d{1,3}[-\s]?(?:\(?\d{1,4}\)?[-\s]?){2,5}\d)(?!\d)")
# Hong Kong and Macau have eight digits and no area code, Taiwan writes 09 and eight more.
_CLOSE_BY = {
    "81": re.compile(r"(?<![\d-])((?:\+?852[-\s]?)?[2-9]\d{3}[-\s]?\d{4})(?![\d-])"),
    "82": re.compile(r"(?<![\d-])((?:\+?853[-\s]?)?[268]\d{3}[-\s]?\d{4})(?![\d-])"),
    "71": re.compile(r"(?<![\d-])((?:\+?886[-\s]?)?0?9\d{2}[-\s]?\d{3}[-\s]?\d{3})(?!\d)"),
}


@dataclass(frozen=True, slots=True)
class FoundPhone:
    """A number as it is to be kept, where its characters stand, and where those stand that are left away (+86)."""

    number: str
    start: int
    end: int
    prefix: int


def phones_in(text: str) -> list[FoundPhone]:
    """Every number in a text (narrow), in the order of the text; extensions belong to them."""
    found: list[FoundPhone] = []
    if not _DIGIT.search(text):
        return found
    for pattern in (_MOBILE, _ABROAD, _FIXED, _FREE):
        for match in pattern.finditer(text):
            if not any(match.start() < each.end and each.start < match.end() for each in found):
                found.append(_found(match))
    return sorted(found, key=lambda each: each.start)


def phone_in_region(text: str, code: str) -> FoundPhone | None:
    """A number as Hong Kong, Macau or Taiwan write it at home; `code` is of the division that the text names."""
    pattern = _CLOSE_BY.get(code[:2])
    match = pattern.search(text) if pattern else None
    return _found(match) if match else None


def _found(match: re.Match[str]) -> FoundPhone:
    return FoundPhone(_written(match[1]), match.start(1), match.end(1), match.start())


def _written(number: str) -> str:
    """Without blanks and dashes between its digits; the sign before an extension stays."""
    main, sign, extension = _split(number)
    return re.sub(r"[-\s()]", "", main) + sign + extension


def _split(number: str) -> tuple[str, str, str]:
    match = re.search(r"\s*(转|分机|ext\.?|#)\s*(\d{1,6})$", number)
    if match:
        return number[: match.start()], match[1], match[2]
    match = re.search(r"(?<=\d{4})-(\d{3,5})$", number)
    if match and len(re.sub(r"\D", "", number[: match.start()])) >= 10:
        return number[: match.start()], "-", match[1]
    return number, "", ""
