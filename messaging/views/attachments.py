"""Files in and out, for whoever has a session."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from messaging.errors import FileTypeRefused, MessagingError
from messaging.models import Attachment
from messaging.presenters import attachment_object
from messaging.selectors.attachments import attachment_visible_to
from messaging.services.attachments import store_attachment
from messaging.views.files import file_answer, refused_file_answer, thumbnail_answer
from messaging.views.messages import refusal, require_actor
from shopcomm.core import reading
from shopcomm.core.accounts.middleware import actors_behind


@require_POST
def upload_attachment(request: HttpRequest) -> HttpResponse:
    """Keep one file for a message that is about to be sent."""
    talk = reading.whole_number(request.POST.get("conversation"), least=1, most=2**63 - 1)
    actor = require_actor(request, talk)
    given = request.FILES.get("file")
    try:
        if given is None:
            raise FileTypeRefused()
        return JsonResponse(attachment_object(store_attachment(actor=actor, upload=given)), status=201)
    except MessagingError as error:
        return refusal(error)


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
    try:
        return file_answer(request, found)
    except MessagingError as error:
        return refused_file_answer(request, error)


@require_safe
def attachment_thumbnail(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """A picture small enough for a list; 202 while it is still being drawn."""
    found = _visible(request, attachment_id)
    if found is None or not (found.thumbnail or found.state == "pending"):
        raise Http404
    try:
        return thumbnail_answer(request, found)
    except MessagingError as error:
        return refused_file_answer(request, error)
