"""Forms of the conversation header: close, hand over, link to an order."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from messaging.selectors.conversations import conversations_visible_to, orders_to_link
from messaging.services.conversations import link_enquiry_to_order
from messaging.services.custody import close_conversation, hand_over_conversation, reopen_conversation
from messaging.views.waiting import conversation_for
from shopcomm.core import reading
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import run_and_tell

LONGEST_NOTE = 500


def _back(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """To the conversation, or to the list when it is not the reader's any more."""
    visible = conversations_visible_to(request.actor).filter(pk=conversation_id).exists()
    return (
        redirect("messaging:inbox-conversation", conversation_id) if visible else redirect("messaging:inbox")
    )


@require_POST
@right_required("conversations.view")
def end_or_reopen(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """End a conversation, or open it again."""
    talk = conversation_for(request, conversation_id)
    if request.POST.get("action") == "reopen":
        reopen_conversation(actor=request.actor, conversation_id=talk.pk)
        messages.success(request, _("会话已重新打开"))
    else:
        close_conversation(actor=request.actor, conversation_id=talk.pk)
        messages.success(request, _("会话已结束，客户再来消息时会自动打开"))
    if request.POST.get("beside") == "order" and talk.order:
        return redirect("orders:detail", talk.order.number)
    return _back(request, talk.pk)


@require_POST
@right_required("conversations.view")
def give_to_colleague(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """Hand a conversation over to a colleague."""
    talk = conversation_for(request, conversation_id)
    chosen = reading.whole_number(request.POST.get("staff")) or 0
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]

    def give() -> str:
        colleague = hand_over_conversation(
            actor=request.actor, conversation_id=talk.pk, staff_id=chosen, note=note
        )
        return _("已转给%(name)s，对方会收到通知") % {"name": colleague}

    run_and_tell(request, give)
    return _back(request, talk.pk)


@require_POST
@right_required("conversations.view")
def link_to_order(request: ShopRequest, conversation_id: int) -> HttpResponse:
    """Make an enquiry the conversation of the order that came of it."""
    talk = conversation_for(request, conversation_id)
    order = get_object_or_404(orders_to_link(talk, request.actor), number=request.POST.get("order", ""))
    run_and_tell(
        request,
        lambda: link_enquiry_to_order(actor=request.actor, conversation_id=talk.pk, order=order),
        _("会话已关联订单 %(number)s") % {"number": order.number},
    )
    return _back(request, talk.pk)
