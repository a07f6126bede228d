from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderLink(models.Model):
    """A signed link that opens one order for its customer. The token is `nonce` plus a signature."""

    customer = models.ForeignKey("accounts.Customer", models.CASCADE, related_name="links")
    # An id, not a foreign key: accounts stand below orders and know nothing of them.
    order_id = models.BigIntegerField(_("订单"), db_index=True)
    nonce = models.CharField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("客户链接")
        verbose_name_plural = _("客户链接")

    def __str__(self) -> str:
        return f"{self.order_id} · {self.nonce[:6]}"
