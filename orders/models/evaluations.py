from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

STARS = [MinValueValidator(1), MaxValueValidator(5)]
LOW = 2


class Evaluation(models.Model):
    """评价: what a customer thinks of an order once the goods are there, and what the shop answers."""

    order = models.OneToOneField(
        "orders.Order", models.PROTECT, related_name="evaluation", verbose_name=_("订单")
    )
    goods = models.PositiveSmallIntegerField(_("商品评分"), validators=STARS)
    service = models.PositiveSmallIntegerField(_("服务评分"), validators=STARS)
    text = models.CharField(_("评价内容"), max_length=500, blank=True)
    # Pictures sent with it, as the conversation of the order keeps them.
    pictures = models.JSONField(_("照片"), default=list, blank=True)
    given_by = models.CharField(_("评价人"), max_length=120)
    given_at = models.DateTimeField(_("评价时间"))
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    answered_by = models.CharField(_("答复人"), max_length=120, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    # The form's own key: the same one again is the same evaluation.
    key = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("评价")
        verbose_name_plural = _("评价")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(goods__range=(1, 5), service__range=(1, 5)), name="evaluation_stars"
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.goods}/{self.service}"

    @property
    def is_low(self) -> bool:
        """Whether the rating is low enough that somebody should contact the customer."""
        return min(self.goods, self.service) <= LOW
