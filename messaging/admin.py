"""Conversations to read, notices to look into, channels to set up; rules are edited on their own page."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from messaging.models import (
    ChannelAccount,
    ChannelHealth,
    Conversation,
    Delivery,
    Notification,
    NotificationRule,
    ScheduledMessage,
    StockWatch,
)
from messaging.services.channels.delivering import retry
from shopcomm.core.events.admin import ReadOnlyAdmin
from shopcomm.core.reading import whole_number


@admin.register(NotificationRule)
class NotificationRuleAdmin(ModelAdmin):
    """The list; a rule opens on the rules page, where it can be tried out."""

    list_display = ("name", "trigger", "audience", "outside", "enabled", "version", "updated_at")
    list_filter = ("enabled", "trigger", "audience")
    search_fields = ("name",)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("messaging:rule-new")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        rule_id = whole_number(object_id, least=1)
        if rule_id is None:
            raise Http404
        return redirect("messaging:rule", rule_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "rule", "order", "recipient_kind", "state", "reason", "send_at", "sent_at")
    list_filter = ("state", "trigger", "recipient_kind")
    list_select_related = ("rule", "order")
    search_fields = ("=order__number",)
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("notification", "channel", "state", "attempts", "due_at", "sent_at", "error")
    list_filter = ("state", "channel")
    list_select_related = ("notification",)
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("retry",)

    @admin.action(description=_("重试"))
    def retry(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """Give what failed for good to its channel once more."""
        failed = deliveries.filter(state=Delivery.State.FAILED)
        count = failed.count()
        for delivery in failed:
            retry(delivery)
        messages.info(request, _("已安排重试 %(count)s 条") % {"count": count})


@admin.register(ChannelAccount)
class ChannelAccountAdmin(ModelAdmin):
    list_display = ("name", "channel", "role", "enabled", "failures", "paused_until", "last_error")
    list_filter = ("channel", "enabled")


@admin.register(ChannelHealth)
class ChannelHealthAdmin(ReadOnlyAdmin):
    list_display = ("channel", "failures", "paused_until", "last_error")


@admin.register(ScheduledMessage)
class ScheduledMessageAdmin(ReadOnlyAdmin):
    list_display = ("send_at", "conversation", "author", "state")
    list_filter = ("state",)
    list_select_related = ("conversation", "author")


@admin.register(StockWatch)
class StockWatchAdmin(ReadOnlyAdmin):
    list_display = ("variant", "conversation", "quantity", "asked_at", "told_at")
    list_select_related = ("variant__product", "conversation")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("subject", "customer", "assigned_to", "last_seq", "last_message_at")
    list_select_related = ("customer", "assigned_to")
    search_fields = ("subject", "=order__number")
    show_full_result_count = False
