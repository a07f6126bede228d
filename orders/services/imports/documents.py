"""Rows back into invoices: each is handed over when its last row has been read, so nothing of it comes later."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from orders.errors import ImportRefused
from orders.reading.amounts import CENT
from orders.services.imports.rows import Kind, Row

# Rows of invoices that wait for their last one: as many as memory bears.
MOST_WAITING = 300_000
LARGEST_DOCUMENT = 20_000


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of an invoice that cannot be read; `left_out`: it need not be, as it is about no goods."""

    line: int
    invoice: str
    reason: str
    left_out: bool = False


@dataclass
class Document:
    """One invoice: its rows in the order of the file, and those that cannot be read."""

    number: str
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def of(self, *kinds: Kind) -> list[Row]:
        """The rows of these kinds."""
        return [row for row in self.rows if row.kind in kinds]

    @property
    def placed_at(self) -> datetime:
        """Some invoices carry two times: the first counts."""
        return min(row.placed_at for row in self.rows)

    @property
    def amount(self) -> Decimal:
        """The sum of all rows, with their signs."""
        return sum((row.amount for row in self.rows), Decimal(0)).quantize(CENT, ROUND_HALF_UP)

    @property
    def lines(self) -> list[int]:
        """Where its rows stand in the file."""
        return sorted([row.line for row in self.rows] + [fault.line for fault in self.faults])


def gather_documents(parts: Iterable[Row | Fault], last_lines: dict[str, int]) -> Iterator[Document]:
    """Gather rows by invoice. `last_lines`: where the last row of each stands. Raises ImportRefused."""
    waiting: dict[str, Document] = {}
    held = 0
    for part in parts:
        document = waiting.get(part.invoice)
        if document is None:
            document = waiting[part.invoice] = Document(part.invoice)
        if isinstance(part, Row):
            document.rows.append(part)
        elif not part.left_out:
            document.faults.append(part)
        held += not (isinstance(part, Fault) and part.left_out)
        if part.line >= last_lines[part.invoice]:
            held -= len(document.lines)
            yield waiting.pop(part.invoice)
        elif held > MOST_WAITING:
            raise ImportRefused(_("同一订单的行隔得太远：请先按订单号排序再导入"))
