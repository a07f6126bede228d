"""Taking an order of an import back, as long as nothing has happened to it since.

Its rows go, and its document is as if it had never come in; the log keeps what it was told, as it keeps everything.
"""

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from orders import hooks
from orders.models import (
    DebtReduction,
    ImportedDocument,
    Order,
    OrderLine,
    Payment,
    Refund,
    Shipment,
    ShipmentLine,
    StockMovement,
)
from orders.services.imports.values import RowRefused
from orders.services.locks import lock_conversations, lock_lines_of, lock_order
from orders.services.stock import release_pieces
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.kinds import HISTORY
from shopcomm.core.events.selectors import events_of_order

# What belongs to an order, in the order in which it can go.
ROWS = (Payment, Refund, DebtReduction)


def undo_imported_order(*, order_id: int, document: str, actor: Actor) -> None:
    """Delete an imported order in the caller's transaction. Raises RowRefused when something has followed."""
    try:
        order = lock_order(order_id)
    except Order.DoesNotExist as error:
        raise RowRefused(_("已经不在了")) from error
    if since := events_of_order(order_id).exclude(data__has_key=HISTORY).first():
        told = {"number": order.number, "what": since.fact.shop_text()}
        raise RowRefused(_("%(number)s 之后：%(what)s") % told)
    lock_lines_of([order_id])
    release_pieces(actor=actor, order=order)
    lock_conversations([order_id])
    for hook in hooks.imported_order_undone_hooks:
        hook(order)
    number = order.number
    try:
        _delete(order)
    except ProtectedError as error:
        raise RowRefused(_("%(sku)s 已在别处用到") % {"sku": number}) from error
    ImportedDocument.objects.filter(number=document).delete()


def _delete(order: Order) -> None:
    ShipmentLine.objects.filter(shipment__order=order).delete()
    Shipment.objects.filter(order=order).delete()
    for model in ROWS:
        model.objects.filter(order=order).delete()
    StockMovement.objects.filter(order=order).delete()
    OrderLine._base_manager.filter(order=order).delete()
    order.delete()
