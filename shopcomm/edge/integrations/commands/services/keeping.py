"""Setting whether another system keeps its orders."""

from django.db import transaction
from django.utils.translation import gettext as _

from shopcomm.edge.integrations.commands.selectors import COMMANDS, endpoints_for_commands
from shopcomm.edge.integrations.keeping import Keeping, set_keeping
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import ConnectionRefused
from shopcomm.edge.integrations.ways import way_of


@transaction.atomic
def change_keeping(*, connection_id: int, wanted: Keeping) -> Connection:
    """Save who decides what is changed of a connection's orders, from the next request on.

    Raises ConnectionRefused for an endpoint that is not told of requests, and for a way that takes no commands.
    """
    connection = Connection.objects.select_for_update().get(pk=connection_id)
    way = way_of(connection)
    if way is None or not way.takes_commands:
        raise ConnectionRefused(_("这种对接不能把修改交给对方决定"))
    chosen = wanted.endpoint is not None and not endpoints_for_commands(pk=wanted.endpoint)
    if chosen:
        raise ConnectionRefused(_("这个推送地址没有订阅 %(type)s") % {"type": COMMANDS})
    set_keeping(connection, wanted)
    return connection
