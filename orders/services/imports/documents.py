"""Rows back into invoices, with bounded memory."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from orders.services.imports.rows import Kind, Row

# Rows of one invoice may stand apart by this many other invoices; further apart, the second part is refused.
OPEN_DOCUMENTS = 100
LARGEST_DOCUMENT = 20_000


@dataclass
class Document:
    """One invoice: its rows in the order of the file."""

    number: str
    rows: list[Row] = field(default_factory=list)

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
        return sum((row.amount for row in self.rows), Decimal(0))


def documents(rows: Iterable[Row]) -> Iterator[Document]:
    """Gather rows by invoice and hand each over once it must be complete."""
    waiting: OrderedDict[str, Document] = OrderedDict()
    for row in rows:
        document = waiting.get(row.invoice)
        if document is None:
            document = waiting[row.invoice] = Document(row.invoice)
            if len(waiting) > OPEN_DOCUMENTS:
                yield waiting.popitem(last=False)[1]
        document.rows.append(row)
        if len(document.rows) >= LARGEST_DOCUMENT:
            yield waiting.pop(row.invoice)
    yield from waiting.values()
