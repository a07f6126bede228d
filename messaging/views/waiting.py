"""The part of the chat pane for what is still to come: show, schedule, change, cancel, send now."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from messaging.errors import BadMessage
from messaging.models import Conversation
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.waiting import next_opening, notices_in, to_come
from messaging.services.notifications.back_in_stock import unwatch_stock, watch_stock
from messaging.services.notifications.waiting import cancel_notice, send_notice_now
from messaging.services.scheduled import cancel_scheduled, change_scheduled, schedule_message
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.outcomes import run_service

MOST_PIECES = 100_000


def conversation_for(request: ShopRequest, conversation_id: int) -> Conversation:
    """A conversation that the reader may see. Raises Http404."""
    return get_object_or_404(conversations_visible_to(request.actor), pk=conversation_id)


@require_GET
@never_cache
@right_required("conversations.view")
def waiting_part(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """The part of the pane."""
    return _part(request, conversation_for(request, conversation_id))


@require_GET
@never_cache
@right_required("conversations.view")
def waiting_forms(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """The forms by which something more is said later."""
    conversation = conversation_for(request, conversation_id)
    context = {"conversation": conversation.pk, "opening": next_opening()}
    return render(request, "messaging/_waiting_dialogs.html", context)


def _part(request: HttpRequest, conversation: Conversation, error: str = "") -> HttpResponse:
    context = {"conversation": conversation, "to_come": to_come(conversation), "error": error}
    return render(request, "messaging/_waiting.html", context, status=422 if error else 200)


@require_POST
@right_required("conversations.view")
def change_waiting(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """One of the things that may be done with what waits; answers with the part as it is then."""
    conversation = conversation_for(request, conversation_id)
    action = ACTIONS.get(request.POST.get("action", ""), _unknown)
    return _part(request, conversation, run_service(lambda: action(request, conversation)).text)


def _unknown(request: ShopRequest, conversation: Conversation) -> None:
    raise BadMessage()


def _schedule(request: ShopRequest, conversation: Conversation) -> None:
    body, send_at = request.POST.get("body", ""), sending_time(request.POST.get("send_at", ""))
    if known := _number(request, "scheduled"):
        change_scheduled(actor=request.actor, scheduled_id=known, body=body, send_at=send_at)
    else:
        schedule_message(actor=request.actor, conversation_id=conversation.pk, body=body, send_at=send_at)


def sending_time(text: str) -> datetime:
    """What a datetime-local field sends, in the shop's time. Raises BadMessage."""
    found = reading.iso_moment(text)
    if found is None:
        raise BadMessage(_("请填写发送时间"))
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def _cancel_scheduled(request: ShopRequest, conversation: Conversation) -> None:
    cancel_scheduled(actor=request.actor, scheduled_id=_number(request, "scheduled"))


def _notice(request: ShopRequest, conversation: Conversation) -> int:
    """A notice of this very conversation: an id of another one is not found."""
    return get_object_or_404(notices_in(conversation), pk=_number(request, "notice")).pk


def _send_now(request: ShopRequest, conversation: Conversation) -> None:
    send_notice_now(notice_id=_notice(request, conversation))


def _cancel_notice(request: ShopRequest, conversation: Conversation) -> None:
    cancel_notice(notice_id=_notice(request, conversation))


def _watch(request: ShopRequest, conversation: Conversation) -> None:
    pieces = _number(request, "quantity")
    if not 0 < pieces <= MOST_PIECES:
        raise BadMessage(_("请填写数量"))
    watch_stock(conversation_id=conversation.pk, sku=request.POST.get("sku", ""), quantity=pieces)


def _unwatch(request: ShopRequest, conversation: Conversation) -> None:
    unwatch_stock(conversation_id=conversation.pk, watch_id=_number(request, "watch"))


def _number(request: HttpRequest, name: str) -> int:
    """What a field says; 0, which is no key and no count, for what is no number."""
    return reading.whole_number(request.POST.get(name)) or 0


ACTIONS = {
    "schedule": _schedule,
    "cancel-scheduled": _cancel_scheduled,
    "send-now": _send_now,
    "cancel-notice": _cancel_notice,
    "watch": _watch,
    "unwatch": _unwatch,
}
