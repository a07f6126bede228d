"""微信小店 pushes what has changed, and is asked for the order."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.ways import Way
from shopcomm.edge.integrations.weixin_shop.codes import KIND
from shopcomm.edge.integrations.weixin_shop.selectors import weixin_overview


def _shown(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    callback = reverse("weixin-push", args=[connection.pk])
    return {"callback": request.build_absolute_uri(callback), "overview": weixin_overview(connection)}


WEIXIN_SHOP = Way(
    kind=KIND,
    label=_("微信小店"),
    when=_("订单、改地址和售后从微信小店进来，运单号、地址和售后的答复送回去。"),
    add_url="weixin_shop:add",
    template="integrations/weixin_shop/_shop.html",
    context=_shown,
    # The platform has its own forms for this; nobody there reads a command.
    takes_commands=False,
)
