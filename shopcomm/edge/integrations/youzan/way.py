"""有赞 pushes each change of an order."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.ways import Way
from shopcomm.edge.integrations.youzan.codes import KIND


def _shown(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    return {"callback": request.build_absolute_uri(reverse("youzan-push", args=[connection.pk]))}


YOUZAN = Way(
    kind=KIND,
    label=_("有赞"),
    when=_("订单由有赞的消息推送进来。按公开文档实现，未在真实服务上验证。"),
    add_url="youzan:add",
    template="integrations/youzan/_shop.html",
    context=_shown,
    # The platform has its own forms for this; nobody there reads a command.
    takes_commands=False,
)
