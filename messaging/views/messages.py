"""A conversation over plain HTTP: for older pages of it, and for sending while the socket is down."""

import math
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.errors import BadMessage, BodyTooLong, TooMany
from messaging.presenters import message_object
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.messages import messages_after, messages_before
from messaging.services.drafts import MAX_BODY
from messaging.services.messages import send_message
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.middleware import actors_behind
from shopcomm.core.audiences import Audience, audience_of
from shopcomm.core.http.parsers import raw_body
from shopcomm.core.http.problems import refusal_answer
from shopcomm.core.outcomes import run_service
from shopcomm.core.rate_limits import seconds_to_wait

LARGEST_BODY = 128 * 1024


def require_actor(request: HttpRequest, conversation_id: int | None = None) -> Actor:
    """Whoever has a session: whom the page speaks as, else whose the conversation is. Raises PermissionDenied for nobody."""
    actors = actors_behind(request)
    if not actors:
        raise PermissionDenied
    if len(actors) > 1 and conversation_id is not None:
        for actor in actors:
            if conversations_visible_to(actor).filter(pk=conversation_id).exists():
                return actor
    return actors[0]


@require_http_methods(["GET", "POST"])
def conversation_messages(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """GET a page by `before` or `after`; POST a message, 201, or 200 for a repeated one."""
    actor = require_actor(request, conversation_id)
    if not conversations_visible_to(actor).filter(pk=conversation_id).exists():
        raise Http404
    audience = audience_of(actor)
    if request.method == "GET":
        found = _page(request, conversation_id, audience)
        return JsonResponse({"results": [message_object(each, audience) for each in found]})
    if wait := seconds_until_more(actor):
        return refusal_answer(TooMany(retry_after=wait))
    outcome = run_service(
        lambda: send_message(actor=actor, conversation_id=conversation_id, **_given(request))
    )
    if outcome.refusal:
        return refusal_answer(outcome.refusal)
    sent = outcome.result
    return JsonResponse(message_object(sent.said, audience), status=201 if sent.created else 200)


def seconds_until_more(actor: Actor) -> int:
    """Whole seconds until a customer may say more; the limit is a socket's, counted for all their devices."""
    if actor.is_shop:
        return 0
    size: int = settings.SOCKET_RATE
    return math.ceil(seconds_to_wait(f"said:{actor.who}", rate=size / 10, size=size))


def _given(request: HttpRequest) -> dict[str, Any]:
    body = raw_body(request)
    if len(body) > LARGEST_BODY:
        raise BodyTooLong(limit=MAX_BODY)
    given = reading.json_object(body)
    if given is None:
        raise BadMessage(_("请求不是 JSON"))
    names = ("client_id", "kind", "body", "attachments", "reply_to", "internal")
    return {name: given[name] for name in names if name in given}


def _page(request: HttpRequest, conversation_id: int, audience: Audience) -> list[Any]:
    limit = max(1, min(_number(request, "limit") or 50, 200))
    after = _number(request, "after")
    if after is not None:
        return messages_after(conversation_id, after, audience, limit)
    return messages_before(conversation_id, _number(request, "before"), audience, limit)


def _number(request: HttpRequest, name: str) -> int | None:
    return reading.whole_number(request.GET.get(name))
