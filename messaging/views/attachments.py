"""Files in and out, for whoever has a session."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from messaging.errors import FileTypeRefused, MessagingError
from messaging.models import Attachment
from messaging.presenters import attachment_object
from messaging.selectors.attachments import attachment_visible_to
from messaging.services.attachments import store_attachment
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
def attachment(request: HttpRequest, attachment_id: UUID) -> FileResponse:
    """The file itself."""
    found = attachment_visible_to(request.actor, attachment_id)  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    return file_response(found)


def file_response(found: Attachment) -> FileResponse:
    """A file on its way out, so that nothing in it ever runs in a page."""
    # Only pictures are shown in place: those we drew ourselves. Anything else is saved, never run.
    response = FileResponse(
        found.file.open(), as_attachment=found.kind != "image", filename=found.name, content_type=found.mime
    )
    return _guarded(response)


@require_safe
def thumbnail(request: HttpRequest, attachment_id: UUID) -> FileResponse:
    """A picture small enough for a list."""
    found = attachment_visible_to(request.actor, attachment_id)  # type: ignore[attr-defined]
    if found is None or not found.thumbnail:
        raise Http404
    return _guarded(FileResponse(found.thumbnail.open(), content_type="image/webp"))


def _guarded(response: FileResponse) -> FileResponse:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response
