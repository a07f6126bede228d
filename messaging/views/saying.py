"""Sending a message by form, before the scripts have loaded or without any."""

import uuid
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from messaging.errors import BodyRequired, TooMany
from messaging.selectors.conversations import conversations_visible_to
from messaging.services.drafts import MAX_BODY
from messaging.services.messages import send_message
from messaging.views.messages import require_actor, seconds_until_more
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.sent_forms import FIELD, LONGEST_KEY
from shopcomm.core.outcomes import run_service


@require_POST
@never_cache
def send_from_form(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Say what a form holds, and go back to its page; what is refused comes back with the words in it."""
    actor = require_actor(request, conversation_id)
    if not conversations_visible_to(actor).filter(pk=conversation_id).exists():
        raise Http404
    body = request.POST.get("body", "").replace("\r\n", "\n").strip()
    back = _page_of(request)
    sent = run_service(lambda: _send(request, actor, conversation_id, body))
    # Who sends nothing is told nothing.
    if sent.refusal and not isinstance(sent.refusal, BodyRequired):
        context = {"body": body, "back": back, "refusal": sent.text, "longest": MAX_BODY}
        return render(request, "messaging/say_again.html", context, status=sent.status)
    return redirect(back)


def _send(request: HttpRequest, actor: Actor, conversation_id: int, body: str) -> None:
    if wait := seconds_until_more(actor):
        raise TooMany(retry_after=wait)
    # The same words of the same form are one message, however often it is sent; other words are another.
    form = request.POST.get(FIELD, "")[:LONGEST_KEY]
    client_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{conversation_id}:{form}:{body}") if form else uuid.uuid4()
    send_message(
        actor=actor, conversation_id=conversation_id, client_id=str(client_id), kind="text", body=body
    )


def _page_of(request: HttpRequest) -> str:
    """The page on which the form stood; of this site, or none."""
    came_from = request.POST.get("back") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return "/"
    return urlsplit(came_from)._replace(scheme="", netloc="").geturl()
