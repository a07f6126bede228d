"""When an imported order was paid, shipped and closed, and in which parcels, as far as the file says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from orders.reading.couriers import courier_code
from orders.services.imports.documents import Document
from orders.services.imports.rows import Row

CARRIER = "other"
# As marketplaces write it: `No:75312345678901`, `YT1234567890123`; several stand behind each other.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{5,39}")
_SHORTENED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_KIND_OF_FIRM = re.compile(r"(?:快递|速递|速运|快运|物流|有限|公司)+$")
_ASIDE = re.compile(r"[(（【\[].*")


@dataclass(frozen=True)
class Moments:
    """The steps of an order in their order; one that the file does not tell was taken with the step before."""

    placed: datetime
    paid: datetime
    shipped: datetime
    closed: datetime


class Waybill(NamedTuple):
    """A courier by its code, and the parcel's number there."""

    carrier: str
    number: str


@dataclass(frozen=True)
class Parcel:
    """What went under one waybill. `is_known`: the file has the waybill, or else the order's number stands for it."""

    waybill: Waybill
    rows: list[Row]
    is_known: bool = True


def moments_of(document: Document, goods: list[Row]) -> Moments:
    """When each step was taken; no step before the one that leads to it."""
    placed, told = document.placed_at, [row for row in goods if row.moments]
    paid = max(placed, _first(told, "paid_at") or placed)
    shipped = max(paid, _first(told, "shipped_at") or paid)
    return Moments(placed, paid, shipped, max(shipped, _first(told, "closed_at") or shipped))


def _first(rows: Iterable[Row], name: str) -> datetime | None:
    return min((row.moments[name] for row in rows if name in row.moments), default=None)


def numbers_in(text: str) -> list[str]:
    """The waybills' numbers in a cell; none for one that a spreadsheet has shortened."""
    return [] if _SHORTENED.fullmatch(text) else list(dict.fromkeys(_NUMBER.findall(text)))


def waybill_of(row: Row) -> Waybill | None:
    """Under what a row was sent, if it says so. Of several numbers in a cell the first counts."""
    numbers = numbers_in(row.rest["tracking"]) if "tracking" in row.rest else []
    return Waybill(carrier_of(row.rest.get("carrier", "")), numbers[0]) if numbers else None


def carrier_of(text: str) -> str:
    """The code of a courier as files name it: `圆通快递`, `圆通速递(YTO)`, `中通快递有限公司`."""
    bare = _ASIDE.sub("", text).strip()
    return courier_code(bare) or courier_code(_KIND_OF_FIRM.sub("", bare)) or CARRIER


def parcels_of(document: Document, goods: list[Row]) -> list[Parcel]:
    """The goods by waybill. A row without one went with the first; without any, the order's number stands in its place."""
    said = [(row, waybill_of(row)) for row in goods]
    known = list(dict.fromkeys(waybill for _row, waybill in said if waybill))
    if not known:
        return [unknown_parcel(document, goods)]
    return [Parcel(waybill, [row for row, own in said if (own or known[0]) == waybill]) for waybill in known]


def unknown_parcel(document: Document, rows: list[Row]) -> Parcel:
    """A parcel of which nobody knows how it travelled."""
    return Parcel(Waybill(CARRIER, document.number[:60]), rows, is_known=False)
