"""Endpoints of other systems, what is to be delivered to them, and every attempt at it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.models import DomainEvent
from shopcomm.core.fields import LineField
from shopcomm.edge.integrations.webhooks_out import events  # noqa: F401  (declares their kind)


class WebhookEndpoint(models.Model):
    """An address of another system that wants to be told of events."""

    class State(models.TextChoices):
        ACTIVE = "active", _("启用")
        # By a person: what happens meanwhile waits.
        PAUSED = "paused", _("暂停")
        # It failed for days, or asked for it: what happens meanwhile is kept and not sent.
        DISABLED = "disabled", _("已停用")

    url = models.CharField(_("地址"), max_length=500)
    description = LineField(_("说明"), max_length=200, blank=True)
    # Names of event types, or `*`.
    event_types = models.JSONField(_("事件类型"), default=list)
    payload_version = models.CharField(_("内容版本"), max_length=10, default="1")
    sealed_headers = models.TextField(blank=True, editable=False)
    sealed_secret = models.TextField(editable=False)
    # After a rotation: signed with as well, until then.
    sealed_old_secret = models.TextField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.ACTIVE)
    disabled_reason = models.CharField(_("停用原因"), max_length=300, blank=True)
    disabled_at = models.DateTimeField(_("停用时间"), null=True, blank=True)
    # Since the last success: the first failure, how many there were, and how many that lie apart.
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    spells = models.PositiveSmallIntegerField(default=0)
    last_spell_at = models.DateTimeField(null=True, blank=True)
    # It asked to be left alone.
    rests_until = models.DateTimeField(null=True, blank=True)
    # Managers are told once of one that was disabled.
    told_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)

    class Meta:
        verbose_name = _("Webhook 地址")
        verbose_name_plural = _("Webhook 地址")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.url

    @property
    def reader_name(self) -> str:
        """Its reader of the log."""
        return f"webhook:{self.pk}"


class WebhookDelivery(models.Model):
    """One event for one endpoint. Its row is written with the reader's step, so it is there once."""

    class State(models.TextChoices):
        PENDING = "pending", _("等待发送")
        DELIVERED = "delivered", _("已送达")
        FAILED = "failed", _("失败")
        # Kept while the endpoint was disabled.
        SKIPPED = "skipped", _("未发送")

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    # None for a test.
    event = models.ForeignKey(DomainEvent, models.PROTECT, null=True, related_name="+")
    # `webhook-id`: the same for every attempt.
    message_id = models.CharField(max_length=60)
    type = models.CharField(_("类型"), max_length=60)
    # What must not be overtaken in: the event's order or conversation; empty where nothing waits behind it.
    stream = models.CharField(max_length=40, blank=True)
    position = models.BigIntegerField(default=0)
    # The body as it is sent: made once, so that every attempt says the same. Empty where it could not be made.
    payload = models.TextField(blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(_("下次发送"), default=timezone.now)
    # Who is sending it, and until when nobody else may.
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    status = models.PositiveSmallIntegerField(_("回应"), null=True, blank=True)
    error = models.CharField(_("错误"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("Webhook 发送记录")
        verbose_name_plural = _("Webhook 发送记录")
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_delivery_once")]
        indexes = [
            # What is due for an endpoint, and how many are under way.
            models.Index(
                fields=["endpoint", "due_at", "position"],
                name="webhook_delivery_due",
                condition=models.Q(state="pending"),
            ),
            # What waits before it in its stream.
            models.Index(
                fields=["endpoint", "stream", "position"],
                name="webhook_delivery_stream",
                condition=models.Q(state="pending"),
            ),
            # The page of an endpoint, newest first.
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_newest"),
            # What goes by age.
            models.Index(fields=["finished_at"], name="webhook_delivery_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def is_test(self) -> bool:
        """Whether it was sent to try the endpoint."""
        return self.event_id is None


class WebhookAttempt(models.Model):
    """One call and what came of it."""

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    # The beginning of what was answered.
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("Webhook 尝试")
        verbose_name_plural = _("Webhook 尝试")
        ordering = ["number", "id"]
        indexes = [models.Index(fields=["started_at"], name="webhook_attempt_started")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"
