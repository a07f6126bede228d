"""The event log and what its readers remember."""

from functools import cached_property

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import HISTORY, Event, read_fact
from shopcomm.core.fields import LineField


class DomainEvent(models.Model):
    """A fact that has happened, written in the transaction of the change. Never altered or deleted."""

    type = models.CharField(_("类型"), max_length=60)
    # Given after commit by the relay, so that readers paging by it never skip a late commit.
    position = models.BigIntegerField(_("位置"), null=True, unique=True, editable=False)
    # Ids, not foreign keys: the log stands below the domains whose facts it keeps.
    order_id = models.BigIntegerField(_("订单"), null=True, blank=True)
    conversation_id = models.BigIntegerField(_("会话"), null=True, blank=True)
    data = models.JSONField(_("内容"), default=dict)
    actor_kind = models.CharField(_("操作者类型"), max_length=10, default="system")
    actor_id = models.BigIntegerField(_("操作者"), null=True, blank=True)
    actor_name = LineField(_("操作者姓名"), max_length=120, blank=True)
    occurred_at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        verbose_name = _("事件")
        verbose_name_plural = _("事件")
        indexes = [
            # The relay's question: what has committed and has no position yet?
            models.Index(fields=["id"], condition=models.Q(position=None), name="event_unpositioned"),
            # The timeline on the order page.
            models.Index(
                fields=["order_id", "id"], name="event_by_order", condition=~models.Q(order_id=None)
            ),
            # GET events/?type=
            models.Index(fields=["type", "position"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"

    @cached_property
    def fact(self) -> Event:
        """What has happened, as the dataclass it was published as. Raises UnknownField."""
        return read_fact(self.type, self.data, order_id=self.order_id, conversation_id=self.conversation_id)

    @property
    def is_history(self) -> bool:
        """Whether it was loaded from elsewhere, long over: readers that tell people the news leave it alone."""
        return bool(self.data.get(HISTORY))


class HandlerCursor(models.Model):
    """How far one handler has read, and how often it has failed at the next event."""

    name = models.CharField(_("处理器"), max_length=120, primary_key=True)
    position = models.BigIntegerField(_("位置"), default=0)
    failures = models.PositiveIntegerField(_("连续失败"), default=0)
    retry_at = models.DateTimeField(_("下次重试"), null=True, blank=True)

    class Meta:
        verbose_name = _("处理进度")
        verbose_name_plural = _("处理进度")

    def __str__(self) -> str:
        return self.name


class DeadLetter(models.Model):
    """An event that one handler could not handle: tried again by itself while `retry_at` is set, then by whoever retries
    it."""

    handler = models.CharField(_("处理器"), max_length=120)
    event = models.ForeignKey(DomainEvent, models.PROTECT, verbose_name=_("事件"))
    error = models.TextField(_("错误"))
    failures = models.PositiveIntegerField(_("失败次数"), default=0, db_default=0)
    retry_at = models.DateTimeField(_("下次重试"), null=True, blank=True)
    parked_at = models.DateTimeField(_("搁置时间"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("解决时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("死信")
        verbose_name_plural = _("死信")
        constraints = [models.UniqueConstraint(fields=["handler", "event"], name="dead_letter_once")]

    def __str__(self) -> str:
        return f"{self.handler}: {self.event_id}"
