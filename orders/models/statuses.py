from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """The nine states an order can be in. What leads from one to another stands in `orders/policies/transitions.py`."""

    PENDING_PAYMENT = "pending_payment", _("待支付")
    PAID = "paid", _("已支付待配货")
    PICKING = "picking", _("配货中")
    SHIPPED = "shipped", _("已发货")
    DELIVERED = "delivered", _("已签收")
    COMPLETED = "completed", _("已完成")
    REFUNDING = "refunding", _("退款中")
    REFUNDED = "refunded", _("已退款")
    CANCELLED = "cancelled", _("已取消")


# How people call each state.
STATUS_LABELS = dict(Status.choices)

# What staff still have work with; a partial index over these keeps tabs and counts quick.
OPEN = (
    Status.PENDING_PAYMENT,
    Status.PAID,
    Status.PICKING,
    Status.SHIPPED,
    Status.DELIVERED,
    Status.REFUNDING,
)
