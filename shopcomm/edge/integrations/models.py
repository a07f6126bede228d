"""Other order systems: how each is joined, what it sent, and which of the shop's orders its orders are."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField
from shopcomm.edge.integrations import events  # noqa: F401  (declares their kinds)


class Connection(models.Model):
    """One other system and the way in which it is joined."""

    class State(models.TextChoices):
        ACTIVE = "active", _("运行中")
        PAUSED = "paused", _("已停下")

    name = LineField(_("名称"), max_length=60, unique=True)
    # Of the way in which it is joined (`ways.py`).
    kind = models.CharField(_("方式"), max_length=20)
    # `statuses`: what the other system calls a status, and what it is here.
    configuration = models.JSONField(_("设置"), default=dict, blank=True)
    # JSON, encrypted under SECRET_KEY.
    sealed_credentials = models.TextField(blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ACTIVE)
    # How far the other system has been read, where it is read and does not push.
    cursor = models.CharField(_("位置"), max_length=200, blank=True)
    heard_at = models.DateTimeField(_("最近收到"), null=True, blank=True)
    # Since when the other system does not answer, and what it or the line said last; empty while all is well.
    failing_since = models.DateTimeField(_("何时起联系不上"), null=True, blank=True)
    last_error = models.CharField(_("最近的错误"), max_length=300, blank=True)
    # Managers are told once of one that cannot be reached.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("建立时间"), default=timezone.now)

    class Meta:
        verbose_name = _("对接")
        verbose_name_plural = _("对接")

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether what comes in is taken."""
        return self.state == self.State.ACTIVE


class OutsideOrder(models.Model):
    """An order as another system knows it. One process at a time applies what was said of it."""

    connection = models.ForeignKey(Connection, models.PROTECT, verbose_name=_("对接"))
    external_id = models.CharField(_("外部单号"), max_length=64)
    # Empty until everything that an order needs has come.
    order = models.ForeignKey(
        "orders.Order", models.SET_NULL, null=True, related_name="+", verbose_name=_("订单")
    )
    # By part (`status`, `address`, …): when it was last said what it is, by which record (`freshness.py`).
    seen = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("外部订单")
        verbose_name_plural = _("外部订单")
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="outside_order_once")
        ]

    def __str__(self) -> str:
        return self.external_id


class InboundRecord(models.Model):
    """One thing that another system said of an order: stored as it came before anything is done about it."""

    class State(models.TextChoices):
        RECEIVED = "received", _("等待处理")
        APPLIED = "applied", _("已处理")
        # Said before, or older than what is known.
        UNCHANGED = "unchanged", _("没有变化")
        # Cannot be read as an order yet: a person mends it, or more of the order comes.
        PARKED = "parked", _("看不懂，已搁置")
        # The order does not allow it: shown beside the order, for a person.
        CONFLICT = "conflict", _("与订单冲突")
        DISMISSED = "dismissed", _("已忽略")

    connection = models.ForeignKey(Connection, models.PROTECT, verbose_name=_("对接"))
    # The sender's own, the same however often it is sent.
    message_id = models.CharField(_("消息编号"), max_length=255)
    external_id = models.CharField(_("外部单号"), max_length=64, blank=True)
    body = models.JSONField(_("内容"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.RECEIVED)
    # A code for programs and a sentence for people: why it is parked or in conflict.
    reason = models.CharField(_("原因代码"), max_length=40, blank=True)
    detail = models.TextField(_("原因"), blank=True)
    order = models.ForeignKey(
        "orders.Order", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("订单")
    )
    failures = models.PositiveSmallIntegerField(_("失败次数"), default=0)
    retry_at = models.DateTimeField(_("下次重试"), null=True, blank=True)
    received_at = models.DateTimeField(_("收到时间"), default=timezone.now)
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("收到的订单消息")
        verbose_name_plural = _("收到的订单消息")
        constraints = [
            models.UniqueConstraint(fields=["connection", "message_id"], name="inbound_record_once")
        ]
        indexes = [
            # What the worker asks for.
            models.Index(fields=["id"], condition=models.Q(state="received"), name="inbound_waiting"),
            # What waits for a person, and what an order that is there at last lets go.
            models.Index(
                fields=["connection", "external_id"],
                condition=models.Q(state__in=["parked", "conflict"]),
                name="inbound_stuck",
            ),
            # The page of a connection.
            models.Index(fields=["connection", "-id"], name="inbound_by_connection"),
            # What goes by age.
            models.Index(
                fields=["settled_at"], condition=models.Q(settled_at__isnull=False), name="inbound_settled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.message_id}".strip()
