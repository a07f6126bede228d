"""What couriers' waybill numbers look like, as data, and what tells one from the barcode on a bag.

Couriers publish no common standard. Heads and lengths are those of the labels that shops get today, as the npm package
courier-validation 0.0.3 lists them; of numbers that go abroad the form and check digit are the postal union's (UPU S10),
of barcodes GS1's. A number that several couriers could have printed is nobody's: a person chooses.
"""

import re
from dataclasses import dataclass

LABELS, POSTAL_UNION, PARCEL_DATA = "courier-validation 0.0.3", "UPU S10-12", "tracking_number_data"
# Weights of the nine digits of a postal item, the last of which checks the other eight.
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
# Every barcode that GS1 China gives out begins with these two digits; no courier's number of this length does.
CHINESE_GOODS = "69"


@dataclass(frozen=True)
class WaybillShape:
    """How one courier's numbers are built, where that is known from, and one of them."""

    courier: str
    pattern: str
    source: str
    sample: str

    def fits(self, number: str) -> bool:
        """Whether a number in capitals, without spaces, is one of these."""
        return re.fullmatch(self.pattern, number) is not None


SHAPES: tuple[WaybillShape, ...] = (
    WaybillShape("shunfeng", r"SF[A-Z0-9]?\d{12,14}", LABELS, "SF1234567890123"),
    WaybillShape("yuantong", r"YT\d{13}(\d{2})?", LABELS, "YT8812345678901"),
    WaybillShape("zhongtong", r"7[3-689]\d{12}", LABELS, "75123456789012"),
    WaybillShape("shentong", r"(77|22|66)\d{13}", LABELS, "773123456789012"),
    WaybillShape("yunda", r"[34]\d{14}|5\d{12}", LABELS, "431234567890123"),
    WaybillShape("jtexpress", r"JT\d{13}", LABELS, "JT3012345678901"),
    WaybillShape("jd", r"JD[A-Z0-9]{2}\d{8,14}", LABELS, "JDVA12345678901"),
    WaybillShape("debangkuaidi", r"DPK\d{9,14}", LABELS, "DPK202212345678"),
    WaybillShape("danniao", r"621\d{12}", LABELS, "621123456789012"),
    WaybillShape("youzhengguonei", r"[98]\d{12}|P[A-Z]\d{11}", LABELS, "9812345678901"),
    WaybillShape("ems", r"1[0-3]\d{11}", LABELS, "1012345678901"),
    WaybillShape("ems", r"E[A-Z]\d{9}CN", POSTAL_UNION, "EA473124829CN"),
    WaybillShape("youzhengguoji", r"[CLRUV][A-Z]\d{9}CN", POSTAL_UNION, "RB473124829CN"),
    WaybillShape("ups", r"1Z[A-Z0-9]{16}", PARCEL_DATA, "1Z5R89390357567127"),
)


def waybill_number(text: str) -> str:
    """A scanned waybill as it is kept: in capitals, without spaces, and without the piece that JD prints behind it."""
    number = re.sub(r"\s+", "", text).upper()
    return re.sub(r"^(JD[A-Z0-9]{10,16})-\d+-\d+-?$", r"\1", number)


def courier_of(text: str) -> str | None:
    """The courier whose waybills look like this; None when nobody's do, or a barcode of goods could look the same."""
    number = waybill_number(text)
    if number.startswith(CHINESE_GOODS) and is_barcode(number):
        return None
    found = next((shape for shape in SHAPES if shape.fits(number)), None)
    if found is None or (found.source == POSTAL_UNION and not has_postal_check(number)):
        return None
    return found.courier


def has_postal_check(number: str) -> bool:
    """Whether the last digit of a postal item such as RB473124829CN is the one that S10 asks for."""
    digits = [int(digit) for digit in number[2:11]]
    rest = 11 - sum(weight * digit for weight, digit in zip(S10_WEIGHTS, digits, strict=False)) % 11
    return digits[8] == {10: 0, 11: 5}.get(rest, rest)


def is_barcode(text: str) -> bool:
    """Whether this is the barcode of some goods: 8, 12, 13 or 14 digits of which the last checks the others (GS1)."""
    if not re.fullmatch(r"\d{8}|\d{12,14}", text, re.ASCII):
        return False
    weighted = (int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(text[:-1])))
    return (10 - sum(weighted) % 10) % 10 == int(text[-1])
