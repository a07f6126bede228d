from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class ShortageTask(models.Model):
    """缺货: missing pieces of an order's line, and what is agreed with the customer instead."""

    class State(models.TextChoices):
        OPEN = "open", _("等销售处理")
        OFFERED = "offered", _("等客户选择")
        SETTLED = "settled", _("客户已选")
        VOID = "void", _("已作废")

    class Kind(models.TextChoices):
        """What may be done about it."""

        WAIT = "wait", _("等货")
        SWAP = "swap", _("换颜色、尺寸")
        SPLIT = "split", _("分批发货")
        REFUND = "refund", _("退差价")

    order = models.ForeignKey(
        "orders.Order", models.CASCADE, related_name="shortages", verbose_name=_("订单")
    )
    # What is chosen may take the line away; what was missing stays in the record.
    line = models.ForeignKey(
        "orders.OrderLine", models.SET_NULL, null=True, blank=True, related_name="shortages"
    )
    sku = models.CharField("SKU", max_length=64)
    name = LineField(_("品名"), max_length=200)
    spec = models.CharField(_("规格"), max_length=120, blank=True)
    missing = models.PositiveIntegerField(_("缺货数量"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN)
    # What sales let the customer choose from: kind, and sku or until where it has one.
    offered = models.JSONField(_("可选方案"), default=list, blank=True)
    chosen = models.JSONField(_("选定方案"), default=dict, blank=True)
    raised_at = models.DateTimeField(_("发现时间"))
    offered_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    offered_by = models.CharField(_("发出者"), max_length=120, blank=True)
    settled_at = models.DateTimeField(_("选定时间"), null=True, blank=True)
    settled_by = models.CharField(_("选定者"), max_length=120, blank=True)
    consent = models.CharField(_("电话确认"), max_length=300, blank=True)
    # 等货, 分批: the goods came, or the date passed. Until then the promise stands.
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("缺货处理")
        verbose_name_plural = _("缺货处理")
        constraints = [
            # One question at a time about a line.
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(state__in=("open", "offered")) & ~Q(line=None),
                name="shortage_once",
            ),
        ]
        indexes = [
            # What the sweep has to look at: open tasks, and promises that stand.
            models.Index(fields=["order"], condition=Q(ended_at=None), name="shortage_standing"),
            # What sales have to see to: the queue and its badge on every page.
            models.Index(fields=["raised_at"], condition=Q(state="open"), name="shortage_open"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.sku} ×{self.missing}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.OPEN, self.State.OFFERED)

    @property
    def goods(self) -> str:
        """The missing goods, as people name them."""
        return " ".join(part for part in (self.name, self.spec) if part)


class MissingReport(models.Model):
    """What a picker could not find and so was written off; it can be taken back when the pieces turn up."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="missing_reports")
    # An edit may take the line away; what was written off stays in the record.
    line = models.ForeignKey("orders.OrderLine", models.SET_NULL, null=True, related_name="missing_reports")
    variant = models.ForeignKey("orders.Variant", models.PROTECT, related_name="missing_reports")
    pieces = models.PositiveIntegerField(_("数量"))
    reported_by = models.CharField(_("报缺者"), max_length=120)
    reported_at = models.DateTimeField(_("报缺时间"), auto_now_add=True)
    undone_by = models.CharField(_("撤回者"), max_length=120, blank=True)
    undone_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("报缺记录")
        verbose_name_plural = _("报缺记录")

    def __str__(self) -> str:
        return f"{self.order_id} {self.variant_id} ×{self.pieces}"
