"""What a scanner's text means: an order, or a waybill and the courier whose pattern it has."""

import re
from datetime import timedelta

from django.utils import timezone

from orders.models import Order
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

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


def slip_code(order: Order) -> str:
    """What the code of a printed pick list says: the order, and the version it was printed for."""
    return f"{order.number}#{order.version}"


def slip_of_scan(text: str) -> tuple[str, int | None]:
    """A scanned text without the version, and the version of the slip it came from."""
    match = re.fullmatch(r"(.{1,40})#(\d{1,9})", text)
    return (match[1], int(match[2])) if match else (text, None)


def courier_of(tracking_number: str) -> str | None:
    """The courier whose waybills look like this; None when nobody's do."""
    wanted = tracking_number.strip().upper()
    return next((code for pattern, code in PATTERNS if re.fullmatch(pattern, wanted)), None)
