from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ContactReveal(models.Model):
    """Somebody of the shop was shown a receiver's whole phone and address, which screens mask. Never altered."""

    class Place(models.TextChoices):
        DESK = "desk", _("订单页显示手机")
        FORM = "form", _("打开修改表单")
        LOOKUP = "lookup", _("新订单查老客户")
        PICK_LIST = "pick", _("打印拣货单")
        PARCEL_SLIP = "slip", _("打印面单")

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="reveals", verbose_name=_("订单"))
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("员工")
    )
    place = models.CharField(_("在哪里"), max_length=8, choices=Place)
    at = models.DateTimeField(_("时间"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("查看联系方式的记录")
        verbose_name_plural = _("查看联系方式的记录")

    def __str__(self) -> str:
        return f"{self.staff_id} {self.place} {self.order_id}"


class ContactChange(models.Model):
    """What an event of the log says only masked: a receiver's phone and street before and after. Never altered."""

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # The whole address that a command asks another system for.
    asked = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.order_id} #{self.pk}"
