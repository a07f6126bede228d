"""Writing invoices: many together while they only add rows; one at a time where they change existing rows."""

from collections.abc import Callable, Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from orders.models import ImportedDocument, Order, Shipment, StockMovement, UnfinishedDocument, Variant
from orders.services.imports.bundle import Bundle, Keys
from orders.services.imports.catalogue import Catalogue
from orders.services.imports.completing import complete_order
from orders.services.imports.documents import Document
from orders.services.imports.history import Waybill
from orders.services.imports.people import Directory
from orders.services.imports.report import Report
from orders.services.imports.returns import write_return
from orders.services.imports.rows import Kind, Row
from orders.services.imports.sales import Sale, number_of, write_sale
from orders.services.imports.values import RowRefused
from orders.services.shortages import allocate_stock_to_shortage
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.deadlocks import DatabaseBusy, retry_on_deadlock

Refuse = Callable[[list[Row], str], None]


class Writer:
    """Writes what a run takes in, and counts it. `refuse` hears of rows that found no place, and why."""

    def __init__(self, actor: Actor, report: Report, refuse: Refuse) -> None:
        self.actor, self.report, self.refuse = actor, report, refuse
        self.directory, self.catalogue, self.keys = Directory(), Catalogue(), Keys()
        # The numbers that the orders of the present batch get, and those of them that waited for missing rows.
        self._numbers: dict[str, str] = {}
        self._waited: set[str] = set()

    def write(self, sales: list[Sale], waited: Iterable[str]) -> None:
        """Write a batch of invoices, each whole or not at all. `waited`: those of which rows were missing before."""
        self.directory.prepare(sale.document.rows[0] for sale in sales)
        self._give_numbers(sales)
        self._waited = set(waited)
        sales = self._with_own_waybills(sales)
        together = [sale for sale in sales if _only_adds(sale)]
        self._write_together(together)
        for sale in sales:
            if not _only_adds(sale):
                self._write_alone(sale)

    def complete(self, sale: Sale, seen_id: int) -> None:
        """Make an order whole that an older version took in part. Raises RowRefused when it cannot be."""
        variants = self.catalogue.variants_of(sale.goods)
        try:
            complete_order(sale, seen_id, variants, self.keys, self.actor)
        except IntegrityError as error:
            raise RowRefused(_("同一单据正被另一个导入处理")) from error
        except DatabaseBusy as busy:
            raise RowRefused(busy.detail) from busy
        self.report.completed.append(sale.document.number)

    def try_again(self, document: Document, seen: ImportedDocument) -> None:
        """The rows that found no sale last time: it may have come since; if not, they are told once more."""
        # Outside the transaction: the directory remembers them even if it is taken back.
        customer = self.directory.customer_of(document.rows[0])
        try:
            missing, unmatched = self._take_back_missing(document, seen.pk, customer)
        except DatabaseBusy as busy:
            self.refuse([document.rows[place] for place in seen.unmatched], busy.detail)
        else:
            self._count_return(missing, unmatched)
            self.refuse(unmatched, _("退货找不到对应的销售"))

    @retry_on_deadlock
    @transaction.atomic
    def _take_back_missing(
        self, document: Document, seen_id: int, customer: Customer
    ) -> tuple[Document, list[Row]]:
        """What found no sale last time, and what of it finds none now. Counts nothing: it may have to begin again."""
        seen = ImportedDocument.objects.select_for_update().get(pk=seen_id)
        missing = Document(document.number, [document.rows[place] for place in seen.unmatched])
        unmatched = write_return(missing, customer, self.actor)
        seen.unmatched = [document.rows.index(row) for row in unmatched]
        seen.save(update_fields=["unmatched"])
        return missing, unmatched

    def _count_return(self, document: Document, unmatched: list[Row]) -> None:
        taken = [row for row in document.of(Kind.RETURN) if row not in unmatched]
        self.report.returns += bool(taken)
        self.report.return_lines += len(taken)
        for row in taken:
            self.report.returned[row.currency] += row.amount

    def _write_together(self, sales: list[Sale]) -> None:
        """One transaction for all; when one of them does not fit, each has its own, so that only that one is refused."""
        parts = [(sale, *self._needed(sale)) for sale in sales]
        try:
            self._add_all(parts)
        except (IntegrityError, DatabaseBusy):
            for sale in sales:
                self._write_alone(sale)
        else:
            for sale in sales:
                self._count(sale)

    @retry_on_deadlock
    @transaction.atomic
    def _add_all(self, parts: Sequence[tuple[Sale, Customer, dict[str, Variant]]]) -> None:
        bundle = Bundle(self.keys)
        for sale, customer, variants in parts:
            self._add(sale, customer, variants, bundle)
        bundle.write()
        self._forget_waiting([sale for sale, _customer, _variants in parts])

    def _write_alone(self, sale: Sale) -> None:
        document = sale.document
        # Outside the invoice's transaction: they stay remembered even if it is refused.
        customer, variants = self._needed(sale)
        try:
            unmatched = self._add_one(sale, customer, variants)
        except IntegrityError:
            self.refuse(document.rows, _("同一单据正被另一个导入处理"))
        except DatabaseBusy as busy:
            self.refuse(document.rows, busy.detail)
        else:
            self._count(sale)
            self._count_return(document, unmatched)
            self.refuse(unmatched, _("退货找不到对应的销售"))

    @retry_on_deadlock
    @transaction.atomic
    def _add_one(self, sale: Sale, customer: Customer, variants: dict[str, Variant]) -> list[Row]:
        """All of an invoice. Returns the rows without a sale. Counts nothing: it may have to begin again."""
        document = sale.document
        # What is there is locked and changed before anything is added.
        unmatched = write_return(document, customer, self.actor) if document.of(Kind.RETURN) else []
        bundle = Bundle(self.keys)
        places = [document.rows.index(row) for row in unmatched]
        order = self._add(sale, customer, variants, bundle, unmatched=places)
        bundle.write()
        if order is not None and sale.waits_for_goods:
            # Still to be sent: it holds what there is, and is short of the rest.
            allocate_stock_to_shortage(order_id=order.pk, actor=self.actor, review=True)
        self._forget_waiting([sale])
        return unmatched

    def _needed(self, sale: Sale) -> tuple[Customer, dict[str, Variant]]:
        """Who bought, and what: found or made."""
        document = sale.document
        customer = self.directory.customer_of(document.rows[0])
        return customer, self.catalogue.variants_of(document.of(Kind.SALE, Kind.STOCK))

    def _add(
        self,
        sale: Sale,
        customer: Customer,
        variants: dict[str, Variant],
        bundle: Bundle,
        unmatched: Sequence[int] = (),
    ) -> Order | None:
        """What an invoice adds, and that it is in. Returns its order, if it is one."""
        document = sale.document
        bundle.add(
            ImportedDocument,
            number=document.number,
            lines=len(document.rows),
            amount=document.amount,
            marks=[row.mark for row in document.rows],
            outcome=sale.outcome.value,
            unmatched=list(unmatched),
        )
        for row in document.of(Kind.STOCK):
            self._move(document, row, variants[row.sku], bundle)
        if not sale.goods:
            return None
        return write_sale(sale, customer, variants, self.actor, bundle, number=self._numbers[document.number])

    def _move(self, document: Document, row: Row, variant: Variant, bundle: Bundle) -> None:
        """Stock found or lost: written down in pairs that leave today's count as it is."""
        kind = StockMovement.Kind.WRITTEN_OFF if row.quantity < 0 else StockMovement.Kind.RECEIVED
        other = StockMovement.Kind.RECEIVED if row.quantity < 0 else StockMovement.Kind.COUNTED
        reason = _("导入 %(number)s") % {"number": f"{document.number} {row.name}".strip()}
        for what, pieces in ((kind, row.quantity), (other, -row.quantity)):
            bundle.add(
                StockMovement,
                variant_id=variant.pk,
                kind=what,
                on_hand_delta=pieces,
                reason=reason[:200],
                actor_name=self.actor.name,
            )

    def _count(self, sale: Sale) -> None:
        if sale.goods:
            self.report.count_sale(sale.outcome, sale.amounts, len(sale.goods), sale.goods[0].currency)
        self.report.stock_rows += len(sale.document.of(Kind.STOCK))

    def _give_numbers(self, sales: list[Sale]) -> None:
        """Each order its number, once, whatever becomes of the transaction it is written in."""
        sold = [sale.document for sale in sales if sale.goods]
        wanted = [document.number for document in sold]
        taken = set(Order.objects.filter(number__in=wanted).values_list("number", flat=True))
        self._numbers = {}
        for document in sold:
            self._numbers[document.number] = number_of(document, taken)
            taken.add(self._numbers[document.number])

    def _with_own_waybills(self, sales: list[Sale]) -> list[Sale]:
        """A parcel belongs to one order: a later one that went with it has its own number in the waybill's place."""
        said = {parcel.waybill for sale in sales for parcel in sale.parcels if parcel.is_known}
        if not said:
            return sales
        found = Shipment.objects.filter(
            carrier__in={each.carrier for each in said}, tracking_number__in={each.number for each in said}
        )
        taken = {Waybill(*each) for each in found.values_list("carrier", "tracking_number")}
        kept = []
        for sale in sales:
            foreign = {parcel.waybill for parcel in sale.parcels if parcel.is_known} & taken
            self.report.foreign_waybills += bool(foreign)
            kept.append(sale.without_waybills(foreign) if foreign else sale)
            taken.update(parcel.waybill for parcel in sale.parcels)
        return kept

    def _forget_waiting(self, sales: list[Sale]) -> None:
        """What waited for these is in."""
        if done := [sale.document.number for sale in sales if sale.document.number in self._waited]:
            UnfinishedDocument.objects.filter(number__in=done).delete()


def _only_adds(sale: Sale) -> bool:
    """Whether an invoice changes nothing that is there: no return, and no stock of today that it holds."""
    return not sale.document.of(Kind.RETURN) and not sale.waits_for_goods
