"""What a request still means once the order has changed since it was made: a comparison of three states, pure.

Was, now, wanted: what only the request touches is made so, what only somebody else touched stays, and what both
touched is a clash that a person decides about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from orders.labels import RECEIVER
from shopcomm.core import reading

# A place is one thing: a street of one town is no street of another.
PLACE = tuple(RECEIVER[name] for name in ("province", "city", "district", "street"))
# Consequences and reasons: told with a request, never written by it.
NEVER_WRITTEN = frozenset({"total", "reason"})

Row = dict[str, Any]


@dataclass(frozen=True)
class Clash:
    """One thing that a request and somebody else since have changed in different ways. `sku` names goods."""

    field: str
    was: Any
    now: Any
    wanted: Any
    sku: str = ""


@dataclass(frozen=True)
class Seen:
    """What somebody looked at who has a request as asked although it clashes: the order's version, and the mark of the
    prices of the list that had moved (`clash_price_mark`)."""

    version: int
    prices: str = ""


@dataclass(frozen=True)
class Merged:
    """A request brought up to date: what the order would have in the fields it names, and what clashes."""

    data: dict[str, Any]
    clashes: list[Clash] = field(default_factory=list)


def merge_change(data: dict[str, Any], before: dict[str, Any], now: dict[str, Any]) -> Merged:
    """A request on the order as it is now; where both touch a thing, `data` has it as the request wants it.

    `data`: what was asked, field by field; `before`: the fields that differed when it was asked, as they were then;
    `now`: the order's fields today, each line as {sku, quantity, unit_price}.
    """
    merged, clashes = dict(data), []
    base = {name: before.get(name, value) for name, value in data.items()}
    for name in data.keys() - NEVER_WRITTEN - {*PLACE, "items"}:
        if data[name] == base[name]:
            merged[name] = now[name]
        elif now[name] not in (base[name], data[name]):
            clashes.append(Clash(name, base[name], now[name], data[name]))
    _merge_place(base, now, data, merged, clashes)
    if "items" in data:
        merged["items"], goods = merge_items(base["items"], now["items"], data["items"])
        clashes += goods
    return Merged(merged, sorted(clashes, key=lambda each: (each.field, each.sku)))


def _merge_place(base: Row, now: Row, data: Row, merged: dict[str, Any], clashes: list[Clash]) -> None:
    """The four fields of a place go together."""
    named = [column for column in PLACE if column in data]
    was, is_, wanted = ([state[column] for column in named] for state in (base, now, data))
    if wanted == was:
        merged.update(zip(named, is_, strict=True))
    elif is_ not in (was, wanted):
        clashes += [
            Clash(column, base[column], now[column], data[column])
            for column in named
            if now[column] != data[column]
        ]


def merge_items(
    was: Sequence[Row], now: Sequence[Row], wanted: Sequence[Row]
) -> tuple[list[Row], list[Clash]]:
    """The lines of an order after a request, SKU by SKU; a wanted line without a price keeps the one it has."""
    old, held, asked = _by_sku(was), _by_sku(now), _by_sku(wanted)
    merged: list[Row] = []
    clashes: list[Clash] = []
    for sku in dict.fromkeys([*held, *asked, *old]):
        rows = (old.get(sku, []), held.get(sku, []), asked.get(sku, []))
        result = _merge_lines(*rows)
        if result is None:
            clashes.append(Clash("items", *rows, sku=sku))
            result = rows[2]
        merged += result
    return merged, clashes


def _by_sku(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["sku"], []).append(row)
    return found


def _merge_lines(was: list[Row], now: list[Row], wanted: list[Row]) -> list[Row] | None:
    """The lines of one SKU; None when both sides changed the same of them."""
    if same_lines(was, wanted) or same_lines(now, wanted):
        return now
    if same_lines(was, now):
        return wanted
    if not len(was) == len(now) == len(wanted) == 1:
        return None
    return _merge_line(was[0], now[0], wanted[0])


def _merge_line(was: Row, now: Row, wanted: Row) -> list[Row] | None:
    """Count and price of a line are two things: one side may change the one, the other the other."""
    counted = wanted["quantity"] != was["quantity"], now["quantity"] != was["quantity"]
    priced = not _same_price(was, wanted), not _same_price(was, now)
    if (all(counted) and wanted["quantity"] != now["quantity"]) or (
        all(priced) and not _same_price(now, wanted)
    ):
        return None
    count, price = (wanted if counted[0] else now), (wanted if priced[0] else now)
    return [{"sku": now["sku"], "quantity": count["quantity"], "unit_price": price["unit_price"]}]


def is_as_asked(now: Any, wanted: Any) -> bool:
    """Whether a field of an order is as wanted already; goods are compared line by line."""
    return same_lines(now, wanted) if isinstance(now, list) else bool(now == wanted)


def same_lines(rows: Sequence[Row], wanted: Sequence[Row]) -> bool:
    """Whether these lines are as wanted already."""
    return len(rows) == len(wanted) and all(
        row["sku"] == want["sku"] and row["quantity"] == want["quantity"] and _same_price(row, want)
        for row, want in zip(rows, wanted, strict=True)
    )


def _same_price(row: Row, wanted: Row) -> bool:
    price = wanted.get("unit_price")
    return price is None or reading.decimal_amount(price) == reading.decimal_amount(row["unit_price"])
