"""Rows of one order with merged cells or values given once: those of the first row count for the rows below."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from orders.services.imports.columns import Dialect, Header, says_something
from orders.services.imports.reading import Cells, Numbered
from orders.services.imports.values import cell_text

# Of the whole order. Sums are not among them: what stands once is counted once.
SHARED = (
    "placed_at", "customer_id", "member", "customer_name", "receiver", "phone", "country", "province", "city",
    "district", "street", "currency", "status", "fulfilment", "cancelled", "paid_at", "shipped_at", "closed_at",
)  # fmt: skip
# The same where it stands once, but rows of one order may go in parcels of their own.
OWN_OR_SHARED = ("carrier", "tracking")
TOTALS = frozenset(
    {"合计", "总计", "小计", "共计", "本页合计", "total", "totals", "subtotal", "grandtotal", "sum"}
)


class FilledRow(NamedTuple):
    """A row's number, its cells (with the order's number where it was left out), and its fields."""

    line: int
    cells: Cells
    fields: dict[str, Any]


def filled_rows(rows: Iterable[Numbered], header: Header) -> Iterator[FilledRow]:
    """The rows below the header that are of an order, each with all that its order says."""
    columns, before = header.columns, dict[str, Any]()
    fills = columns.dialect is not Dialect.UCI
    for line, cells in rows:
        if line <= header.line or not any(map(says_something, cells)) or cells == header.cells:
            continue
        fields = columns.of(cells)
        if "sku" not in fields and _is_total(cells):
            continue
        if fills:
            cells = _fill(cells, fields, before, header)
            before = fields
        if columns.currency:
            fields.setdefault("currency", columns.currency)
        yield FilledRow(line, cells, fields)


def _fill(cells: Cells, fields: dict[str, Any], before: dict[str, Any], header: Header) -> Cells:
    """Give a row what it shares with the one above, if it is of the same order. Returns its cells."""
    same = cell_text(fields.get("invoice")) == cell_text(before.get("invoice"))
    # Our own list names every order; what has no number there never had one.
    left_out = "invoice" not in fields and "invoice" in before and not header.columns.is_own
    if left_out and not all(name not in fields or fields[name] == before.get(name) for name in SHARED):
        return cells
    if not left_out and not (same and "invoice" in fields):
        return cells
    for name in ("invoice", *SHARED, *OWN_OR_SHARED):
        if name in before:
            fields.setdefault(name, before[name])
    if not left_out:
        return cells
    place = header.columns.places["invoice"][0]
    return [*cells[:place], before["invoice"], *cells[place + 1 :]]


def _is_total(cells: Cells) -> bool:
    return any(cell_text(cell).lower().replace(" ", "").rstrip(":：") in TOTALS for cell in cells)
