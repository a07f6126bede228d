"""What a manager sees of a shop at 微信小店."""

from dataclasses import dataclass

from django.db.models import F

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument, WeixinShop

SHOWN = 50


@dataclass(frozen=True)
class WeixinOverview:
    """How a shop does: when it was heard of, what waits, and what went wrong last."""

    shop: WeixinShop
    to_fetch: int
    to_tell: int
    failed_calls: list[WeixinCall]
    failed_documents: list[WeixinDocument]


def weixin_overview(connection: Connection) -> WeixinOverview:
    """The state of a shop."""
    documents = WeixinDocument.objects.filter(connection=connection)
    calls = WeixinCall.objects.filter(connection=connection)
    failed = calls.filter(state=WeixinCall.State.FAILED).select_related("order").order_by("-pk")
    return WeixinOverview(
        WeixinShop.objects.get(connection=connection),
        documents.filter(wanted__gt=F("fetched")).count(),
        calls.filter(state=WeixinCall.State.PENDING).count(),
        list(failed[:SHOWN]),
        list(documents.exclude(error="").order_by("-pk")[:SHOWN]),
    )
