"""ShopComm calls the other system again and again, and takes what has changed."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.models import PolledSource
from shopcomm.edge.integrations.polling.source_settings import KIND, SourceSettings
from shopcomm.edge.integrations.ways import Way


def _shown(_request: HttpRequest, connection: Connection) -> dict[str, Any]:
    return {
        "settings": SourceSettings.of(connection.configuration),
        "polled": PolledSource.objects.filter(connection=connection).first(),
    }


POLLING = Way(
    kind=KIND,
    label=_("定时读取（轮询）"),
    when=_("对方系统有订单接口，但不会主动通知。每分钟左右读一次有变化的订单。"),
    add_url="polling:add",
    template="integrations/polling/_source.html",
    context=_shown,
)
