from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class StockMovement(models.Model):
    """Why a variant's stock is what it is. `on_hand`, `reserved` and `damaged` are the sums of these."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("入库")
        COUNTED = "counted", _("盘点")
        WRITTEN_OFF = "written_off", _("报损")
        RESERVED = "reserved", _("占用")
        RELEASED = "released", _("释放")
        SHIPPED = "shipped", _("出库")
        RETURNED = "returned", _("退回")
        DAMAGED = "damaged", _("退回残次")
        FOUND = "found", _("找回")

    variant = models.ForeignKey(
        "orders.Variant", models.PROTECT, related_name="movements", verbose_name=_("规格")
    )
    kind = models.CharField(_("类型"), max_length=12, choices=Kind)
    on_hand_delta = models.IntegerField(_("现有变化"), default=0)
    reserved_delta = models.IntegerField(_("占用变化"), default=0)
    damaged_delta = models.IntegerField(_("残次变化"), default=0)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, blank=True, verbose_name=_("订单"))
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    actor_name = LineField(_("操作者"), max_length=120, blank=True)
    occurred_at = models.DateTimeField(_("时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("库存流水")
        verbose_name_plural = _("库存流水")
        indexes = [models.Index(fields=["variant", "-id"], name="movement_by_variant")]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.kind}"


class StockReservation(models.Model):
    """Pieces held for one line of an order until it is shipped or cancelled."""

    line = models.OneToOneField("orders.OrderLine", models.CASCADE, related_name="reservation")
    variant = models.ForeignKey("orders.Variant", models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField(_("数量"))

    class Meta:
        verbose_name = _("库存占用")
        verbose_name_plural = _("库存占用")

    def __str__(self) -> str:
        return f"{self.variant_id} ×{self.quantity}"
