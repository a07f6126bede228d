"""An endpoint is a reader of the log: for each event that it wants one delivery is written, with the reader's step."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.handlers import Handler
from shopcomm.core.events.models import Reader
from shopcomm.core.events.readers import reader_kind
from shopcomm.edge.integrations.webhooks_out.event_types import types_meant
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.services.endpoints import READER_KIND
from shopcomm.edge.integrations.webhooks_out.services.queueing import queue_event


@reader_kind(READER_KIND, _("Webhook 推送"))
def webhook_reader(reader: Reader) -> Handler | None:
    """What an endpoint wants of the log; nothing for one that is no more."""
    endpoint = WebhookEndpoint.objects.filter(pk=reader.configuration.get("endpoint", 0)).first()
    if endpoint is None:
        return None
    return Handler(reader.name, types_meant(endpoint.event_types), partial(queue_event, endpoint.pk))
