"""Telling the shop at WeChat what its rows say: one call each, again and again until it is taken or refused for good.

A call that was made and not answered may have been taken. So before it is made again, what WeChat has is fetched, and
what it has already is not said twice.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from orders.events import Told
from orders.services.outside import record_outside_not_told
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.asking import (
    CannotBeSaid,
    NotNow,
    asked_of_weixin,
)
from shopcomm.edge.integrations.weixin_shop.codes import NO_RIGHT
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument
from shopcomm.edge.integrations.weixin_shop.services.cases import fetch_case
from shopcomm.edge.integrations.weixin_shop.services.client import call_weixin
from shopcomm.edge.integrations.weixin_shop.services.documents import want_documents
from shopcomm.edge.integrations.weixin_shop.services.fetching import fetch_order
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinAway, WeixinRefused

State, Kind = WeixinCall.State, WeixinCall.Kind
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=2)
# What waits for something else is looked at again then; nobody is called for it.
NOT_NOW_PAUSE = timedelta(seconds=5)
# With these pauses three days.
MOST_ATTEMPTS = 45
WHAT = {
    Kind.DELIVERY: Told.PARCEL,
    Kind.ADDRESS_ACCEPT: Told.ADDRESS,
    Kind.ADDRESS_REJECT: Told.ADDRESS,
    Kind.ADDRESS: Told.ADDRESS,
    Kind.NOTE: Told.NOTE,
    Kind.AFTER_SALE_ACCEPT: Told.AFTER_SALES,
    Kind.AFTER_SALE_REJECT: Told.AFTER_SALES,
}
ABOUT_CASES = frozenset({Kind.AFTER_SALE_ACCEPT, Kind.AFTER_SALE_REJECT})


def due_weixin_calls(connection: Connection, most: int) -> list[WeixinCall]:
    """What is to be told now: of each order and kind the first that is not told yet."""
    pending = WeixinCall.objects.filter(connection=connection, state=State.PENDING)
    earlier = pending.filter(order=OuterRef("order"), kind=OuterRef("kind"), pk__lt=OuterRef("pk"))
    due = pending.filter(~Exists(earlier), due_at__lte=timezone.now())
    return list(due.select_related("connection").order_by("due_at", "pk")[:most])


def tell_weixin(call: WeixinCall) -> None:
    """Say one thing. Raises WeixinAway, and WeixinRefused where it concerns all; the row is tried again later then."""
    try:
        document = _document(call, again=call.attempts > 0)
        asked = asked_of_weixin(call, document)
    except NotNow:
        WeixinCall.objects.filter(pk=call.pk).update(due_at=timezone.now() + NOT_NOW_PAUSE)
        return
    except (CannotBeSaid, WeixinDocument.DoesNotExist) as error:
        _give_up(call, None, str(error))
        return
    if asked is None:
        _finish(call, State.DONE if call.attempts else State.VOID)
        return
    # Before the call: if the process ends in it, it is known that it may have been taken.
    call.attempts += 1
    call.save(update_fields=["attempts", "data"])
    try:
        call_weixin(call.connection, asked.path, asked.body)
    except WeixinAway as error:
        _put_off(call, str(error))
        raise
    except WeixinRefused as error:
        _hear_refusal(call, error)
        return
    _finish(call, State.DONE)
    _look_again(call)


def _document(call: WeixinCall, *, again: bool) -> WeixinDocument:
    about_case = call.kind in ABOUT_CASES
    kind = WeixinDocument.Kind.AFTER_SALE if about_case else WeixinDocument.Kind.ORDER
    rows = WeixinDocument.objects.select_related("connection").filter(connection=call.connection, kind=kind)
    document = rows.get(external_id=call.data["case"] if about_case else call.external_id)
    if again:
        (fetch_case if about_case else fetch_order)(document)
        document = rows.get(pk=document.pk)
    return document


def _hear_refusal(call: WeixinCall, error: WeixinRefused) -> None:
    if error.concerns_all and error.code != NO_RIGHT:
        _put_off(call, str(error))
        raise error
    # What is there already is often refused the second time.
    if asked_of_weixin(call, _document(call, again=True)) is None:
        _finish(call, State.DONE)
        return
    _give_up(call, error.code, str(error))


def put_off_call(call: WeixinCall, error: str) -> None:
    """It broke at something that no rule foresees: later, with growing pauses, and in the end never."""
    call.attempts += 1
    call.save(update_fields=["attempts"])
    _put_off(call, error)


def _put_off(call: WeixinCall, error: str) -> None:
    if call.attempts >= MOST_ATTEMPTS:
        _give_up(call, None, error)
        return
    pause = min(FIRST_PAUSE * 2 ** min(call.attempts, 12), LONGEST_PAUSE)
    call.error, call.due_at = error[:300], timezone.now() + pause
    call.save(update_fields=["error", "due_at"])


def _finish(call: WeixinCall, state: str) -> None:
    call.state, call.code, call.error, call.finished_at = state, None, "", timezone.now()
    call.save(update_fields=["state", "code", "error", "finished_at", "data"])


@retry_on_deadlock
@transaction.atomic
def _give_up(call: WeixinCall, code: int | None, error: str) -> None:
    """It is not said any more, and a line beside the order says so: both or neither."""
    record_outside_not_told(
        actor=Actor.system(),
        source=call.connection.name,
        order_id=call.order_id,
        what=WHAT[Kind(call.kind)].value,
        reason=error[:300],
    )
    call.state, call.code, call.error = State.FAILED, code, error[:300]
    call.finished_at = timezone.now()
    call.save()


def _look_again(call: WeixinCall) -> None:
    """What WeChat has by now is fetched, so that what follows is compared with that."""
    want_documents(call.connection, WeixinDocument.Kind.ORDER, [call.external_id])
    if call.kind in ABOUT_CASES:
        want_documents(call.connection, WeixinDocument.Kind.AFTER_SALE, [call.data["case"]])
