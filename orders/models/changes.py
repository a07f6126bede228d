from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class ChangeKind(models.TextChoices):
    """What somebody may ask to have changed."""

    ADDRESS = "address", _("收货信息")
    ITEMS = "items", _("商品")
    URGENT = "urgent", _("加急")
    NOTE = "note", _("备注")
    CANCEL = "cancel", _("取消订单")
    DELIVERY_DATE = "delivery_date", _("送货日期")
    # The shop's own wish: no customer asks for it.
    PRICE = "price", _("价格")


class Handler(models.TextChoices):
    """Who has to answer a request."""

    WAREHOUSE = "warehouse", _("仓库")
    SALES = "sales", _("销售")
    COURIER = "courier", _("快递拦截")
    # Of a paid order, the shop changes nothing that was agreed without the customer's word.
    CUSTOMER = "customer", _("客户")
    # Of an order that another system keeps: it decides, and answers by its way in (`orders.hooks.order_keepers`).
    OUTSIDE = "outside", _("订单系统")


class ChangeRequest(models.Model):
    """Something somebody asked to have changed, and what became of it. Answered ones stay in the record."""

    class State(models.TextChoices):
        OPEN = "open", _("等待处理")
        ACCEPTED = "accepted", _("已接受")
        DECLINED = "declined", _("已拒绝")
        WITHDRAWN = "withdrawn", _("已撤回")
        EXPIRED = "expired", _("已过期")
        VOID = "void", _("已作废")

    order = models.ForeignKey(Order, models.CASCADE, related_name="change_requests", verbose_name=_("订单"))
    kind = models.CharField(_("类型"), max_length=16, choices=ChangeKind)
    # What was asked, as the services take it; and the fields it touches, as people are shown them.
    data = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    base_version = models.PositiveIntegerField(_("订单版本"))
    handler = models.CharField(_("处理人"), max_length=10, choices=Handler, blank=True)
    # What the other system is called that it was laid before, if it was.
    system = models.CharField(_("对方系统"), max_length=60, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OPEN)
    asked_by_kind = models.CharField(max_length=10)
    asked_by_id = models.BigIntegerField(default=0)
    asked_by = models.CharField(_("提出者"), max_length=120)
    asked_at = models.DateTimeField(_("提出时间"))
    # When it ought to be answered; later it is a manager's business.
    answer_by = models.DateTimeField(_("最晚答复"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("上报时间"), null=True, blank=True)
    answered_by = models.CharField(_("处理者"), max_length=120, blank=True)
    answered_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    # The customer's message that asks for it, by its seq in the order's conversation.
    source_message_seq = models.PositiveBigIntegerField(_("根据消息"), null=True, blank=True)
    # How the customer agreed to what the shop wants: by a tap or on the phone, who, when, and who wrote it down.
    consent = models.JSONField(_("客户同意"), default=dict, blank=True)
    # The caller's own key: the same one again is the same request.
    key = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("修改申请")
        verbose_name_plural = _("修改申请")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "key"], condition=~models.Q(key=""), name="change_request_once"
            )
        ]
        indexes = [
            # Of an order, newest first.
            models.Index(fields=["order", "-id"], name="change_by_order"),
            # What waits for somebody: the warehouse's page, the sweep.
            models.Index(fields=["answer_by"], condition=models.Q(state="open"), name="change_open"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind} {self.state}"

    @property
    def waits_for(self) -> str:
        """Who has to answer it, as people call them: another system by its name."""
        return self.system or str(self.get_handler_display())


class ChangePolicy(models.Model):
    """One cell of the policy that a manager has changed; the others are as they ship."""

    stage = models.CharField(max_length=20)
    part = models.CharField(max_length=16)
    outcome = models.CharField(max_length=10)

    class Meta:
        verbose_name = _("修改政策")
        verbose_name_plural = _("修改政策")
        constraints = [models.UniqueConstraint(fields=["stage", "part"], name="change_policy_cell")]

    def __str__(self) -> str:
        return f"{self.stage} {self.part}: {self.outcome}"
