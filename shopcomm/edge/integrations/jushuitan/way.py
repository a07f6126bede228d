"""聚水潭 is asked which orders have changed."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.jushuitan.codes import KIND
from shopcomm.edge.integrations.jushuitan.models import JushuitanAccount
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.ways import Way


def _shown(_request: HttpRequest, connection: Connection) -> dict[str, Any]:
    return {"account": JushuitanAccount.objects.get(connection=connection)}


JUSHUITAN = Way(
    kind=KIND,
    label=_("聚水潭"),
    when=_("定时读取聚水潭里有变化的订单。按公开文档实现，未在真实服务上验证。"),
    add_url="jushuitan:add",
    template="integrations/jushuitan/_account.html",
    context=_shown,
    # The platform has its own forms for this; nobody there reads a command.
    takes_commands=False,
)
