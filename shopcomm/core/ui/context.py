"""What every page knows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from shopcomm.core.configuration.models import shop_settings


def page_context(request: HttpRequest) -> dict[str, Any]:
    """The shop's name and the reader's theme, for the base template."""
    user = getattr(request, "user", None)
    return {
        "shop": SimpleLazyObject(shop_settings),
        "theme": getattr(user, "theme", "") or "",
        "actor": getattr(request, "actor", None),
    }
