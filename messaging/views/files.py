"""Serving a stored file: whole or in parts, and never able to run in a page."""

import logging
import re
from typing import IO

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from messaging.errors import FileMissing, StorageUnavailable
from messaging.models import Attachment
from shopcomm.core.http.problems import refusal_answer
from shopcomm.core.reading import whole_number
from shopcomm.core.refusals import Refusal

log = logging.getLogger(__name__)
# One part of a file, as players ask for it (RFC 9110, 14.2); several at once are answered with the whole.
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
PLAYED = ("audio/", "video/")


def file_answer(request: HttpRequest | Request, found: Attachment) -> HttpResponseBase:
    """The content of an attachment; 202 while a picture is still being drawn. Raises FileMissing, StorageUnavailable."""
    if found.state == Attachment.State.PENDING:
        return _not_yet(found)
    # Only what we drew ourselves and what a player plays is shown in place. Anything else is saved, never run.
    shown = found.kind == Attachment.Kind.IMAGE or found.mime.startswith(PLAYED)
    answer = stored_answer(request, found.file, mime=found.mime)
    answer["Content-Disposition"] = content_disposition_header(not shown, found.name) or "inline"
    return answer


def thumbnail_answer(request: HttpRequest, found: Attachment) -> HttpResponseBase:
    """The small copy of a picture, or 202 while it is still being drawn. Raises FileMissing, StorageUnavailable."""
    if found.state == Attachment.State.PENDING:
        return _not_yet(found)
    return stored_answer(request, found.thumbnail, mime="image/webp")


def _not_yet(found: Attachment) -> JsonResponse:
    answer = JsonResponse({"id": str(found.pk), "state": found.state}, status=202)
    answer["Retry-After"] = "1"
    answer["Cache-Control"] = "no-store"
    return answer


def stored_answer(request: HttpRequest | Request, stored: FieldFile, *, mime: str) -> HttpResponseBase:
    """A file of our storage, or the part of it that was asked for. Raises FileMissing, StorageUnavailable."""
    try:
        opened, size = stored.open(), stored.size
    except FileNotFoundError as error:
        log.warning("the file %s is gone", stored.name)
        raise FileMissing() from error
    except OSError as error:
        log.exception("the file %s could not be read", stored.name)
        raise StorageUnavailable() from error
    part = RANGE.fullmatch(request.headers.get("Range", ""))
    answer = _part(opened, size, part, mime) if part else FileResponse(opened, content_type=mime)
    answer["Accept-Ranges"] = "bytes"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = (
        "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    )
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


def _part(opened: IO[bytes], size: int, part: re.Match[str], mime: str) -> HttpResponse:
    """206 with the bytes that were asked for, 416 for a part that does not exist."""
    first, last = part.groups()
    if first:
        start, end = whole_number(first) or 0, min(whole_number(last or str(size)) or 0, size - 1)
    else:
        start, end = max(0, size - (whole_number(last) or 0)), size - 1
    with opened:
        if start > end:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        opened.seek(start)
        content = opened.read(end - start + 1)
    headers = {"Content-Range": f"bytes {start}-{end}/{size}"}
    return HttpResponse(content, status=206, content_type=mime, headers=headers)


def refused_file_answer(request: HttpRequest, refusal: Refusal) -> HttpResponseBase:
    """A refusal as a page where a person opened the address, as a problem document where a script did."""
    answer = refusal_answer(refusal)
    if "text/html" not in request.headers.get("Accept", ""):
        return answer
    page = render(request, "messaging/file_refused.html", {"detail": refusal.detail}, status=refusal.status)
    if "Retry-After" in answer:
        page["Retry-After"] = answer["Retry-After"]
    return page
