"""What a scanner's text means: an order, or a waybill and the courier whose pattern it has."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from orders.models import Order
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

# What the code of our own paper ends with.
PICK_LIST, PARCEL_SLIP = "", "P"
# The tail of a number comes again every day; nobody means one of last year's.
SHORT_NUMBERS_FOR = timedelta(days=60)
# Heads that couriers print on their waybills; the first that fits wins.
PATTERNS = (
    (r"SF\d{12,15}", "shunfeng"),
    (r"DPK\d{9,14}", "debangkuaidi"),
    (r"JD[A-Z0-9]{10,18}", "jd"),
    (r"JT\d{13}", "jtexpress"),
    (r"YT\d{13,15}", "yuantong"),
    (r"(77|22|66)\d{11,13}", "shentong"),
    (r"(4[36]|31)\d{11,13}", "yunda"),
    (r"7[3-9]\d{10,13}", "zhongtong"),
    (r"E[A-Z]\d{9}CN", "ems"),
)


def order_of_scan(actor: Actor, text: str) -> Order | None:
    """The order a scanned text names: its number, the tail of it printed large, or one of its waybills."""
    orders = orders_visible_to(actor)
    found = (
        orders.filter(number=text.upper()).first() or orders.filter(shipments__tracking_number=text).first()
    )
    if found is None and re.fullmatch(r"\d{4}", text):
        recent = orders.filter(placed_at__gte=timezone.now() - SHORT_NUMBERS_FOR)
        found = recent.filter(number__endswith=f"-{text}").order_by("-placed_at").first()
    return found


@dataclass(frozen=True)
class Scanned:
    """A scanned text, and of our own paper which it is and the version it was printed for."""

    text: str
    version: int | None = None
    paper: str = PICK_LIST


def paper_code(order: Order, paper: str = PICK_LIST) -> str:
    """What the code of a printed pick list or parcel slip says: the order, and the version it was printed for."""
    return f"{order.number}#{order.version}{paper}"


def paper_of_scan(text: str) -> Scanned:
    """What a scanner read; anything but our own paper is a text."""
    match = re.fullmatch(r"(.{1,40})#(\d{1,9})([A-Z]?)", text)
    return Scanned(match[1], int(match[2]), match[3]) if match else Scanned(text)


def courier_of(tracking_number: str) -> str | None:
    """The courier whose waybills look like this; None when nobody's do."""
    wanted = tracking_number.strip().upper()
    return next((code for pattern, code in PATTERNS if re.fullmatch(pattern, wanted)), None)
