"""Showing a card of a conversation, and running its actions."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from messaging.cards import Card, Look, card_of_message
from messaging.models import Message
from messaging.presenters import may_see_content
from messaging.selectors.conversations import conversations_visible_to
from messaging.services.cards import card_changed
from messaging.views.messages import require_actor
from shopcomm.core.audiences import audience_of
from shopcomm.core.outcomes import run_service


@require_GET
@never_cache
def card_part(request: HttpRequest, conversation_id: int, seq: int) -> HttpResponse:
    """The card in its current state, for anybody who may see the conversation."""
    return _shown(request, *_look(request, conversation_id, seq))


@require_POST
@never_cache
def act_on_card(request: HttpRequest, conversation_id: int, seq: int, action: str) -> HttpResponse:
    """Do `action`, one of those that the card of message `seq` offers; answers the card as it is then, with what was
    refused if anything was."""
    kind, look = _look(request, conversation_id, seq)
    if action not in kind.actions:
        raise Http404
    outcome = run_service(lambda: kind.actions[action](look.actor, look.object_id, request.POST))
    if outcome.refusal:
        return _shown(request, kind, replace(look, typed=request.POST), outcome.text, outcome.status)
    card_changed(conversation_id=conversation_id, card=kind.name, object_id=look.object_id)
    return _shown(request, kind, look)


def _look(request: HttpRequest, conversation_id: int, seq: int) -> tuple[Card, Look]:
    actor = require_actor(request, conversation_id)
    visible = conversations_visible_to(actor).select_related("order", "customer")
    conversation = visible.filter(pk=conversation_id).first()
    message = Message.objects.filter(conversation=conversation_id, seq=seq).first()
    shown = message is not None and may_see_content(message, audience_of(actor))
    kind = card_of_message(message) if message and shown else None
    if conversation is None or message is None or kind is None:
        raise Http404
    return kind, Look(actor, conversation, message)


def _shown(
    request: HttpRequest, kind: Card, look: Look, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "actor": look.actor,
        "conversation": look.conversation,
        "message": look.message,
        "refusal": refusal,
        **kind.context(look),
    }
    return render(request, kind.template, context, status=status)
