"""The import itself: read, sort into invoices, write each in a transaction of its own, count."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from orders.models import ImportedDocument, Order, StockMovement, Variant
from orders.services.imports.bundle import Bundle, Keys
from orders.services.imports.catalogue import Catalogue
from orders.services.imports.columns import Columns, match_columns
from orders.services.imports.documents import Document, documents
from orders.services.imports.people import Directory, is_guest
from orders.services.imports.reading import Cells, Sheet
from orders.services.imports.report import Rejects, Report
from orders.services.imports.returns import write_return
from orders.services.imports.rows import Kind, Row, RowRefused, parse_row
from orders.services.imports.sales import number_of, write_sale
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.realtime import quietly

BATCH = 100
Progress = Callable[[float, int], None]


def import_orders(path: Path, *, actor: Actor, progress: Progress = lambda done, rows: None) -> Report:
    """Take in a file of past orders. `progress` hears the share read, 0 to 1, and the rows so far.

    Raises ImportRefused for a file that is no list of orders, OSError for one that cannot be read.
    """
    sheet = Sheet(path)
    try:
        columns = match_columns(sheet.header)
        run = Import(path, sheet.header, columns, actor)
        with quietly(), _without_waiting():
            run.take(_watched(sheet, progress))
        return run.report
    finally:
        sheet.close()


def _watched(sheet: Sheet, progress: Progress) -> Iterator[tuple[int, Cells]]:
    for count, row in enumerate(sheet, start=1):
        if count % 500 == 0:
            progress(sheet.done, count)
        yield row
    progress(1.0, 0)


@contextmanager
def _without_waiting() -> Iterator[None]:
    """An import that is repeated loses nothing by a crash, so no commit of it waits for the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")


class Import:
    """One run over one file."""

    def __init__(self, path: Path, header: Cells, columns: Columns, actor: Actor) -> None:
        self.columns, self.actor = columns, actor
        self.report = Report()
        self.directory, self.catalogue, self.keys = Directory(), Catalogue(), Keys()
        name = f"{path.name.split('.')[0]}.rejected.csv"
        self.rejects = Rejects(path.with_name(name), Path(settings.DATA_DIR) / name, header, self.report)
        # The cells of rows whose invoice is not written yet, to give them back if it is refused.
        self._cells: dict[int, Cells] = {}
        # Order numbers that are given already, of those the next invoices have.
        self._taken: set[str] = set()

    def take(self, rows: Iterator[tuple[int, Cells]]) -> None:
        """Write every invoice of the file."""
        waiting = documents(self._parsed(rows))
        while batch := list(islice(waiting, BATCH)):
            numbers = [document.number for document in batch]
            seen = {each.number: each for each in ImportedDocument.objects.filter(number__in=numbers)}
            self._taken = set(Order.objects.filter(number__in=numbers).values_list("number", flat=True))
            self.directory.prepare(document.rows[0] for document in batch if document.number not in seen)
            for document in batch:
                self._write(document, seen.get(document.number))
                for row in document.rows:
                    self._cells.pop(row.line, None)
        self.catalogue.settle_names()
        self.rejects.close()
        self.report.customers, self.report.products = self.directory.made, self.catalogue.made
        self.report.several_names = self.catalogue.several_names

    def _parsed(self, rows: Iterator[tuple[int, Cells]]) -> Iterator[Row]:
        for line, cells in rows:
            self.report.rows += 1
            try:
                row = parse_row(line, self.columns.of(cells), is_uci=self.columns.is_uci)
            except RowRefused as refusal:
                self.rejects.add(line, cells, str(refusal))
                continue
            self._cells[line] = cells
            self._count_oddities(row, cells)
            yield row

    def _count_oddities(self, row: Row, cells: Cells) -> None:
        fields, report = self.columns.of(cells), self.report
        report.amount += row.amount
        report.guest_rows += is_guest(row)
        report.without_name += not row.name
        report.lower_case += str(fields["sku"]).strip() != row.sku
        report.decimal_ids += str(fields.get("customer_id", "")).endswith(".0")

    def _write(self, document: Document, seen: ImportedDocument | None) -> None:
        said = [tuple(map(str, self._cells[row.line])) for row in document.rows]
        self.report.doubled_rows += len(said) - len(set(said))
        if seen is not None:
            self._repeat(document, seen)
            return
        # Outside the invoice's transaction: they stay remembered even if it is refused.
        customer = self.directory.customer_of(document.rows[0])
        variants = self.catalogue.variants_of(document.of(Kind.SALE, Kind.STOCK))
        try:
            with transaction.atomic():
                bundle = Bundle(self.keys)
                bundle.add(
                    ImportedDocument,
                    number=document.number,
                    lines=len(document.rows),
                    amount=document.amount,
                )
                unmatched = self._write_rows(document, customer, variants, bundle)
                if unmatched:
                    places = [document.rows.index(row) for row in unmatched]
                    ImportedDocument.objects.filter(number=document.number).update(unmatched=places)
        except RowRefused as refusal:
            self._refuse(document.rows, str(refusal))
        except IntegrityError:
            self._refuse(document.rows, _("同一单据正被另一个导入处理"))
        else:
            self._refuse(unmatched, _("退货找不到对应的销售"))

    def _repeat(self, document: Document, seen: ImportedDocument) -> None:
        if (len(document.rows), document.amount) != (seen.lines, seen.amount):
            self._refuse(document.rows, _("单据已导入过，内容不同"))
            return
        self.report.repeated += 1
        if seen.unmatched:
            self._try_again(document, seen.pk)

    @transaction.atomic
    def _try_again(self, document: Document, seen_id: int) -> None:
        """The rows that found no sale last time: it may have come since; if not, they are told once more."""
        seen = ImportedDocument.objects.select_for_update().get(pk=seen_id)
        missing = Document(document.number, [document.rows[place] for place in seen.unmatched])
        unmatched = self._take_back(missing, self.directory.customer_of(document.rows[0]))
        seen.unmatched = [document.rows.index(row) for row in unmatched]
        seen.save(update_fields=["unmatched"])
        self._refuse(unmatched, _("退货找不到对应的销售"))

    def _write_rows(
        self, document: Document, customer: Customer, variants: dict[str, Variant], bundle: Bundle
    ) -> list[Row]:
        """The parts of an invoice. Returns the rows that found no place."""
        report: Report = self.report
        unmatched: list[Row] = []
        sold, back, moved = document.of(Kind.SALE), document.of(Kind.RETURN), document.of(Kind.STOCK)
        if moved:
            self._move(document, moved, variants)
        if sold:
            number = number_of(document, self._taken)
            self._taken.add(number)
            order = write_sale(document, customer, variants, self.actor, bundle, number=number)
            report.orders, report.lines = report.orders + 1, report.lines + len(sold)
            report.sold += order.total
        else:
            bundle.write()
        if back:
            unmatched = self._take_back(document, customer)
        if not (sold or back or moved):
            raise RowRefused(_("只有运费或折扣，没有商品"))
        report.stock_rows += len(moved)
        return unmatched

    def _take_back(self, document: Document, customer: Customer) -> list[Row]:
        """A return, counted. Returns the rows without a sale."""
        unmatched = write_return(document, customer, self.actor)
        taken = [row for row in document.of(Kind.RETURN) if row not in unmatched]
        self.report.returns += bool(taken)
        self.report.return_lines += len(taken)
        self.report.returned += sum(row.amount for row in taken)
        return unmatched

    def _move(self, document: Document, rows: list[Row], variants: dict[str, Variant]) -> None:
        """Stock found or lost: written down in pairs that leave today's count as it is."""
        for row in rows:
            kind = StockMovement.Kind.WRITTEN_OFF if row.quantity < 0 else StockMovement.Kind.RECEIVED
            other = StockMovement.Kind.RECEIVED if row.quantity < 0 else StockMovement.Kind.COUNTED
            reason = _("导入 %(number)s") % {"number": f"{document.number} {row.name}".strip()}
            for what, pieces in ((kind, row.quantity), (other, -row.quantity)):
                StockMovement.objects.create(
                    variant=variants[row.sku], kind=what, on_hand_delta=pieces, reason=reason[:200],
                    actor_name=self.actor.name,
                )  # fmt: skip

    def _refuse(self, rows: list[Row], reason: str) -> None:
        for row in rows:
            self.rejects.add(row.line, self._cells.get(row.line, []), reason)
