"""The data of the emoji picker."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from messaging.services.emoji import emoji_table


@require_GET
@cache_control(public=True, max_age=31536000, immutable=True)
def emoji_data(request: HttpRequest) -> JsonResponse:
    """Every emoji with its names; the address carries the version, so it never goes stale."""
    return JsonResponse(
        emoji_table(),
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )
