"""Messages for later: scheduled by staff, or sent when goods are back in stock."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ScheduledMessage(models.Model):
    """A message that a member of staff wrote now to be sent later."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        SENT = "sent", _("已发送")
        CANCELLED = "cancelled", _("已取消")
        FAILED = "failed", _("没有发出")

    conversation = models.ForeignKey("messaging.Conversation", models.PROTECT, related_name="scheduled")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("作者"))
    body = models.TextField(_("内容"), max_length=10_000)
    send_at = models.DateTimeField(_("发送时间"))
    # The message's key, so that a sweep that is killed and repeated says it once.
    client_id = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(_("实际发送"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("失败次数"), default=0, db_default=0)
    error = models.CharField(_("错误"), max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("定时消息")
        verbose_name_plural = _("定时消息")
        indexes = [
            models.Index(fields=["send_at"], condition=models.Q(state="waiting"), name="scheduled_due"),
            models.Index(fields=["conversation", "state"], name="scheduled_by_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.send_at:%F %R}"


class StockWatch(models.Model):
    """A customer who watches a sold-out variant and is notified when it is back, first come first served."""

    conversation = models.ForeignKey("messaging.Conversation", models.PROTECT, related_name="watches")
    variant = models.ForeignKey("orders.Variant", models.PROTECT, verbose_name=_("规格"))
    quantity = models.PositiveIntegerField(_("数量"), default=1)
    asked_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    told_at = models.DateTimeField(_("已通知"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("已取消"), null=True, blank=True)

    class Meta:
        verbose_name = _("到货登记")
        verbose_name_plural = _("到货登记")
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "variant"],
                condition=models.Q(told_at=None, cancelled_at=None),
                name="watch_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["variant", "asked_at"],
                condition=models.Q(told_at=None, cancelled_at=None),
                name="watch_queue",
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} → {self.conversation_id}"
