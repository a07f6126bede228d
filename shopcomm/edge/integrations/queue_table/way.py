"""The other system shares two tables with ShopComm: it puts into one and takes from the other."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.queue_table.selectors import parked_count, queue_of
from shopcomm.edge.integrations.queue_table.services.outbox import event_types_of
from shopcomm.edge.integrations.queue_table.services.roles import KIND, role_url
from shopcomm.edge.integrations.ways import Way
from shopcomm.edge.integrations.webhooks_out.forms import CHOICES


def _shown(_request: HttpRequest, connection: Connection) -> dict[str, Any]:
    queue, chosen = queue_of(connection), event_types_of(connection)
    return {
        "queue": queue,
        "address": role_url(queue.role) if queue.role else "",
        "event_types": [(name, label, name in chosen) for name, label in CHOICES],
    }


QUEUE = Way(
    kind=KIND,
    label=_("共享队列表"),
    when=_("对方系统能连 PostgreSQL，不方便开网络接口。断开多久都不会丢，回来接着取。"),
    add_url="queue_table:add",
    template="integrations/queue_table/_queue.html",
    context=_shown,
    parked=parked_count,
)
