"""Retention of what a shop at WeChat was told; what is looked at there again and again stays."""

from datetime import datetime

from django.db.models import QuerySet

from shopcomm.core.purging import Purge, register_purge
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall


def _told_before(moment: datetime) -> QuerySet[WeixinCall]:
    """What is over. What was not taken stays for a person."""
    return WeixinCall.objects.filter(
        finished_at__lt=moment, state__in=[WeixinCall.State.DONE, WeixinCall.State.VOID]
    )


def register_weixin_purges() -> None:
    """Runs when the app is ready."""
    register_purge(Purge("PURGE_INBOUND_DAYS", _told_before))
