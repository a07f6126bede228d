from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from shopcomm.core.admin_filters import choice_filter
from shopcomm.core.events.models import DeadLetter, DomainEvent, HandlerCursor
from shopcomm.core.events.relay import retry_dead_letter

ACTORS = {
    "customer": _("客户"),
    "staff": _("员工"),
    "system": _("系统"),
    "assistant": _("助手"),
    "api": _("接口"),
}


class ReadOnlyAdmin(ModelAdmin):
    """Something that is looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DomainEvent)
class DomainEventAdmin(ReadOnlyAdmin):
    list_display = ("position", "type", "order_id", "actor_name", "occurred_at")
    list_filter = ("type",)
    search_fields = ("=order_id", "type")
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("position", "type", "occurred_at", "kind", "actor_name", "order_id", "conversation_id", "data")

    @admin.display(description=_("操作者类型"))
    def kind(self, event: DomainEvent) -> str:
        """Who acted: a customer, staff, the shop by itself, or another system."""
        return str(ACTORS.get(event.actor_kind, event.actor_kind))


@admin.register(HandlerCursor)
class HandlerCursorAdmin(ReadOnlyAdmin):
    list_display = ("name", "position", "failures", "retry_at")


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_display = ("handler", "event", "failures", "retry_at", "parked_at", "resolved_at")
    list_filter = (
        choice_filter(
            _("处理情况"),
            "state",
            {
                "open": (_("等人重试"), Q(resolved_at=None, retry_at=None)),
                "again": (_("会自动再试"), Q(resolved_at=None, retry_at__isnull=False)),
                "done": (_("已解决"), Q(resolved_at__isnull=False)),
            },
        ),
    )
    list_select_related = ("event",)
    actions = ("retry",)

    @admin.action(description=_("重试"))
    def retry(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        """Give the chosen events to their handlers once more."""
        done = sum(retry_dead_letter(letter) for letter in letters)
        messages.info(
            request, _("已重试 %(all)s 条，成功 %(done)s 条") % {"all": letters.count(), "done": done}
        )
