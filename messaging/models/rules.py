"""Notification rules of managers: which event notifies whom, when, and with which text."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.roles import Role


class Audience(models.TextChoices):
    CUSTOMER = "customer", _("客户")
    ASSIGNED = "assigned", _("负责销售")
    ROLE = "role", _("某个角色的全部员工")
    PERSON = "person", _("指定员工")


class Channel(models.TextChoices):
    """Ways to somebody. The conversation, or the notification centre for staff, always comes first."""

    PUSH = "push", _("浏览器推送")
    EMAIL = "email", _("邮件")
    SMS = "sms", _("短信")
    BOT = "bot", _("员工群机器人")


class Outside(models.TextChoices):
    """What becomes of a notice outside working hours."""

    WAIT = "wait", _("等到营业时间")
    SEND = "send", _("立即发送")
    URGENT = "urgent", _("仅加急订单立即发送")


class NotificationRule(models.Model):
    """One rule: when this happens, and these conditions hold, tell these people in this way."""

    # Names the rules that ship with the product; blank for the shop's own.
    key = models.SlugField(_("标识"), max_length=40, blank=True, editable=False)
    name = models.CharField(_("名称"), max_length=60)
    enabled = models.BooleanField(_("启用"), default=False)
    # What it waits for: a name of `Trigger`, or one that a kind of fact declares. The form knows which there are, the
    # column does not, so that a new kind of notice needs no migration.
    trigger = models.CharField(_("触发场景"), max_length=24)
    # Timers: minutes to wait, one notice a step: 30, 240, 1200.
    steps = models.JSONField(_("等待时间（分钟）"), default=list, blank=True)
    cancel_after = models.PositiveIntegerField(
        _("最后一次提醒后自动取消订单（分钟）"),
        null=True,
        blank=True,
        help_text=_("留空不自动取消；会释放库存"),
    )
    delay_minutes = models.PositiveIntegerField(_("延迟（分钟）"), default=0)
    # Conditions: empty ones ask for nothing.
    urgent = models.BooleanField(_("加急"), null=True, blank=True)
    sources = models.JSONField(_("来源"), default=list, blank=True)
    min_total = models.DecimalField(_("金额不低于"), max_digits=12, decimal_places=2, null=True, blank=True)
    max_total = models.DecimalField(_("金额不高于"), max_digits=12, decimal_places=2, null=True, blank=True)
    regions = models.JSONField(_("地区"), default=list, blank=True)
    tags = models.JSONField(_("客户标签"), default=list, blank=True)
    categories = models.JSONField(_("商品类别"), default=list, blank=True)
    audience = models.CharField(_("发送对象"), max_length=10, choices=Audience, default=Audience.CUSTOMER)
    role = models.CharField(_("角色"), max_length=12, choices=Role, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, verbose_name=_("员工")
    )
    channels = models.JSONField(_("渠道（按顺序）"), default=list, blank=True)
    outside = models.CharField(_("非工作时间"), max_length=8, choices=Outside, default=Outside.URGENT)
    priority = models.PositiveSmallIntegerField(_("优先级"), default=50, help_text=_("大的先发"))
    cap_count = models.PositiveIntegerField(
        _("每人最多（条）"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cap_hours = models.PositiveIntegerField(_("在几小时内"), default=24, validators=[MinValueValidator(1)])
    version = models.PositiveIntegerField(_("版本"), default=0, editable=False)
    updated_at = models.DateTimeField(_("修改时间"), auto_now=True)

    class Meta:
        verbose_name = _("通知规则")
        verbose_name_plural = _("通知规则")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~models.Q(key=""), name="rule_key"),
            models.CheckConstraint(
                condition=~models.Q(trigger__in=["stock_low", "stock_replenished"], audience="customer"),
                name="rule_stock_is_internal",
            ),
        ]
        indexes = [
            # Planning: the rules that wait for what has happened.
            models.Index(fields=["trigger"], condition=models.Q(enabled=True), name="rule_by_trigger")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The rule's name; of one that ships with the product, in the reader's language as long as it keeps its own."""
        return gettext(self.name) if self.key and self.name else self.name


class NotificationTemplate(models.Model):
    """The words of a rule in one language, for every channel or for one."""

    rule = models.ForeignKey(NotificationRule, models.CASCADE, related_name="templates")
    language = models.CharField(_("语言"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel, blank=True)
    body = models.TextField(_("模板"), max_length=1000)

    class Meta:
        verbose_name = _("通知模板")
        verbose_name_plural = _("通知模板")
        constraints = [models.UniqueConstraint(fields=["rule", "language", "channel"], name="template_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.language} {self.channel}".strip()


class RuleVersion(models.Model):
    """A rule as it was saved, with its templates: what decided then, and what can be brought back."""

    rule = models.ForeignKey(NotificationRule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("版本"))
    snapshot = models.JSONField(_("内容"))
    changed_by = models.CharField(_("修改人"), max_length=120, blank=True)
    changed_at = models.DateTimeField(_("修改时间"))

    class Meta:
        verbose_name = _("规则版本")
        verbose_name_plural = _("规则版本")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"
