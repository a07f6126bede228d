"""Conversations and notices to read, and channels to set up; rules are edited on their own page."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
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
    RecipientKind,
    ScheduledMessage,
    StockWatch,
)
from messaging.policies.notifications.reasons import reason_text
from messaging.policies.notifications.triggers import trigger_label, trigger_names
from messaging.services.channels.delivery import requeue_delivery
from shopcomm.core.admin_filters import choice_filter
from shopcomm.core.read_only_admin import ReadOnlyAdmin
from shopcomm.core.reading import whole_number

by_trigger = choice_filter(
    _("触发场景"), "trigger", {name: (label, Q(trigger=name)) for name, label in trigger_names().items()}
)


@admin.register(NotificationRule)
class NotificationRuleAdmin(ModelAdmin):
    """The list; a rule opens on the rules page, where it can be tried out."""

    list_display = ("name", "scene", "audience", "outside", "enabled", "version", "updated_at")
    list_filter = ("enabled", by_trigger, "audience")
    search_fields = ("name",)

    @admin.display(description=_("触发场景"), ordering="trigger")
    def scene(self, rule: NotificationRule) -> str:
        """What the rule waits for."""
        return trigger_label(rule.trigger)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("messaging:rule-new")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        rule_id = whole_number(object_id, least=1)
        if rule_id is None:
            raise Http404
        return redirect("messaging:rule", rule_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ConversationRowAdmin(ReadOnlyAdmin):
    """Rows that belong to a conversation."""

    @admin.display(description=_("会话"), ordering="conversation")
    def talk(self, row: ScheduledMessage | StockWatch) -> Conversation:
        """Which one."""
        return row.conversation


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Each notice in words: what it is about, who was told, and why then or why not."""

    list_display = ("happened_at", "scene", "about", "who", "state", "why", "send_at", "sent_at")
    list_filter = (
        "state",
        "recipient_kind",
        by_trigger,
    )
    list_select_related = ("rule", "order")
    search_fields = ("=order__number",)
    ordering = ("-id",)
    show_full_result_count = False
    fields = (
        "rule", "rule_version", "scene", "about", "who", "urgent", "happened_at", "state", "why", "send_at",
        "sent_at", "seen_at", "body",
    )  # fmt: skip

    @admin.display(description=_("触发场景"), ordering="trigger")
    def scene(self, notice: Notification) -> str:
        """What the rule waited for."""
        return trigger_label(notice.trigger)

    @admin.display(description=_("订单"), ordering="order")
    def about(self, notice: Notification) -> str:
        """The order, if it is about one."""
        return notice.order.number if notice.order else ""

    @admin.display(description=_("接收者"))
    def who(self, notice: Notification) -> str:
        """A customer or a member of staff, by number."""
        return f"{RecipientKind(notice.recipient_kind).label} #{notice.recipient_id}"

    @admin.display(description=_("原因"))
    def why(self, notice: Notification) -> str:
        """Why then, or why not."""
        return reason_text(notice.reason)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("notice", "channel", "state", "attempts", "due_at", "sent_at", "error")
    list_filter = ("state", "channel")
    list_select_related = ("notification__order",)
    ordering = ("-id",)
    show_full_result_count = False
    fields = list_display
    actions = ("retry",)

    @admin.display(description=_("通知"), ordering="notification")
    def notice(self, delivery: Delivery) -> str:
        """What was to be told."""
        told = delivery.notification
        return f"{trigger_label(told.trigger)} {told.order.number if told.order else ''}".rstrip()

    @admin.action(description=_("重试"), permissions=["view"])
    def retry(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """Give what failed for good to its channel once more."""
        failed = deliveries.filter(state=Delivery.State.FAILED)
        count = failed.count()
        for delivery in failed:
            requeue_delivery(delivery)
        messages.info(request, _("已安排重试 %(count)s 条") % {"count": count})


@admin.register(ChannelAccount)
class ChannelAccountAdmin(ModelAdmin):
    list_display = ("name", "channel", "role", "enabled", "failures", "paused_until", "last_error")
    list_filter = ("channel", "enabled")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With a word on what to fill in."""
        words = {
            "url": _("短信填网关的 https 地址；群机器人填 wecombot://密钥 这样的地址"),
            "role": _("只对群机器人有用：只转发给这个角色的通知；留空转发给所有员工的"),
        }
        return super().get_form(request, obj, change, **(kwargs | {"help_texts": words}))


@admin.register(ChannelHealth)
class ChannelHealthAdmin(ReadOnlyAdmin):
    list_display = ("way", "failures", "paused_until", "last_error")
    fields = list_display

    @admin.display(description=_("渠道"), ordering="channel")
    def way(self, health: ChannelHealth) -> str:
        """Which one."""
        return health.get_channel_display()


@admin.register(ScheduledMessage)
class ScheduledMessageAdmin(ConversationRowAdmin):
    list_display = ("send_at", "talk", "author", "state")
    list_filter = ("state",)
    list_select_related = ("conversation", "author")
    fields = ("talk", "author", "body", "send_at", "state", "sent_at")


@admin.register(StockWatch)
class StockWatchAdmin(ConversationRowAdmin):
    list_display = ("variant", "talk", "quantity", "asked_at", "told_at")
    list_select_related = ("variant__product", "conversation")
    fields = ("variant", "talk", "quantity", "asked_at", "told_at", "cancelled_at")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("subject", "customer", "assigned_to", "said", "last_message_at")
    list_select_related = ("customer", "assigned_to")
    search_fields = ("subject", "=order__number")
    show_full_result_count = False
    fields = ("subject", "customer", "order", "assigned_to", "said", "last_message_at", "created_at")

    @admin.display(description=_("消息数"), ordering="last_seq")
    def said(self, talk: Conversation) -> int:
        """How many lines it has, those of the system too."""
        return talk.last_seq
