from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class Quote(models.Model):
    """报价单: what the shop would sell for how much and until when. Accepted, it becomes an order."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        SENT = "sent", _("等客户答复")
        ACCEPTED = "accepted", _("已接受")
        DECLINED = "declined", _("客户谢绝")
        EXPIRED = "expired", _("已过期")
        WITHDRAWN = "withdrawn", _("已撤回")

    number = models.CharField(_("报价单号"), max_length=32, unique=True)
    customer = models.ForeignKey(
        "accounts.Customer", models.PROTECT, related_name="quotes", verbose_name=_("客户")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    # One more with every edit: what a customer agrees to is what they have seen.
    revision = models.PositiveIntegerField(_("版次"), default=1)
    currency = models.CharField(_("币种"), max_length=3, default="CNY")
    shipping_fee = models.DecimalField(_("运费"), max_digits=12, decimal_places=2, default=0)
    discount = models.DecimalField(_("优惠"), max_digits=12, decimal_places=2, default=0)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    valid_until = models.DateTimeField(_("有效期至"))
    # Where it was sent; an id only, since orders know nothing of conversations.
    conversation_id = models.BigIntegerField(_("会话"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="quotes", verbose_name=_("报价人")
    )
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    sent_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.CharField(_("答复者"), max_length=120, blank=True)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    # Accepted on the phone: who heard it said, and what.
    consent = models.CharField(_("电话确认"), max_length=300, blank=True)
    order = models.OneToOneField(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="quote", verbose_name=_("订单")
    )

    class Meta:
        verbose_name = _("报价单")
        verbose_name_plural = _("报价单")
        constraints = [
            models.CheckConstraint(
                condition=Q(shipping_fee__gte=0) & Q(discount__gte=0), name="quote_money_min"
            ),
            models.CheckConstraint(
                condition=Q(order=None) | Q(state="accepted"), name="quote_order_when_accepted"
            ),
        ]
        indexes = [
            # A customer's quotes, newest first.
            models.Index(fields=["customer", "-id"], name="quote_by_customer"),
            # What the sweep has to end.
            models.Index(fields=["valid_until"], condition=Q(state="sent"), name="quote_open"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def goods_total(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.amount for line in self.lines.all()), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What the customer would pay."""
        return self.goods_total - self.discount + self.shipping_fee

    def is_over(self, now: datetime | None = None) -> bool:
        """Whether its time has passed without an answer, swept up or not yet."""
        late = self.state == self.State.SENT and self.valid_until <= (now or timezone.now())
        return late or self.state == self.State.EXPIRED

    @property
    def is_open(self) -> bool:
        """Whether the customer may still say yes."""
        return self.state == self.State.SENT and not self.is_over()


class QuoteLine(models.Model):
    """One variant in a quote, with name, specification and price as quoted."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
    variant = models.ForeignKey("orders.Variant", models.PROTECT, related_name="quote_lines")
    sku = models.CharField("SKU", max_length=64)
    name = LineField(_("品名"), max_length=200)
    spec = models.CharField(_("规格"), max_length=120, blank=True)
    quantity = models.PositiveIntegerField(_("数量"))
    unit_price = models.DecimalField(_("单价"), max_digits=12, decimal_places=2)
    # What this many would cost this customer by the list; the price is sales' own when it differs.
    list_price = models.DecimalField(_("目录价"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("报价明细")
        verbose_name_plural = _("报价明细")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quote_quantity_min"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="quote_price_min"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} ×{self.quantity}"

    @property
    def amount(self) -> Decimal:
        return self.unit_price * self.quantity
