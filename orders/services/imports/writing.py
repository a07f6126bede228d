"""Writing invoices: many together while they only add rows; one at a time where they change existing rows."""

from collections.abc import Callable, Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from orders import hooks
from orders.hooks import PastOrder
from orders.models import ImportedDocument, Order, Shipment, StockMovement, UnfinishedDocument
from orders.services.imports.bundle import Bundle, Keys
from orders.services.imports.catalogue import Catalogue
from orders.services.imports.completing import complete_order
from orders.services.imports.documents import Document
from orders.services.imports.history import Waybill
from orders.services.imports.people import Directory, KnownCustomer
from orders.services.imports.report import Report
from orders.services.imports.returns import write_return
from orders.services.imports.rows import Kind, Row
from orders.services.imports.sales import Sale, can_be_number, write_sale
from orders.services.imports.turns import take_turn
from orders.services.imports.values import RowRefused
from orders.services.numbers import next_numbers
from orders.services.shortages import allocate_stock_to_shortage
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import DatabaseBusy, retry_on_deadlock

Refuse = Callable[[list[Row], str], None]
# Documents of the file, each with the order that it became, in the transaction that writes them.
Written = Callable[[list[tuple[Document, PastOrder]]], None]


class Writer:
    """Writes what a run takes in, and counts it. `refuse` hears of rows that found no place, and why."""

    def __init__(self, actor: Actor, report: Report, refuse: Refuse, written: Written) -> None:
        self.actor, self.report, self.refuse, self._written = actor, report, refuse, written
        self.directory, self.catalogue, self.keys = Directory(), Catalogue(), Keys()
        # What there is to do while the database stores a batch.
        self.meanwhile: Callable[[], object] = lambda: None
        # The numbers that the orders of the present batch get, and those of them that waited for missing rows.
        self._numbers: dict[str, str] = {}
        self._waited: set[str] = set()

    def write(self, sales: list[Sale], waited: Iterable[str]) -> None:
        """Write a batch of invoices, each whole or not at all. `waited`: those of which rows were missing before."""
        # Outside the invoices' transactions: who and what is new stays remembered even if an invoice is refused.
        self.directory.prepare(sale.document.rows[0] for sale in sales)
        self.catalogue.prepare(sale.document.of(Kind.SALE, Kind.STOCK) for sale in sales)
        self._give_numbers(sales)
        self._waited = set(waited)
        sales = self._with_own_waybills(sales)
        self._write_together([sale for sale in sales if _only_adds(sale)])
        for sale in sales:
            if not _only_adds(sale):
                self._write_alone(sale)

    def complete(self, sale: Sale, seen_id: int) -> None:
        """Make an order whole that an older version took in part. Raises RowRefused when it cannot be."""
        self.catalogue.prepare([sale.goods])
        try:
            complete_order(sale, seen_id, self.catalogue.known, self.keys, self.actor)
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
        self, document: Document, seen_id: int, customer: KnownCustomer
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
        """One transaction for all; of those that do not fit together half at a time, until one that fits nowhere is alone."""
        if len(sales) < 2:
            for sale in sales:
                self._write_alone(sale)
            return
        try:
            self._add_all(sales)
        except (IntegrityError, DatabaseBusy):
            middle = len(sales) // 2
            self._write_together(sales[:middle])
            self._write_together(sales[middle:])
        else:
            for sale in sales:
                self._count(sale)

    @retry_on_deadlock
    @transaction.atomic
    def _add_all(self, sales: Sequence[Sale]) -> None:
        take_turn()
        bundle = Bundle(self.keys)
        made = [(sale.document, order) for sale in sales if (order := self._add(sale, bundle))]
        _join_hooks([order for _document, order in made], bundle)
        bundle.write(self.meanwhile)
        self._written(made)
        self._forget_waiting(sales)

    def _write_alone(self, sale: Sale) -> None:
        document = sale.document
        try:
            unmatched = self._add_one(sale)
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
    def _add_one(self, sale: Sale) -> list[Row]:
        """All of an invoice. Returns the rows without a sale. Counts nothing: it may have to begin again."""
        take_turn()
        document = sale.document
        # What is there is locked and changed before anything is added.
        unmatched = self._take_back(document) if document.of(Kind.RETURN) else []
        bundle = Bundle(self.keys)
        order = self._add(sale, bundle, unmatched=[document.rows.index(row) for row in unmatched])
        _join_hooks([order] if order else [], bundle)
        bundle.write()
        if order and sale.waits_for_goods:
            # Still to be sent: it holds what there is, and is short of the rest.
            allocate_stock_to_shortage(order_id=order.key, actor=self.actor, review=True)
        self._written([(document, order)] if order else [])
        self._forget_waiting([sale])
        return unmatched

    def _take_back(self, document: Document) -> list[Row]:
        return write_return(document, self.directory.customer_of(document.rows[0]), self.actor)

    def _add(self, sale: Sale, bundle: Bundle, unmatched: Sequence[int] = ()) -> PastOrder | None:
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
        variants = self.catalogue.known
        for row in document.of(Kind.STOCK):
            self._move(document, row, variants[row.sku].pk, bundle)
        if not sale.goods:
            return None
        customer, number = self.directory.customer_of(document.rows[0]), self._numbers[document.number]
        return write_sale(sale, customer, variants, self.actor, bundle, number=number)

    def _move(self, document: Document, row: Row, variant: int, bundle: Bundle) -> None:
        """Stock found or lost: written down in pairs that leave today's count as it is."""
        kind = StockMovement.Kind.WRITTEN_OFF if row.quantity < 0 else StockMovement.Kind.RECEIVED
        other = StockMovement.Kind.RECEIVED if row.quantity < 0 else StockMovement.Kind.COUNTED
        reason = _("导入 %(number)s") % {"number": f"{document.number} {row.name}".strip()}
        for what, pieces in ((kind, row.quantity), (other, -row.quantity)):
            bundle.add(
                StockMovement,
                variant_id=variant,
                kind=what.value,
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
        own = {document.number for document in sold if can_be_number(document.number)}
        own -= set(Order.objects.filter(number__in=own).values_list("number", flat=True))
        others = [document for document in sold if document.number not in own]
        numbers = next_numbers([document.placed_at for document in others])
        given = {document.number: number for document, number in zip(others, numbers, strict=True)}
        self._numbers = {number: number for number in own} | given

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

    def _forget_waiting(self, sales: Iterable[Sale]) -> None:
        """What waited for these is in."""
        if done := [sale.document.number for sale in sales if sale.document.number in self._waited]:
            UnfinishedDocument.objects.filter(number__in=done).delete()


def _join_hooks(past: list[PastOrder], bundle: Bundle) -> None:
    """What higher floors keep of these orders is written with them."""
    for hook in hooks.order_history_hooks if past else ():
        hook(past, bundle.add)


def _only_adds(sale: Sale) -> bool:
    """Whether an invoice changes nothing that is there: no return, and no stock of today that it holds."""
    return not sale.document.of(Kind.RETURN) and not sale.waits_for_goods
