"""What a scanned text means: an order, our own paper, goods, or a waybill and its courier."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone

from orders.models import Order, Variant
from orders.reading.waybills import courier_of, is_barcode, waybill_number
from orders.selectors.visibility import orders_visible_to
from shopcomm.core.accounts.actors import Actor

# What the code of our own paper ends with.
PICK_LIST, PARCEL_SLIP = "", "P"
# The tail of a number comes again every day; nobody means one of last year's.
SHORT_NUMBERS_FOR = timedelta(days=60)
LONGEST = 60
# How many variants may share a barcode before the rest is left out.
MOST_ALIKE = 50


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
    """The code of a printed pick list or parcel slip: the order, and the version it was printed for."""
    return f"{order.number}#{order.version}{paper}"


def paper_of_scan(text: str) -> Scanned:
    """What a scanner read; anything but our own paper is a text."""
    match = re.fullmatch(r"(.{1,40})#(\d{1,9})([A-Z]?)", text)
    return Scanned(match[1], int(match[2]), match[3]) if match else Scanned(text)


class Kind(StrEnum):
    """What a scanned text turned out to be."""

    ORDER = "order"
    GOODS = "goods"
    WAYBILL = "waybill"
    STRANGE_GOODS = "strange_goods"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meaning:
    """A scanned text understood: of its kind, and with what belongs to that kind."""

    kind: Kind
    scanned: Scanned
    order: Order | None = None
    # Several colours may carry one barcode: the order in hand decides.
    variants: tuple[Variant, ...] = ()
    # Of a waybill: the number as it is kept, and the courier whose shape it has.
    number: str = ""
    courier: str = ""


def meaning_of_scan(actor: Actor, text: str) -> Meaning:
    """What a scanner read: our own goods before anything that looks like a waybill, and never one for the other."""
    scanned = paper_of_scan(text.strip()[:LONGEST])
    number = waybill_number(scanned.text)
    if not scanned.text:
        return Meaning(Kind.UNKNOWN, scanned)
    if variants := variants_of_scan(scanned.text):
        return Meaning(Kind.GOODS, scanned, variants=variants)
    order = order_of_scan(actor, scanned.text) or order_of_scan(actor, number)
    if order:
        return Meaning(Kind.ORDER, scanned, order=order)
    if courier := courier_of(number):
        return Meaning(Kind.WAYBILL, scanned, number=number, courier=courier)
    kind = Kind.STRANGE_GOODS if is_barcode(scanned.text) else Kind.UNKNOWN
    return Meaning(kind, scanned, number=number)


def variants_of_scan(text: str) -> tuple[Variant, ...]:
    """The goods with this barcode or SKU. An American barcode of 12 digits is one of 13 that begins with 0."""
    if not text:
        return ()
    codes = {text, text.upper(), text.zfill(13) if len(text) == 12 else text}
    if len(text) == 13 and text.startswith("0"):
        codes.add(text[1:])
    found = Variant.objects.filter(Q(barcode__in=codes) | Q(sku__in=codes))
    return tuple(found.select_related("product").order_by("pk")[:MOST_ALIKE])
