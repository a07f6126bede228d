"""Read-only admin pages for rows that services write."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline


class LookOnly:
    """Rows that services write; the admin shows them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LookOnlyInline(LookOnly, TabularInline):
    extra = 0
