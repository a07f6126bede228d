"""The other system calls ShopComm, for each change of an order."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.ways import Way
from shopcomm.edge.integrations.webhooks_in.sources import KIND


def _shown(request: HttpRequest, _connection: Connection) -> dict[str, Any]:
    return {"address": request.build_absolute_uri("/api/v1/inbound/orders/")}


WEBHOOK = Way(
    kind=KIND,
    label=_("推送（webhook）"),
    when=_("对方系统能在订单变化时调用一个地址。最快，推荐。"),
    add_url="webhooks_in:add",
    template="integrations/webhooks_in/_source.html",
    context=_shown,
)
