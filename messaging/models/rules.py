"""What managers set: which fact is told to whom, when, and in which words."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.roles import Role


class Trigger(models.TextChoices):
    """What a rule waits for. Those of an order's moves are the notices of the transition table."""

    ORDER_CONFIRMED = "order_confirmed", _("下单成功")
    PAID = "paid", _("已付款")
    ON_ACCOUNT = "on_account", _("已挂账")
    PAYMENT_RECORDED = "payment_recorded", _("收到部分货款")
    PAYMENT_SETTLED = "payment_settled", _("收到余款")
    BALANCE_DUE = "balance_due", _("改单后待付差额")
    BALANCE_TO_RETURN = "balance_to_return", _("改单或取消后待退款")
    MONEY_TO_RETURN = "money_to_return", _("有款项要退，等经理处理")
    DEBT_REDUCED = "debt_reduced", _("退货抵减欠款")
    PICKING = "picking", _("开始配货")
    PARCEL_SHIPPED = "parcel_shipped", _("部分发货")
    SHIPPED = "shipped", _("已发货")
    TRACKING = "tracking", _("物流有更新")
    DELIVERED = "delivered", _("已签收")
    PARCEL_RETURNED = "parcel_returned", _("包裹退回")
    COMPLETED = "completed", _("订单完成")
    CHANGED = "changed", _("订单被修改")
    URGED = "urged", _("客户催单")
    SHORTAGE = "shortage", _("订单缺货等销售处理")
    LOW_RATING = "low_rating", _("客户评价低")
    HANDED_OVER = "handed_over", _("会话或订单转给同事")
    AFTER_SALES = "after_sales", _("售后有进展")
    AFTER_SALES_FOR_SALES = "after_sales_for_sales", _("售后等销售处理")
    RETURN_ON_ITS_WAY = "return_on_its_way", _("退货寄出")
    PART_REFUNDED = "part_refunded", _("部分退款到账")
    CHANGE_FOR_SALES = "change_for_sales", _("修改申请等销售处理")
    CHANGE_FOR_WAREHOUSE = "change_for_warehouse", _("修改申请等仓库处理")
    CHANGE_FOR_CUSTOMER = "change_for_customer", _("修改等客户同意")
    CHANGE_ACCEPTED = "change_accepted", _("申请的修改已生效")
    CONSENT_REFUSED = "consent_refused", _("客户没有同意修改")
    CHANGE_ESCALATED = "change_escalated", _("修改申请超时未处理")
    CHANGE_REJECTED = "change_rejected", _("修改申请未通过")
    CANCELLED = "cancelled", _("订单取消")
    EXPIRED = "expired", _("超时未付关闭")
    REFUND_REQUESTED = "refund_requested", _("申请退款")
    CANCELLED_REFUNDING = "cancelled_refunding", _("取消并退款")
    REFUND_REJECTED = "refund_rejected", _("退款被驳回或撤回")
    REFUND_PARTIAL = "refund_partial", _("改为部分退款")
    REFUNDED = "refunded", _("退款到账")
    DEBT_DUE = "debt_due", _("挂账到期（从到期日零点起算）")
    DEBT_OVERDUE = "debt_overdue", _("挂账逾期（从到期日次日零点起算）")
    UNPAID = "unpaid", _("下单后超过时间未付款")
    PICKING_LONG = "picking_long", _("配货超过时间未完成")
    UNANSWERED = "unanswered", _("客户消息超过时间未回复")
    STOCK_LOW = "stock_low", _("库存低于预警线")
    STOCK_REPLENISHED = "stock_replenished", _("库存已补足")
    BACK_IN_STOCK = "back_in_stock", _("到货通知")
    HOLIDAYS_MISSING = "holidays_missing", _("下一年调休尚未公布")


# Timers: they need a number of minutes; the others wait for an event.
DEBTS = frozenset({Trigger.DEBT_DUE, Trigger.DEBT_OVERDUE})
TIMERS = DEBTS | {Trigger.UNPAID, Trigger.PICKING_LONG, Trigger.UNANSWERED}
# About goods, not about an order: never for a customer, except when they asked to be told.
ABOUT_STOCK = frozenset({Trigger.STOCK_LOW, Trigger.STOCK_REPLENISHED})
# Money: told in the conversation whatever was turned off and however much was said already.
ALWAYS_TOLD = frozenset(
    {
        Trigger.PAID,
        Trigger.ON_ACCOUNT,
        Trigger.PAYMENT_RECORDED,
        Trigger.PAYMENT_SETTLED,
        Trigger.BALANCE_DUE,
        Trigger.BALANCE_TO_RETURN,
        Trigger.DEBT_REDUCED,
        Trigger.REFUNDED,
        Trigger.REFUND_PARTIAL,
    }
)


# Outside a customer's daily budget: money, what becomes of the parcel, and answers to what the customer asked for.
OUTSIDE_BUDGET = (
    ALWAYS_TOLD
    | DEBTS
    | {
        Trigger.PART_REFUNDED,
        Trigger.REFUND_REQUESTED,
        Trigger.REFUND_REJECTED,
        Trigger.CANCELLED_REFUNDING,
        Trigger.PARCEL_SHIPPED,
        Trigger.SHIPPED,
        Trigger.DELIVERED,
        Trigger.PARCEL_RETURNED,
        Trigger.CHANGED,
        Trigger.CHANGE_ACCEPTED,
        Trigger.CHANGE_REJECTED,
        Trigger.CHANGE_FOR_CUSTOMER,
        Trigger.CANCELLED,
        Trigger.AFTER_SALES,
        Trigger.BACK_IN_STOCK,
    }
)


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
