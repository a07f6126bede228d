"""Log-in records in the admin: readable by managers, changed by nobody, deleted by age only."""

from axes.models import AccessAttempt, AccessBase, AccessFailureLog, AccessLog
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.read_only_admin import ReadOnlyAdmin


class RecordAdmin(ReadOnlyAdmin):
    """Rows that are a record: to be looked at."""

    show_full_result_count = False


class AttemptAdmin(RecordAdmin):
    """Refused log-ins by name and network. A lock is lifted without taking its record away."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent")
    search_fields = ("username", "ip_address")
    actions = ("lift_lock",)

    @admin.action(description=_("解除锁定"), permissions=["view"])
    def lift_lock(self, request: HttpRequest, attempts: QuerySet[AccessAttempt]) -> None:
        """Let the chosen names try again from there at once."""
        attempts.update(failures_since_start=0)


class LoginAdmin(RecordAdmin):
    list_display = ("attempt_time", "username", "ip_address", "logout_time", "user_agent")
    search_fields = ("username", "ip_address")


class FailureAdmin(RecordAdmin):
    list_display = ("attempt_time", "username", "ip_address", "locked_out")
    search_fields = ("username", "ip_address")


def register_login_records() -> None:
    """Take the place of django-axes' own pages, from which records can be deleted."""
    for model, page in (
        (AccessAttempt, AttemptAdmin),
        (AccessLog, LoginAdmin),
        (AccessFailureLog, FailureAdmin),
    ):
        if admin.site.is_registered(model):
            admin.site.unregister(model)
        admin.site.register(model, page)
        # The library names a row by a sentence that no catalogue can translate.
        model.__str__ = _in_words  # type: ignore[method-assign,assignment]


def _in_words(record: AccessBase) -> str:
    """Who, and when."""
    return f"{record.username or '—'} {timezone.localtime(record.attempt_time):%Y-%m-%d %H:%M}"
