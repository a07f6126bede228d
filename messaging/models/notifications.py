"""Notices, their deliveries, and what became of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.rules import Channel, NotificationRule


class RecipientKind(models.TextChoices):
    CUSTOMER = "customer", _("客户")
    STAFF = "staff", _("员工")


class Notification(models.Model):
    """One notice for one person. It ends as sent, merged, dropped or cancelled, always with its reason; or it failed time
    after time, and a manager may have it tried again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        SENT = "sent", _("已发送")
        MERGED = "merged", _("已合并")
        DROPPED = "dropped", _("未发送")
        CANCELLED = "cancelled", _("已取消")
        FAILED = "failed", _("出错")

    rule = models.ForeignKey(
        NotificationRule, models.PROTECT, related_name="notifications", verbose_name=_("规则")
    )
    rule_version = models.PositiveIntegerField(_("规则版本"))
    trigger = models.CharField(_("触发场景"), max_length=24)
    # What makes a repeat the same notice: "event:815", "unpaid:42:30", "unanswered:7:112".
    cause = models.CharField(_("起因"), max_length=80)
    # The fact it tells; null for timers.
    event_id = models.BigIntegerField(_("事件"), null=True, blank=True)
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="notifications"
    )
    conversation = models.ForeignKey("messaging.Conversation", models.PROTECT, null=True, blank=True)
    recipient_kind = models.CharField(_("接收者"), max_length=8, choices=RecipientKind)
    recipient_id = models.BigIntegerField()
    priority = models.PositiveSmallIntegerField(default=50)
    urgent = models.BooleanField(_("加急"), default=False)
    # Facts of the moment that the words need and that the order does not keep.
    data = models.JSONField(default=dict, blank=True)
    happened_at = models.DateTimeField(_("发生时间"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    send_at = models.DateTimeField(_("计划发送"))
    # Why then, or why not: a key of `messaging.policies.notifications.reasons`.
    reason = models.CharField(_("原因"), max_length=24)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    seen_at = models.DateTimeField(_("查看时间"), null=True, blank=True)
    body = models.TextField(_("内容"), blank=True)
    # Where it stands in the conversation; of a merged one, where the message that carries it stands.
    seq = models.BigIntegerField(null=True, blank=True)
    # How often it could not be told, and what stood in the way the last time.
    failures = models.PositiveSmallIntegerField(_("失败次数"), default=0, db_default=0)
    error = models.CharField(_("错误"), max_length=300, blank=True, default="", db_default="")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "cause", "recipient_kind", "recipient_id"], name="notification_once"
            )
        ]
        indexes = [
            # The sweep: what is due?
            models.Index(fields=["send_at"], condition=models.Q(state="waiting"), name="notification_due"),
            # Release: everything that waits for one person; the budget: what they got lately.
            models.Index(
                fields=["recipient_kind", "recipient_id", "state", "sent_at"], name="notification_by_person"
            ),
            # The timeline and the "why not" page of an order.
            models.Index(fields=["order", "id"], name="notification_by_order"),
            # What a manager has to see to.
            models.Index(fields=["id"], condition=models.Q(state="failed"), name="notification_failed"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} → {self.get_recipient_kind_display()} #{self.recipient_id}"

    @property
    def sku(self) -> str:
        """The goods it tells of; blank for one about none."""
        return str(self.data.get("sku") or "")


class Delivery(models.Model):
    """A notice on its way through one channel outside the product."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        SENT = "sent", _("已送出")
        FAILED = "failed", _("失败")
        SKIPPED = "skipped", _("已跳过")

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries")
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel)
    # What must be said once although several people are told, as in a group they share: "bot:3:event:815".
    once = models.CharField(max_length=120, null=True, blank=True, unique=True)
    # The channels that are left if this one fails.
    fallback = models.JSONField(default=list, blank=True)
    # The addresses that have taken it, when each has to: they are not told again.
    taken = models.JSONField(default=list, blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("次数"), default=0)
    # When it may be tried (again); a worker that takes it moves this ahead, so that a killed one gives it back.
    due_at = models.DateTimeField(_("下次尝试"))
    sent_at = models.DateTimeField(_("送出时间"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("渠道发送")
        verbose_name_plural = _("渠道发送")
        constraints = [models.UniqueConstraint(fields=["notification", "channel"], name="delivery_once")]
        indexes = [
            # The sweep of one channel.
            models.Index(
                fields=["channel", "due_at"], condition=models.Q(state="waiting"), name="delivery_due"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.notification_id} {self.get_channel_display()} {self.get_state_display()}"


class NotificationPreference(models.Model):
    """What one person wants of notices: rest, and which kinds not."""

    owner_kind = models.CharField(max_length=8, choices=RecipientKind)
    owner_id = models.BigIntegerField()
    quiet_from = models.TimeField(_("免打扰开始"), null=True, blank=True)
    quiet_to = models.TimeField(_("免打扰结束"), null=True, blank=True)
    muted = models.JSONField(_("不接收"), default=list, blank=True)
    desktop = models.BooleanField(_("桌面提醒"), default=True)

    class Meta:
        verbose_name = _("通知偏好")
        verbose_name_plural = _("通知偏好")
        constraints = [models.UniqueConstraint(fields=["owner_kind", "owner_id"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.owner_kind} {self.owner_id}"


class HoursInForce(models.Model):
    """The hours, days off and budget by which waiting notices were given their moments, digested. One row."""

    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_hours_in_force")]

    def __str__(self) -> str:
        return self.digest
