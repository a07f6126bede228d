"""消息: a customer's own conversations, and each of them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.own import own_conversations
from messaging.services.conversations import general_conversation
from shopcomm.core import reading
from shopcomm.core.accounts.services.order_links import link_token, live_link
from shopcomm.edge.portal.my.access import MyRequest, customer_required


@require_GET
@customer_required
def own_conversations_page(request: MyRequest) -> HttpResponse:
    """All own conversations, the latest first."""
    page = reading.whole_number(request.GET.get("page"), least=1, most=10_000) or 1
    found, more = own_conversations(request.actor, page=page)
    context = {"active": "chat", "talks": found, "page": page, "next": page + 1 if more else None}
    return render(request, "my/talks.html", context)


@require_GET
@customer_required
def own_chat_page(request: MyRequest, conversation_id: int) -> HttpResponse:
    """One conversation."""
    visible = conversations_visible_to(request.actor).select_related("customer", "order")
    conversation = get_object_or_404(visible, pk=conversation_id)
    change_url = ""
    if conversation.order:
        link = live_link(customer=request.customer, order_id=conversation.order.pk)
        change_url = reverse("portal:change", args=[link_token(link)])
    context = {"active": "chat", "conversation": conversation, "change_url": change_url}
    return render(request, "my/chat.html", context)


@require_POST
@customer_required
def begin_conversation(request: MyRequest) -> HttpResponse:
    """Go to the conversation that is about no order."""
    return redirect("my:chat", general_conversation(actor=request.actor, customer=request.customer).pk)
