from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class Urge(models.Model):
    """A customer pressed for an order: one row for a while, however often they press meanwhile."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="urges", verbose_name=_("订单"))
    times = models.PositiveIntegerField(_("次数"), default=1)
    raised_at = models.DateTimeField(_("提出时间"))
    last_at = models.DateTimeField(_("最近一次"))

    class Meta:
        verbose_name = _("催单")
        verbose_name_plural = _("催单")
        indexes = [models.Index(fields=["order", "-id"], name="urge_by_order")]

    def __str__(self) -> str:
        return f"{self.order_id} ×{self.times}"
