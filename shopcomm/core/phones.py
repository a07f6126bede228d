"""Telephone numbers as people write them: read, checked, kept, shown and dialled in one way everywhere.

A number is kept as E.164, with its extension behind a hyphen: `+8618412345678-1234`. Marketplaces give buyers a virtual
number that many share; only with its extension is it one person's, so the two together are the key of a customer.

Sources: ITU-T E.164; RFC 3966; the numbering plans that libphonenumber knows. A Chinese mobile number of a block that
came out after the library did is taken, too; what no plan has (11111111111, 12345678901) is refused.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from django.utils.translation import gettext as _

HOME = "CN"
HOME_CODE = 86
LONGEST = 80
MOBILE = re.compile(r"1[3-9]\d{9}")
TAIWAN_MOBILE = re.compile(r"09\d{8}")
# Written without a plus by everybody who trades with them, and no Chinese number begins so.
NEIGHBOURS = ("852", "853", "886")

_LABEL = re.compile(
    r"""^\s*(?:
        (?:联系|聯繫|收货人?|收件人?|客户|买家|移动|固定|本人|办公|公司)?(?:电话|電話|手机|手機|座机|固话|号码|號碼)(?:号码|號碼|号|號)?
        |(?:tel|telephone|phone|mobile|mob|cell)\b\.?
        |[☎📞📱]\ufe0f?
    )\s*[:=.\-是]?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_SHAPE = re.compile(r"\+?[\d\s().\-]+")
# Marks that stand before an extension and never between the digits of one number.
_EXTENSION = re.compile(
    r"(?P<head>.*\d)\)?\s*(?:转|轉|#|,|;\s*ext=|ext\.?|x|分机号?|內線|内线|\*|_|~)\s*:?\s*(?P<tail>\d{1,8})$",
    re.IGNORECASE,
)
_HYPHEN = re.compile(r"(?P<head>.*\d)\s*-\s*(?P<tail>\d{1,6})$")
_BLANK = re.compile(r"(?P<head>.*\d)\s+(?P<tail>\d{3,6})$")
_BETWEEN = re.compile(r"\s*(?:[/、;|]|或者?|和|,)\s*|\s+(?=\+?\d{11})")
_PLAIN_MOBILE = re.compile(r"(?:\+86)?(1[3-9]\d)\d{4}(\d{4})")
_MOBILE_IN_TEXT = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))


class PhoneRefused(ValueError):
    """No telephone number, or not enough of one. The text is for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in E.164 and its extension, empty for most."""

    number: str
    extension: str = ""

    @property
    def key(self) -> str:
        """How it is kept and compared: `+8618412345678-1234`."""
        return f"{self.number}-{self.extension}" if self.extension else self.number

    @property
    def tail(self) -> str:
        """The last four digits of the number itself: couriers and people at the counter ask for these."""
        return self.number[-4:]

    @property
    def written(self) -> str:
        """As people write it: 138 0013 8000, 184 1234 5678-1234, and one from abroad with its country's code."""
        parsed = phonenumbers.parse(self.number)
        formats = phonenumbers.PhoneNumberFormat
        style = formats.NATIONAL if parsed.country_code == HOME_CODE else formats.INTERNATIONAL
        return self._extended(phonenumbers.format_number(parsed, style))

    @property
    def compact(self) -> str:
        """As it stands on a label: 13800138000, 0577-88888888-801, +85291234567."""
        parsed = phonenumbers.parse(self.number)
        if parsed.country_code != HOME_CODE:
            return self.key
        digits = phonenumbers.national_significant_number(parsed)
        area = phonenumbers.length_of_geographical_area_code(parsed)
        return self._extended(f"0{digits[:area]}-{digits[area:]}" if area else digits)

    def _extended(self, number: str) -> str:
        return f"{number}-{self.extension}" if self.extension else number


def read_phone(text: str) -> Phone:
    """The number in a text that holds nothing else but a label; of several the first. Raises PhoneRefused."""
    return read_phones(text)[0]


def read_phones(text: str) -> tuple[Phone, ...]:
    """All numbers of a text that holds nothing else: `13800138000/0577-88888888-801`. Raises PhoneRefused."""
    plain = _plain(text or "")
    if phone := _one(plain):
        return (phone,)
    several = [_one(part) for part in _BETWEEN.split(plain) if part]
    found = tuple(phone for phone in several if phone)
    # An extension of its own is a part, too: only when every part is a number are they several.
    if len(found) > 1 and len(found) == len(several):
        return found
    raise PhoneRefused(_why_not(plain))


def normalise_phone(text: str) -> str:
    """The key under which a number is kept; one without a country's code is Chinese. Raises PhoneRefused."""
    return read_phone(text).key


def written_phone(text: str) -> str:
    """Numbers as people write them; what cannot be read stays as it is."""
    try:
        return " / ".join(phone.written for phone in read_phones(text or ""))
    except PhoneRefused:
        return (text or "").strip()


def kept_receiver_phone(text: str) -> str:
    """What stands on a parcel: tidied, with every number and extension; what cannot be read stays as it is.

    A number that came with its country's code keeps it.
    """
    try:
        phones = read_phones(text)
    except PhoneRefused:
        return text.replace(" ", "")
    abroad = _plain(text).startswith("+")
    return "/".join(phone.key if abroad else phone.compact for phone in phones)


def masked_phone(text: str) -> str:
    """184 **** 5678-1234: enough to recognise, not enough to dial."""
    # Nearly all there are, and lists have them by the hundred thousand.
    if plain := _PLAIN_MOBILE.fullmatch(text or ""):
        return f"{plain[1]} **** {plain[2]}"
    try:
        return " / ".join(_masked(phone) for phone in read_phones(text or ""))
    except PhoneRefused:
        digits = re.sub(r"\D", "", text or "").removeprefix(str(HOME_CODE))
        return f"{digits[:3]} **** {digits[-4:]}" if len(digits) >= 7 else "*" * len(digits)


def with_masked_phones(text: str) -> str:
    """What somebody wrote, with the mobile numbers in it as `masked_phone()` shows them."""
    return _MOBILE_IN_TEXT.sub(r"\1 **** \2", text)


def compact_phone(text: str) -> str:
    """Numbers as they stand on a label; what cannot be read stays as it is."""
    if plain := _PLAIN_MOBILE.fullmatch(text or ""):
        return plain[0].removeprefix(f"+{HOME_CODE}")
    try:
        return "/".join(phone.compact for phone in read_phones(text or ""))
    except PhoneRefused:
        return text or ""


def _masked(phone: Phone) -> str:
    digits = phone.number.removeprefix(f"+{HOME_CODE}")
    return phone._extended(f"{digits[:3]} **** {digits[-4:]}")


def _plain(text: str) -> str:
    """Without what an input method, a spreadsheet or a copied page adds: wide digits, hidden characters, labels."""
    if len(text) > LONGEST:
        return ""
    wide = unicodedata.normalize("NFKC", text).translate(_DASHES)
    shown = "".join(c for c in wide if not unicodedata.category(c).startswith("C"))
    return _LABEL.sub("", shown.strip().lstrip("'")).strip()


def _one(text: str) -> Phone | None:
    """A text as one number. An extension with a mark of its own counts before a number that is as long."""
    for pattern in (_EXTENSION, _HYPHEN):
        match = pattern.fullmatch(text)
        if match and (number := _number(match["head"])):
            return Phone(number, match["tail"])
    if number := _number(text):
        return Phone(number)
    match = _BLANK.fullmatch(text)
    if match and (number := _number(match["head"])):
        return Phone(number, match["tail"])
    return None


def _number(text: str) -> str | None:
    """Digits and what stands between them as E.164; None for what no numbering plan has."""
    if not text.isascii() or not _SHAPE.fullmatch(text) or text.count("+") > 1:
        return None
    digits = re.sub(r"\D", "", text)
    if text.lstrip("(")[:1] != "+" and digits.startswith(NEIGHBOURS):
        return _valid(f"+{digits}") or _valid(text)
    return _valid(text)


def _valid(text: str) -> str | None:
    try:
        parsed = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(parsed)
    fresh = parsed.country_code == HOME_CODE and MOBILE.fullmatch(national)
    if not fresh and not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _why_not(plain: str) -> str:
    digits = re.sub(r"\D", "", plain)
    if TAIWAN_MOBILE.fullmatch(digits):
        return _("这像台湾的手机号，请在前面加上 +886")
    if re.fullmatch(r"[2-9]\d{6,7}", digits):
        return _("这个号码缺少区号，请补上")
    return _("这不像一个电话号码，请核对")
