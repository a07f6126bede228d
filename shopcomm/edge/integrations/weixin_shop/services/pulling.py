"""The safety net: whatever push was lost, an order that was changed is found by when it was changed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from shopcomm.core.reading import whole_number
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.models import WeixinDocument, WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.client import list_weixin_orders
from shopcomm.edge.integrations.weixin_shop.services.documents import want_documents

# No longer span is answered.
WINDOW = timedelta(days=7)
# What was changed while the last list was read, and clocks that differ.
OVERLAP = timedelta(minutes=10)


def is_pull_due(shop: WeixinShop, now: datetime) -> bool:
    """Whether the list was read long enough ago."""
    pause = timedelta(seconds=settings.WEIXIN_PULL_SECONDS)
    return shop.pulled_at is None or now - shop.pulled_at >= pause


def pull_changed_orders(connection: Connection) -> int:
    """Have every order looked at that was changed since the last time, however long ago. Returns how many.

    A window counts as read when all of its pages are stored; what breaks off begins with the same window again.
    Raises WeixinAway, WeixinRefused.
    """
    now = timezone.now()
    reached, count = _reached(connection), 0
    while reached < now:
        start, end = reached - OVERLAP, min(reached - OVERLAP + WINDOW, now)
        count += _pull_window(connection, int(start.timestamp()), int(end.timestamp()))
        reached = end
        connection.cursor = str(int(end.timestamp()))
        connection.save(update_fields=["cursor"])
    WeixinShop.objects.filter(connection=connection).update(pulled_at=now)
    return count


def _pull_window(connection: Connection, start: int, end: int) -> int:
    next_key, more, count = "", True, 0
    while more:
        ids, following, more = list_weixin_orders(connection, start, end, next_key)
        want_documents(connection, WeixinDocument.Kind.ORDER, ids)
        count += len(ids)
        # A list that says there is more and not where would be read for ever.
        more, next_key = more and bool(following) and following != next_key, following
    return count


def _reached(connection: Connection) -> datetime:
    """Up to when all is known; at first since the shop was joined."""
    seconds = whole_number(connection.cursor)
    if seconds is None:
        return connection.created_at
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())
