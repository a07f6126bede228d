"""Files in and out, for whoever has a session."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from messaging.errors import FileTypeRefused, MessagingError
from messaging.presenters import attachment_object
from messaging.selectors.attachments import attachment_visible_to
from messaging.services.attachments import store_attachment
from messaging.views.files import file_answer, thumbnail_answer, told
from messaging.views.messages import refusal, someone


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep one file for a message that is about to be sent."""
    actor = someone(request)
    given = request.FILES.get("file")
    try:
        if given is None:
            raise FileTypeRefused()
        return JsonResponse(attachment_object(store_attachment(actor=actor, upload=given)), status=201)
    except MessagingError as error:
        return refusal(error)


@require_safe
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """The file itself."""
    found = attachment_visible_to(request.actor, attachment_id)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    try:
        return file_answer(request, found)
    except MessagingError as error:
        return told(request, error)


@require_safe
def thumbnail(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """A picture small enough for a list; 202 while it is still being drawn."""
    found = attachment_visible_to(request.actor, attachment_id)  # type: ignore[attr-defined]
    if found is None or not (found.thumbnail or found.state == "pending"):
        raise Http404
    try:
        return thumbnail_answer(request, found)
    except MessagingError as error:
        return told(request, error)
