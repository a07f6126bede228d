"""The import itself: reads the file twice, groups rows into invoices, writes each completely, and counts."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import ImportRefused
from orders.models import ImportedDocument, UnfinishedDocument
from orders.services.file_lists.layout import Layout
from orders.services.imports.ahead import ReadAhead
from orders.services.imports.amounts import check_amount
from orders.services.imports.columns import Header, find_header
from orders.services.imports.completing import is_partly_imported
from orders.services.imports.documents import LARGEST_DOCUMENT, Document, Fault, gather_documents
from orders.services.imports.filling import FilledRow, filled_rows
from orders.services.imports.laid_out import header_of
from orders.services.imports.outcomes import one_outcome
from orders.services.imports.reading import Cells, Table, open_table
from orders.services.imports.rejects import Rejects
from orders.services.imports.remembered import complete_document, forget_old, is_repeat, remember_rows
from orders.services.imports.report import Report
from orders.services.imports.rows import Kind, NoGoods, Row, invoice_of, parse_row
from orders.services.imports.sales import Sale
from orders.services.imports.trial import Trial
from orders.services.imports.values import RowRefused, is_day_first
from orders.services.imports.writing import Writer, Written
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.database.plan_ages import FORGET_PLANS, PlanAges
from shopcomm.core.realtime import without_pushes

# Invoices that are written together, and about how many rows they may have.
BATCH, BATCH_ROWS = 200, 5_000
# Of one file. Where each order ends is remembered, so its memory grows with its orders.
MOST_ROWS = 3_000_000
# New objects between two looks of the collector.
COLLECT_AFTER = 50_000
Progress = Callable[[float, int], None]


def import_orders(
    path: Path,
    *,
    actor: Actor,
    sheet: str = "",
    layout: Layout | None = None,
    dry: bool = False,
    written: Written = lambda orders: None,
    progress: Progress = lambda done, rows: None,
) -> Report:
    """Take in a file of past orders; `sheet` names the worksheet, without it the first that holds orders.

    `layout`: what somebody says stands where; it counts before what the heads say. `dry`: count what would come in and write
    nothing but the list of refused rows. `written` hears of orders in the transaction that writes them. `progress` hears
    the share read, 0 to 1, and the rows so far. Raises ImportRefused for a file that is no list of orders, OSError for one
    that cannot be read.
    """
    table = open_table(path)
    try:
        header, others = (header_of(table, layout), []) if layout else find_header(table, sheet)
        run = Import(path, table, header, actor, dry=dry, written=written)
        run.report.unused, run.report.other_sheets = header.columns.unused, tuple(others)
        run.report.sheet, run.report.stray_bytes = header.name, table.stray
        with without_pushes(), _without_waiting(), _with_rare_collections():
            run.take(progress)
        return run.report
    finally:
        table.close()


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


@contextmanager
def _with_rare_collections() -> Iterator[None]:
    """Rows hold no rings: the collector looks rarely, at what the import makes and not at all that was loaded before."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


class Import:
    """One run over one file."""

    def __init__(
        self, path: Path, table: Table, header: Header, actor: Actor, *, dry: bool, written: Written
    ) -> None:
        self.table, self.header, self.columns = table, header, header.columns
        self.report, self._dry = Report(), dry
        self.writer = (Trial if dry else Writer)(actor, self.report, self._refuse, written)
        own = self.columns.is_own
        cells = header.cells[2:] if own else header.cells
        self.rejects = Rejects(path, Path(settings.DATA_DIR), cells, self.report, skip=2 if own else 0)
        # The cells and fields of rows whose invoice is not written yet, to give them back if it is refused.
        self._cells: dict[int, Cells] = {}
        self._fields: dict[int, dict[str, Any]] = {}
        self._day_first, self._zone = False, timezone.get_current_timezone_name()

    def take(self, progress: Progress) -> None:
        """Write every invoice of the file that is whole."""
        last, parts, plans = self._last_lines(), ReadAhead(self._parsed(progress)), PlanAges()
        self.writer.meanwhile = parts.read_on
        for batch in _batches(gather_documents(parts, last)):
            self._take_batch(batch)
            if plans.are_old(len(batch)):
                _forget_plans()
            for document in batch:
                for line in document.lines:
                    self._cells.pop(line, None)
                    self._fields.pop(line, None)
        if not self._dry:
            forget_old()
        people, goods = self.writer.directory, self.writer.catalogue
        goods.settle_names()
        self.rejects.close()
        self.report.customers, self.report.products = people.made, goods.made
        self.report.several_names = goods.several_names
        progress(1.0, self.report.rows)

    def _rows(self, header: Header) -> Iterator[FilledRow]:
        return filled_rows(self.table.rows(header.place), header)

    def _last_lines(self) -> dict[str, int]:
        """Where the last row of each invoice stands: only then is it whole. Looks how dates are written, too.

        Raises ImportRefused before anything is written.
        """
        last: dict[str, int] = {}
        for count, row in enumerate(self._rows(self.header.for_orders_ends), start=1):
            if count > MOST_ROWS:
                raise ImportRefused(
                    _("一个文件最多 %(most)s 行：请分成几个文件再导入") % {"most": f"{MOST_ROWS:,}"}
                )
            self._day_first |= is_day_first(row.fields.get("placed_at"))
            try:
                last[invoice_of(row.fields)] = row.line
            except RowRefused:
                continue
        return last

    def _parsed(self, progress: Progress) -> Iterator[Row | Fault]:
        for filled in self._rows(self.header):
            self.report.rows += 1
            if self.report.rows % 500 == 0:
                progress(self.table.done, self.report.rows)
            try:
                invoice = invoice_of(filled.fields)
            except RowRefused as refusal:
                self.rejects.add(filled.line, filled.cells, str(refusal))
                continue
            self._cells[filled.line], self._fields[filled.line] = filled.cells, filled.fields
            yield self._row(filled, invoice)

    def _row(self, filled: FilledRow, invoice: str) -> Row | Fault:
        try:
            row = parse_row(
                filled.line,
                filled.fields,
                dialect=self.columns.dialect,
                comma=self.table.comma,
                day_first=self._day_first,
                zone=self._zone,
            )
        except NoGoods as refusal:
            self.rejects.add(filled.line, filled.cells, str(refusal))
            return Fault(filled.line, invoice, str(refusal), left_out=True)
        except RowRefused as refusal:
            return Fault(filled.line, invoice, str(refusal))
        self.report.count(row, filled.fields)
        return row

    def _take_batch(self, batch: list[Document]) -> None:
        numbers = [document.number for document in batch]
        seen = {each.number: each for each in ImportedDocument.objects.filter(number__in=numbers)}
        waiting = {each.number: each for each in UnfinishedDocument.objects.filter(number__in=numbers)}
        sales = []
        for document in batch:
            said = [tuple(map(str, self._cells[row.line])) for row in document.rows]
            self.report.doubled_rows += len(said) - len(set(said))
            try:
                if sale := self._settled(document, seen.get(document.number), waiting.get(document.number)):
                    sales.append(sale)
            except RowRefused as refusal:
                self._refuse(document.rows, str(refusal))
        self.writer.write(sales, waiting)

    def _settled(
        self, document: Document, seen: ImportedDocument | None, waiting: UnfinishedDocument | None
    ) -> Sale | None:
        """An invoice that can be written; None when there is nothing to write. Raises RowRefused for a whole invoice."""
        if document.faults:
            self._refuse_unread(document, known=seen is not None)
            return None
        if not document.rows:
            return None
        if waiting is not None and seen is None:
            document = complete_document(document, waiting, self.table.comma)
        if len(document.rows) > LARGEST_DOCUMENT:
            raise RowRefused(_("一张单超过 %(most)s 行") % {"most": LARGEST_DOCUMENT})
        if len({row.currency for row in document.rows}) > 1:
            raise RowRefused(_("同一订单写了两种币种"))
        check_amount(document)
        said = [row.outcome for row in document.rows]
        outcome = one_outcome(said, has_column="status" in self.columns.places)
        if seen is not None and is_partly_imported(document, seen):
            self.writer.complete(Sale.of(document, outcome), seen.pk)
            return None
        if seen is not None:
            self._repeat(document, seen, whole=is_repeat(document, seen, outcome))
            return None
        if not document.of(Kind.SALE, Kind.RETURN, Kind.STOCK):
            raise RowRefused(_("只有运费或折扣，没有商品"))
        return Sale.of(document, outcome)

    def _refuse_unread(self, document: Document, *, known: bool) -> None:
        """Nothing of an invoice is taken unless all of it is; its readable rows are remembered."""
        lines = "、".join(str(fault.line) for fault in document.faults[:5])
        whole = _("同一订单的第 %(lines)s 行读不懂，整单未导入") % {"lines": lines}
        reasons = {row.line: whole for row in document.rows}
        reasons |= {fault.line: fault.reason for fault in document.faults}
        # In the file's order, so that the list can be taken in again when it is mended.
        for line in sorted(reasons):
            self.rejects.add(line, self._cells[line], reasons[line])
        self.report.unfinished.append(document.number)
        if document.rows and not known and not self._dry:
            remember_rows(document, self._fields, self.columns.dialect)

    def _repeat(self, document: Document, seen: ImportedDocument, *, whole: bool) -> None:
        self.report.repeated += 1
        if seen.unmatched and whole:
            self.writer.try_again(document, seen)

    def _refuse(self, rows: list[Row], reason: str) -> None:
        for row in rows:
            self.rejects.add(row.line, self._cells.get(row.line, []), reason)


def _forget_plans() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FORGET_PLANS)


def _batches(waiting: Iterator[Document]) -> Iterator[list[Document]]:
    """Invoices by the hundred, fewer where they are long."""
    batch: list[Document] = []
    rows = 0
    for document in waiting:
        batch.append(document)
        rows += len(document.rows)
        if len(batch) >= BATCH or rows >= BATCH_ROWS:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch
