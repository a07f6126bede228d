"""Files in and out, for whoever has a session."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from messaging.errors import FileTypeRefused
from messaging.models import Attachment
from messaging.presenters import attachment_object
from messaging.selectors.attachments import attachment_visible_to
from messaging.services.attachments import store_attachment
from messaging.views.files import file_answer, refused_file_answer, thumbnail_answer
from messaging.views.messages import require_actor
from shopcomm.core import reading
from shopcomm.core.accounts.middleware import actors_behind
from shopcomm.core.http.problems import refusal_answer
from shopcomm.core.outcomes import run_service


@require_POST
def upload_attachment(request: HttpRequest) -> HttpResponse:
    """Keep one file for a message that is about to be sent."""
    talk = reading.whole_number(request.POST.get("conversation"), least=1, most=2**63 - 1)
    actor = require_actor(request, talk)
    given = request.FILES.get("file")
    if given is None:
        return refusal_answer(FileTypeRefused())
    stored = run_service(lambda: store_attachment(actor=actor, upload=given))
    if stored.refusal:
        return refusal_answer(stored.refusal)
    return JsonResponse(attachment_object(stored.result), status=201)


def _visible(request: HttpRequest, attachment_id: UUID) -> Attachment | None:
    """A picture's address names no page: whoever the session has proved to be may look."""
    seen = (attachment_visible_to(actor, attachment_id) for actor in actors_behind(request))
    return next((each for each in seen if each), None)


@require_safe
def attachment_file(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """The file itself."""
    found = _visible(request, attachment_id)
    if found is None:
        raise Http404
    answer = run_service(lambda: file_answer(request, found))
    return refused_file_answer(request, answer.refusal) if answer.refusal else answer.result


@require_safe
def attachment_thumbnail(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """A picture small enough for a list; 202 while it is still being drawn."""
    found = _visible(request, attachment_id)
    if found is None or not (found.thumbnail or found.state == "pending"):
        raise Http404
    answer = run_service(lambda: thumbnail_answer(request, found))
    return refused_file_answer(request, answer.refusal) if answer.refusal else answer.result
