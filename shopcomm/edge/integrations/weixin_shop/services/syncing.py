"""One process at a time serves a shop: it fetches what is due, follows what came of it, and tells what is to be told."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.reachability import note_failure, note_success
from shopcomm.edge.integrations.weixin_shop.codes import CALLED_TOO_OFTEN, KIND
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument, WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.cases import fetch_case
from shopcomm.edge.integrations.weixin_shop.services.fetching import (
    due_documents,
    fetch_order,
    put_off_document,
)
from shopcomm.edge.integrations.weixin_shop.services.following import follow_document, open_documents
from shopcomm.edge.integrations.weixin_shop.services.pulling import is_pull_due, pull_changed_orders
from shopcomm.edge.integrations.weixin_shop.services.telling import (
    due_weixin_calls,
    put_off_call,
    tell_weixin,
)
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinAway, WeixinRefused

log = logging.getLogger(__name__)
BATCH = 100
Row = TypeVar("Row", WeixinDocument, WeixinCall)
# After a failure that concerns all: so long, doubled with each one, to this.
FIRST_REST, LONGEST_REST = timedelta(seconds=10), timedelta(minutes=30)
# A quota that is used up is not there again in seconds.
QUOTA_REST = timedelta(minutes=5)
FETCH: dict[str, Callable[[WeixinDocument], None]] = {
    WeixinDocument.Kind.ORDER: fetch_order,
    WeixinDocument.Kind.AFTER_SALE: fetch_case,
}


def active_weixin_shops() -> list[int]:
    """The connections to be served now."""
    now = timezone.now()
    shops = Connection.objects.filter(kind=KIND, state=Connection.State.ACTIVE, weixin_shop__isnull=False)
    return list(shops.exclude(weixin_shop__rests_until__gt=now).order_by("pk").values_list("pk", flat=True))


def sync_weixin_shop(connection_id: int) -> bool:
    """Serve one shop until nothing is left to do. False where another process does, or WeChat could not be reached."""
    with held_across_transactions(f"weixin:{connection_id}") as is_mine:
        if not is_mine:
            return False
        connection = Connection.objects.select_related("weixin_shop").get(pk=connection_id)
        try:
            while _serve(connection):
                pass
        except (WeixinAway, WeixinRefused) as error:
            _rest(connection, error)
            return False
        _note_well(connection)
    return True


def _serve(connection: Connection) -> int:
    """One round. Returns how much there was to do."""
    shop = WeixinShop.objects.get(connection=connection)
    if is_pull_due(shop, timezone.now()):
        pull_changed_orders(connection)
    done = 0
    for document in due_documents(connection, BATCH):
        document.connection = connection
        done += _in_peace(FETCH[document.kind], document, put_off_document)
    for document in open_documents(connection):
        done += _in_peace(follow_document, document, put_off_document)
    for call in due_weixin_calls(connection, BATCH):
        done += _in_peace(tell_weixin, call, put_off_call)
    return done


def _in_peace(work: Callable[[Row], object], row: Row, put_off: Callable[[Row, str], None]) -> bool:
    """Work on one row. What breaks at it is its own trouble, and holds up no other. Returns whether anything was done."""
    try:
        return work(row) is not False
    except (WeixinAway, WeixinRefused, OperationalError):
        raise
    except Exception as error:
        log.exception("%s %s of a weixin shop could not be handled", type(row).__name__, row.pk)
        put_off(row, f"{type(error).__name__}: {error}")
        return False


def _rest(connection: Connection, error: WeixinAway | WeixinRefused) -> None:
    """Nothing more is called for a while; the page says why."""
    shop = WeixinShop.objects.get(connection=connection)
    first = QUOTA_REST if getattr(error, "code", 0) in CALLED_TOO_OFTEN else FIRST_REST
    pause = min(first * 2 ** min(shop.rests, 10), LONGEST_REST)
    WeixinShop.objects.filter(pk=shop.pk).update(rests=shop.rests + 1, rests_until=timezone.now() + pause)
    note_failure(connection, told_error(error))


def _note_well(connection: Connection) -> None:
    WeixinShop.objects.filter(connection=connection, rests__gt=0).update(rests=0, rests_until=None)
    note_success(connection)


def told_error(error: WeixinAway | WeixinRefused) -> str:
    """What went wrong, for people."""
    if isinstance(error, WeixinAway):
        return _("没有回应：%(error)s") % {"error": error}
    if error.code in CALLED_TOO_OFTEN:
        return _("今天的调用次数用完了，稍后自动继续（%(error)s）") % {"error": error}
    return _("微信拒绝了：%(error)s") % {"error": error}
