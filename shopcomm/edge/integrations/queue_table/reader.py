"""A connection's outbox is filled by a reader of the log: a row for each event, with the reader's step."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.handlers import Handler
from shopcomm.core.events.models import Reader
from shopcomm.core.events.readers import reader_kind
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.services.outbox import event_types_of, put_event
from shopcomm.edge.integrations.queue_table.services.roles import KIND
from shopcomm.edge.integrations.webhooks_out.event_types import types_meant


@reader_kind(KIND, _("共享队列表"))
def queue_reader(reader: Reader) -> Handler | None:
    """What a connection's other system wants of the log; nothing for a connection that is no more."""
    connection = Connection.objects.filter(pk=reader.configuration.get("connection", 0), kind=KIND).first()
    if connection is None:
        return None
    return Handler(reader.name, types_meant(event_types_of(connection)), partial(put_event, connection))
