from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.statuses import OPEN, Status
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.fields import LineField
from shopcomm.core.search.bigrams import bigram_index


class Order(models.Model):
    """One customer's purchase, with the address and prices as they were agreed."""

    number = models.CharField(_("订单号"), max_length=32, unique=True)
    external_id = models.CharField(_("外部单号"), max_length=64, null=True, blank=True, unique=True)
    # Of what the other system sent with it; empty for an order that came before this was kept.
    external_digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    customer = models.ForeignKey(
        "accounts.Customer", models.PROTECT, related_name="orders", verbose_name=_("客户")
    )
    status = models.CharField(_("状态"), max_length=16, choices=Status, default=Status.PENDING_PAYMENT)
    # What T19 and T20 return to; empty unless refunding.
    status_before = models.CharField(_("退款前状态"), max_length=16, choices=Status, blank=True)
    # One more with every event of the order; what an editor has seen.
    version = models.PositiveIntegerField(_("版本"), default=1)
    source = models.CharField(_("来源"), max_length=10, choices=Source, default=Source.WECHAT)
    urgent = models.BooleanField(_("加急"), default=False)
    note = models.TextField(_("备注"), blank=True)
    # Not wanted before this day; empty: as soon as can be.
    deliver_on = models.DateField(_("送货日期"), null=True, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("负责人"),
    )
    picker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="picking",
        verbose_name=_("配货人"),
    )
    # The receiver as agreed for this order; editing the customer never rewrites it.
    receiver_name = LineField(_("收货人"), max_length=120, blank=True)
    receiver_phone = models.CharField(_("收货电话"), max_length=60, blank=True)
    province = models.CharField(_("省"), max_length=60, blank=True)
    city = models.CharField(_("市"), max_length=60, blank=True)
    district = models.CharField(_("区县"), max_length=60, blank=True)
    street = models.CharField(_("详细地址"), max_length=300, blank=True)
    currency = models.CharField(_("币种"), max_length=3, default="CNY")
    goods_total = models.DecimalField(_("商品合计"), max_digits=12, decimal_places=2, default=0)
    discount = models.DecimalField(_("优惠"), max_digits=12, decimal_places=2, default=0)
    shipping_fee = models.DecimalField(_("运费"), max_digits=12, decimal_places=2, default=0)
    total = models.DecimalField(_("应付"), max_digits=12, decimal_places=2, default=0)
    paid_amount = models.DecimalField(_("已付"), max_digits=12, decimal_places=2, default=0)
    refunded_amount = models.DecimalField(_("已退"), max_digits=12, decimal_places=2, default=0)
    # Of what was refunded: paid too much for an order that became cheaper, as against goods that came back.
    difference_refunded = models.DecimalField(_("已退差价"), max_digits=12, decimal_places=2, default=0)
    # Of what was owed: taken off because goods came back, and never asked for again.
    debt_reduced = models.DecimalField(
        _("退货抵减欠款"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    # Of what was paid for a cancelled order: a deposit that a manager decided not to return.
    deposit_kept = models.DecimalField(
        _("不退的定金"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    pay_by = models.DateTimeField(_("付款期限"), null=True, blank=True)
    # 挂账: the goods go before the money; what is open is a debt that is due on a day.
    on_account = models.BooleanField(_("挂账"), default=False, db_default=False)
    due_on = models.DateField(_("挂账到期日"), null=True, blank=True)
    hold_reason = models.CharField(_("暂停原因"), max_length=200, blank=True)
    shortage = models.BooleanField(_("缺货"), default=False)
    # The version the warehouse has seen; shipping refuses an order that changed since.
    acknowledged_version = models.PositiveIntegerField(_("仓库已看到的版本"), default=0)
    placed_at = models.DateTimeField(_("下单时间"))
    paid_at = models.DateTimeField(_("付款时间"), null=True, blank=True)
    picking_at = models.DateTimeField(_("配货时间"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("发货时间"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("签收时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    updated_at = models.DateTimeField(_("更新时间"), auto_now=True)

    # Not stored: the conversation in which a new order was agreed, for the hook that opens one for it.
    agreed_in: int | None = None

    class Meta:
        verbose_name = _("订单")
        verbose_name_plural = _("订单")
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_min"),
            models.CheckConstraint(
                condition=Q(refunded_amount__lte=models.F("paid_amount")), name="order_refund_max"
            ),
        ]
        indexes = [
            # The desk's list: newest first, one keyset page at any depth.
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            # A tab of the desk.
            models.Index(fields=["status", "-placed_at", "-id"], name="order_by_status"),
            # Tabs' counts and the warehouse columns touch open orders only.
            models.Index(
                fields=["status", "-urgent", "placed_at"], condition=Q(status__in=OPEN), name="order_open"
            ),
            # A salesperson's own orders.
            models.Index(fields=["assigned_to", "status", "-placed_at"], name="order_by_sales"),
            # All of one customer's orders.
            models.Index(fields=["customer", "-placed_at"], name="order_by_customer"),
            # The stockroom's day: what has come in, and what has left.
            models.Index(fields=["paid_at"], name="order_paid_at"),
            models.Index(fields=["shipped_at"], name="order_shipped_at"),
            # The desk's search in notes.
            bigram_index("note", name="order_note_words", condition=~Q(note="")),
            # The sweep for unpaid orders.
            models.Index(
                fields=["pay_by"], condition=Q(status=Status.PENDING_PAYMENT), name="order_unpaid_due"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def address(self) -> str:
        """The whole address on one line."""
        return f"{self.province}{self.city}{self.district}{self.street}"

    @property
    def balance(self):
        """What is still to be paid; below zero, the overpaid sum."""
        return self.total - self.debt_reduced - self.paid_amount + self.difference_refunded

    def share_of(self, goods: Decimal) -> Decimal:
        """What a customer really pays for goods of this price, the order's discount taken off."""
        if self.goods_total:
            goods = goods * (self.total - self.shipping_fee) / self.goods_total
        return goods.quantize(Decimal("0.01"))


class WantedLines(models.Manager["OrderLine"]):
    """Lines that are still part of their orders; a returned parcel or a case reaches the others by its own key."""

    def get_queryset(self) -> models.QuerySet["OrderLine"]:
        return super().get_queryset().filter(quantity__gt=models.F("cancelled_quantity"))


class OrderLine(models.Model):
    """One variant in an order, with name, specification and price as agreed.

    A line that was taken out after a parcel with it had come back stays for the record, wholly cancelled.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        "orders.Variant", models.PROTECT, related_name="order_lines", null=True, blank=True
    )
    sku = models.CharField("SKU", max_length=64)
    name = LineField(_("品名"), max_length=200)
    spec = models.CharField(_("规格"), max_length=120, blank=True)
    quantity = models.PositiveIntegerField(_("数量"))
    unit_price = models.DecimalField(_("单价"), max_digits=12, decimal_places=2)
    cancelled_quantity = models.PositiveIntegerField(_("取消数量"), default=0)
    picked_quantity = models.PositiveIntegerField(_("已拣"), default=0)
    shipped_quantity = models.PositiveIntegerField(_("已发"), default=0)
    returned_quantity = models.PositiveIntegerField(_("已退"), default=0)

    objects = WantedLines()

    class Meta:
        verbose_name = _("订单明细")
        verbose_name_plural = _("订单明细")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_min"),
            models.CheckConstraint(
                condition=Q(quantity__gte=models.F("shipped_quantity") + models.F("cancelled_quantity")),
                name="line_not_overshipped",
            ),
        ]
        indexes = [
            # The desk's search by SKU.
            models.Index(fields=["sku"], name="line_sku_prefix", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.sku} ×{self.quantity}"

    @property
    def amount(self):
        return self.unit_price * self.quantity

    @property
    def open_quantity(self) -> int:
        """Pieces that still have to be shipped."""
        return self.quantity - self.cancelled_quantity - self.shipped_quantity
