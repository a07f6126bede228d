"""The shop's logo and the icons made from it; they are public."""

import mimetypes

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from shopcomm.core.configuration.models import shop_settings


@require_safe
def logo_file(request: HttpRequest, name: str) -> FileResponse:
    """The file, if it is the shop's current logo, one of its icons, or the payment code."""
    shop = shop_settings()
    shown = (shop.logo, shop.icon_192, shop.icon_512, shop.pay_code)
    kept = next((each for each in shown if each.name == f"shop/{name}"), None)
    if kept is None:
        raise Http404
    try:
        opened = kept.open()
    except OSError as error:
        raise Http404 from error
    answer = FileResponse(opened, content_type=mimetypes.guess_type(name)[0] or "application/octet-stream")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "public, max-age=86400, immutable"
    return answer
