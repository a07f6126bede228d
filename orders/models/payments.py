from django.db import models
from django.utils.translation import gettext_lazy as _


class Payment(models.Model):
    """Money that came in for an order. No card data, ever."""

    class Method(models.TextChoices):
        WECHAT = "wechat", _("微信支付")
        ALIPAY = "alipay", _("支付宝")
        TRANSFER = "transfer", _("银行转账")
        CASH = "cash", _("现金")
        ON_ACCOUNT = "on_account", _("赊账")
        EXCHANGE = "exchange", _("换货抵扣")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="payments", verbose_name=_("订单"))
    # Part of one sum that was spread over several orders; the slip's number is the repayment's.
    repayment = models.ForeignKey(
        "orders.Repayment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("还款"),
    )
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    method = models.CharField(_("方式"), max_length=12, choices=Method, default=Method.TRANSFER)
    reference = models.CharField(_("流水号"), max_length=80, blank=True)
    received_at = models.DateTimeField(_("到账时间"))

    class Meta:
        verbose_name = _("收款")
        verbose_name_plural = _("收款")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_amount_min"),
            # A payment provider that calls twice pays once.
            models.UniqueConstraint(
                fields=["method", "reference"],
                condition=~models.Q(reference=""),
                name="payment_reference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


# What somebody may register as money; an exchange brings its own along, and a debt is no money at all.
NO_MONEY = (Payment.Method.EXCHANGE, Payment.Method.ON_ACCOUNT)
BY_HAND = [choice for choice in Payment.Method.choices if choice[0] not in NO_MONEY]


class Repayment(models.Model):
    """One sum with which a customer paid what they owe, spread over their orders, the oldest first."""

    customer = models.ForeignKey(
        "accounts.Customer", models.PROTECT, related_name="repayments", verbose_name=_("客户")
    )
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    method = models.CharField(_("方式"), max_length=12, choices=Payment.Method)
    reference = models.CharField(_("流水号"), max_length=80, blank=True)
    received_at = models.DateTimeField(_("到账时间"))
    recorded_by = models.CharField(_("登记人"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("还款")
        verbose_name_plural = _("还款")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="repayment_amount_min"),
            models.UniqueConstraint(
                fields=["method", "reference"],
                condition=~models.Q(reference=""),
                name="repayment_reference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class DebtReduction(models.Model):
    """Goods that were not paid for came back: so much less is owed, and no money moves."""

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="debt_reductions", verbose_name=_("订单")
    )
    case = models.ForeignKey(
        "orders.AfterSalesCase",
        models.PROTECT,
        related_name="debt_reductions",
        verbose_name=_("售后单"),
    )
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    reduced_at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("抵减欠款")
        verbose_name_plural = _("抵减欠款")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="debt_reduction_min"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class Refund(models.Model):
    """Money that goes back. A whole-order refund moves the order; the others only book what they are about."""

    class Purpose(models.TextChoices):
        ORDER = "order", _("整单退款")
        CASE = "case", _("售后退款")
        DIFFERENCE = "difference", _("改单退差价")
        EXCHANGE = "exchange", _("抵扣换货单")
        CANCELLED = "cancelled", _("取消订单退款")
        PART = "part", _("部分退款")

    class State(models.TextChoices):
        REQUESTED = "requested", _("已申请")
        APPROVED = "approved", _("待退款")
        FAILED = "failed", _("退款失败")
        SUCCEEDED = "succeeded", _("已到账")
        REJECTED = "rejected", _("已驳回")
        WITHDRAWN = "withdrawn", _("已撤回")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="refunds", verbose_name=_("订单"))
    purpose = models.CharField(_("用途"), max_length=12, choices=Purpose, default=Purpose.ORDER)
    case = models.ForeignKey(
        "orders.AfterSalesCase",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("售后单"),
    )
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    reason = models.CharField(_("原因"), max_length=300)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.REQUESTED)
    reference = models.CharField(_("凭证号"), max_length=80, blank=True)
    restock = models.BooleanField(_("退回库存"), default=False)
    requested_at = models.DateTimeField(_("申请时间"), auto_now_add=True)
    settled_at = models.DateTimeField(_("到账时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("退款")
        verbose_name_plural = _("退款")
        indexes = [
            # What somebody has to pay out, or to decide: the queue and its badge on every page.
            models.Index(
                fields=["requested_at"],
                condition=models.Q(state__in=("requested", "approved", "failed")),
                name="refund_to_pay",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"
