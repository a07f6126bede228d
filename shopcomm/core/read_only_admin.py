"""Admin pages of rows that services write: to be looked at, and changed nowhere in the admin."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline


class LookOnly:
    """For a page or an inline of rows that the admin shows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(LookOnly, ModelAdmin):
    """A page of such rows."""


class ReadOnlyInline(LookOnly, TabularInline):
    """Such rows beside what they belong to."""

    extra = 0
