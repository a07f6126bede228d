from django.db import models
from django.utils.translation import gettext_lazy as _


class AfterSalesCase(models.Model):
    """售后: something a customer wants to give back, to have replaced or to be paid for, and what became of it."""

    class Kind(models.TextChoices):
        RETURN = "return", _("退货退款")
        EXCHANGE = "exchange", _("换货")
        REFUND = "refund", _("仅退款")

    class State(models.TextChoices):
        APPLIED = "applied", _("等待商家处理")
        WAITING_RETURN = "waiting_return", _("等待寄回")
        RETURN_IN_TRANSIT = "return_in_transit", _("寄回途中")
        INSPECTING = "inspecting", _("验货中")
        REFUND_DUE = "refund_due", _("等待退款")
        RESOLVED = "resolved", _("已完成")
        REJECTED = "rejected", _("已拒绝")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Reason(models.TextChoices):
        WRONG_COLOR = "wrong_color", _("颜色、款式发错")
        DAMAGED = "damaged", _("破损、质量问题")
        MISSING = "missing", _("少发、漏发")
        NOT_AS_DESCRIBED = "not_as_described", _("与描述不符")
        NO_LONGER_WANTED = "no_longer_wanted", _("不想要了")
        OTHER = "other", _("其他")

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="after_sales", verbose_name=_("订单")
    )
    kind = models.CharField(_("类型"), max_length=10, choices=Kind)
    state = models.CharField(_("状态"), max_length=20, choices=State, default=State.APPLIED)
    reason = models.CharField(_("原因"), max_length=20, choices=Reason)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    # Pictures sent with it, as the conversation of the order keeps them.
    pictures = models.JSONField(_("照片"), default=list, blank=True)
    # What goes back to the customer: suggested from the lines, decided by whoever approves.
    amount = models.DecimalField(_("退款金额"), max_digits=12, decimal_places=2, default=0)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    answered_by = models.CharField(_("处理者"), max_length=120, blank=True)
    # Who refused it last, of the shop's people: an appeal is for somebody else to decide.
    refused_by = models.ForeignKey(
        "accounts.Staff", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("拒绝者")
    )
    # Where the goods go and until when they are to be sent, as it was told when the shop agreed.
    return_to = models.CharField(_("退货地址"), max_length=400, blank=True)
    return_by = models.DateField(_("最晚寄出"), null=True, blank=True)
    appealed = models.BooleanField(_("已申诉"), default=False)
    carrier = models.CharField(_("寄回承运商"), max_length=40, blank=True)
    tracking_number = models.CharField(_("寄回运单号"), max_length=60, blank=True)
    # 换货: the order that brings the other goods.
    replacement = models.OneToOneField(
        "orders.Order",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("换货单"),
    )
    asked_by = models.CharField(_("提出者"), max_length=120)
    asked_at = models.DateTimeField(_("提出时间"))
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    # The caller's own key: the same one again is the same case.
    key = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("售后单")
        verbose_name_plural = _("售后单")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "key"], condition=~models.Q(key=""), name="after_sales_once"
            ),
        ]
        indexes = [
            # What waits for somebody: the stockroom's list of returns, the desk's.
            models.Index(fields=["state", "asked_at"], name="after_sales_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind} {self.state}"


class AfterSalesLine(models.Model):
    """What of an order's line a case is about, and how it came back."""

    case = models.ForeignKey(AfterSalesCase, models.CASCADE, related_name="lines")
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="after_sales")
    quantity = models.PositiveIntegerField(_("数量"))
    # Of a line of which the shop agreed to a part only: how many had been asked for.
    asked = models.PositiveIntegerField(_("申请数量"), null=True, blank=True)
    # 换货: what is wanted instead.
    wanted = models.ForeignKey(
        "orders.Variant", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("换成")
    )
    good = models.PositiveIntegerField(_("完好"), default=0)
    damaged = models.PositiveIntegerField(_("残次"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "line"], name="after_sales_line_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="after_sales_quantity_min"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=models.F("good") + models.F("damaged")),
                name="after_sales_not_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} ×{self.quantity}"
