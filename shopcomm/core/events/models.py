"""The event log and the state of its readers."""

from functools import cached_property

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.events.kinds import HISTORY, Event, read_fact
from shopcomm.core.fields import LineField

# What is about more than one conversation: of all that is said, a log has far more than of anything else.
BESIDE_CONVERSATIONS = models.Q(order_id__isnull=False) | models.Q(conversation_id=None)


class DomainEvent(models.Model):
    """A fact that has happened, written in the transaction of the change. Never altered or deleted."""

    type = models.CharField(_("类型"), max_length=60)
    # Given after commit (positions.py), so that readers paging by it never skip a late commit.
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
            # The question of who gives positions: what has committed and has no position yet?
            models.Index(fields=["id"], condition=models.Q(position=None), name="event_unpositioned"),
            # The timeline on the order page.
            models.Index(
                fields=["order_id", "id"], name="event_by_order", condition=~models.Q(order_id=None)
            ),
            # GET events/?type=
            models.Index(fields=["type", "position"], name="event_by_type"),
            # The feeds of desk and stockroom, which hear of messages another way.
            models.Index(fields=["position"], condition=BESIDE_CONVERSATIONS, name="event_beside_talk"),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.pk}"

    @cached_property
    def fact(self) -> Event:
        """The event as the dataclass it was published as. Raises UnknownField."""
        return read_fact(self.type, self.data, order_id=self.order_id, conversation_id=self.conversation_id)

    @property
    def is_history(self) -> bool:
        """Whether it was loaded from elsewhere, long over: readers that tell people the news leave it alone."""
        return bool(self.data.get(HISTORY))

    @property
    def stream(self) -> str:
        """What the event must not be overtaken in: its order, else its conversation; empty for one that has neither."""
        if self.order_id:
            return f"order:{self.order_id}"
        return f"conversation:{self.conversation_id}" if self.conversation_id else ""


class Reader(models.Model):
    """Somebody who follows the log: what they are (`kind`), with what settings, and how far they have read.

    A handler is one kind. Another kind registers itself (`readers.reader_kind`) and adds its rows; the relay serves them
    all alike.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("运行中")
        PAUSED = "paused", _("已停下")

    name = models.CharField(_("读者"), max_length=120, primary_key=True)
    kind = models.CharField(_("种类"), max_length=30, default="handler", db_default="handler")
    configuration = models.JSONField(_("设置"), default=dict, blank=True)
    # All up to here is handled, or held.
    position = models.BigIntegerField(_("位置"), default=0)
    state = models.CharField(
        _("状态"), max_length=10, choices=State.choices, default=State.ACTIVE, db_default="active"
    )

    class Meta:
        verbose_name = _("处理进度")
        verbose_name_plural = _("处理进度")

    def __str__(self) -> str:
        return self.name


class HeldEvent(models.Model):
    """An event that one reader could not handle yet: it is tried again at `retry_at`. Without a time it waits behind an
    earlier one of the same stream."""

    reader = models.ForeignKey(Reader, models.CASCADE, verbose_name=_("读者"))
    event = models.ForeignKey(DomainEvent, models.PROTECT, verbose_name=_("事件"))
    # The event's own, kept here for the order in which they are tried.
    position = models.BigIntegerField(_("位置"))
    # What it must not be overtaken in; empty where nothing waits behind it.
    stream = models.CharField(_("属于"), max_length=40, blank=True)
    failures = models.PositiveIntegerField(_("失败次数"), default=0)
    retry_at = models.DateTimeField(_("下次重试"), null=True, blank=True)
    error = models.TextField(_("错误"), blank=True)
    held_at = models.DateTimeField(_("搁置时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("等待重试的事件")
        verbose_name_plural = _("等待重试的事件")
        constraints = [models.UniqueConstraint(fields=["reader", "event"], name="held_event_once")]
        indexes = [
            # What is due, and what waits behind it.
            models.Index(
                fields=["retry_at"], name="held_event_due", condition=models.Q(retry_at__isnull=False)
            ),
            models.Index(fields=["reader", "stream", "position"], name="held_event_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id}: {self.event_id}"


class DeadLetter(models.Model):
    """An event that one reader failed at so often that a person has to look: it is tried again when somebody says so."""

    reader = models.CharField(_("读者"), max_length=120)
    event = models.ForeignKey(DomainEvent, models.PROTECT, verbose_name=_("事件"))
    error = models.TextField(_("错误"))
    failures = models.PositiveIntegerField(_("失败次数"), default=0, db_default=0)
    parked_at = models.DateTimeField(_("搁置时间"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("解决时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("死信")
        verbose_name_plural = _("死信")
        constraints = [models.UniqueConstraint(fields=["reader", "event"], name="dead_letter_once")]

    def __str__(self) -> str:
        return f"{self.reader}: {self.event_id}"
