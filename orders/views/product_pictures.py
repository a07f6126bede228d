"""Uploaded product pictures; they are public."""

import mimetypes

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from orders.models import Variant


@require_safe
def product_picture(request: HttpRequest, name: str) -> FileResponse:
    """The file, if it is the picture of a variant; it is never another one under the same name."""
    variant = Variant.objects.filter(picture=f"products/{name}").only("picture").first()
    if variant is None:
        raise Http404
    try:
        opened = variant.picture.open()
    except OSError as error:
        raise Http404 from error
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    answer = FileResponse(opened, content_type=kind)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "public, max-age=86400, immutable"
    return answer
