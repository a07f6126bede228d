"""A shop is a reader of the log: what its orders' events ask to be told there becomes a row, with the reader's step."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from orders.events import (
    AfterSalesMoved,
    ChangeRejected,
    OrderCancelled,
    OrderChanged,
    OrderRefunding,
    OrderShipped,
    ShipmentUpdated,
)
from shopcomm.core.events.handlers import Handler
from shopcomm.core.events.models import Reader
from shopcomm.core.events.readers import reader_kind
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.codes import KIND
from shopcomm.edge.integrations.weixin_shop.services.queueing import queue_weixin_calls

TYPES = frozenset(
    fact.type
    for fact in (
        OrderShipped,
        ShipmentUpdated,
        OrderChanged,
        OrderCancelled,
        OrderRefunding,
        ChangeRejected,
        AfterSalesMoved,
    )
)


@reader_kind(KIND, _("微信小店"))
def weixin_reader(reader: Reader) -> Handler | None:
    """What a shop wants of the log; nothing for one that is no more."""
    connection = Connection.objects.filter(pk=reader.configuration.get("connection", 0), kind=KIND).first()
    if connection is None:
        return None
    return Handler(reader.name, TYPES, partial(queue_weixin_calls, connection.pk))
