"""A run that writes nothing: what a file would bring in, counted by the rules of one that does.

What a row meets only when it is written cannot be seen before: a return that finds no sale, a parcel that is another order's.
"""

from collections.abc import Iterable

from orders.models import ImportedDocument, Variant
from orders.services.imports.catalogue import Catalogue
from orders.services.imports.documents import Document
from orders.services.imports.people import Buyer, Directory
from orders.services.imports.report import Report
from orders.services.imports.rows import Kind, Row
from orders.services.imports.sales import Sale
from orders.services.imports.writing import Refuse, Writer, Written
from shopcomm.core.accounts.actors import Actor


class Strangers(Directory):
    """Customers that nobody knows yet, counted."""

    def __init__(self) -> None:
        super().__init__()
        self._counted: set[tuple[str, str]] = set()

    def _make(self, missing: dict[tuple[str, str], Buyer]) -> int:
        new = missing.keys() - self._counted
        self._counted |= new
        return len(new)


class NewGoods(Catalogue):
    """Goods that the catalogue does not have yet, counted."""

    def __init__(self) -> None:
        super().__init__()
        self._new: set[str] = set()

    @property
    def made(self) -> int:
        """How many variants would be new."""
        return len(self._new)

    def prepare(self, invoices: Iterable[list[Row]]) -> None:
        """Look which are known; none are made."""
        asked = {row.sku for rows in invoices for row in rows} - self.known.keys() - self._new
        self._new |= asked - set(Variant.objects.filter(sku__in=asked).values_list("sku", flat=True))


class Trial(Writer):
    """Stands in a run where the writer does."""

    def __init__(self, actor: Actor, report: Report, refuse: Refuse, written: Written) -> None:
        super().__init__(actor, report, refuse, written)
        self.directory, self.catalogue = Strangers(), NewGoods()

    def write(self, sales: list[Sale], waited: Iterable[str]) -> None:
        """Count a batch of invoices."""
        self.directory.prepare(sale.document.rows[0] for sale in sales)
        self.catalogue.prepare(sale.document.of(Kind.SALE, Kind.STOCK) for sale in sales)
        for sale in sales:
            self._count(sale)
            self._count_return(sale.document, [])

    def complete(self, sale: Sale, seen_id: int) -> None:
        """Count an order that would be made whole."""
        self.report.completed.append(sale.document.number)

    def try_again(self, document: Document, seen: ImportedDocument) -> None:
        """Whether the sale of a return has come meanwhile, only the run itself can see."""
