from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class ShopSettings(models.Model):
    """What the manager sets for the whole shop. One row."""

    shop_name = models.CharField(_("店名"), max_length=60, default="行知箱包")
    sales_see_all = models.BooleanField(_("销售可查看全部订单"), default=False)
    pay_within_minutes = models.PositiveIntegerField(_("付款时限(分钟)"), default=1440)
    recall_within_seconds = models.PositiveIntegerField(_("消息撤回时限(秒)"), default=120)
    complete_after_days = models.PositiveIntegerField(_("签收后自动完成(天)"), default=7)
    after_sales_days = models.PositiveIntegerField(_("售后期(天)"), default=15)
    low_stock_threshold = models.PositiveIntegerField(_("默认库存预警线"), default=10)
    retention_days = models.PositiveIntegerField(
        _("聊天记录保留(天)"), default=730, validators=[MinValueValidator(180)]
    )

    class Meta:
        verbose_name = _("店铺设置")
        verbose_name_plural = _("店铺设置")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_shop")]

    def __str__(self) -> str:
        return self.shop_name


def shop_settings() -> ShopSettings:
    """The shop's settings, with the defaults until a manager changes something."""
    return ShopSettings.objects.filter(pk=1).first() or ShopSettings(pk=1)
