from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WarehouseAlert(models.Model):
    """A change of an order in the warehouse's hands that somebody must say they have seen."""

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="alerts", verbose_name=_("订单"))
    kind = models.CharField(_("类型"), max_length=20)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    order_version = models.PositiveIntegerField(_("订单版本"))
    raised_by = models.CharField(_("提出者"), max_length=120, blank=True)
    raised_at = models.DateTimeField(_("提出时间"), auto_now_add=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("确认人")
    )
    acknowledged_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("仓库提醒")
        verbose_name_plural = _("仓库提醒")
        indexes = [
            # What is on top of the warehouse's page.
            models.Index(fields=["raised_at"], condition=models.Q(acknowledged_at=None), name="alert_open"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"
