from django.db import models
from django.utils.translation import gettext_lazy as _


class Shipment(models.Model):
    """One parcel, with the address that was printed on it."""

    class State(models.TextChoices):
        HANDED_OVER = "handed_over", _("已交运")
        IN_TRANSIT = "in_transit", _("运输中")
        OUT_FOR_DELIVERY = "out_for_delivery", _("派送中")
        SIGNED = "signed", _("已签收")
        PROBLEM = "problem", _("疑难件")
        RETURNED = "returned", _("已退回")

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="shipments", verbose_name=_("订单")
    )
    # A courier's code such as `shunfeng`; the list is in `orders/reading/couriers.py`.
    carrier = models.CharField(_("承运商"), max_length=40)
    tracking_number = models.CharField(_("运单号"), max_length=60)
    state = models.CharField(_("状态"), max_length=20, choices=State, default=State.HANDED_OVER)
    label_address = models.CharField(_("面单地址"), max_length=600)
    order_version = models.PositiveIntegerField(_("打单时的订单版本"))
    shipped_at = models.DateTimeField(_("交运时间"))
    signed_at = models.DateTimeField(_("签收时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("包裹")
        verbose_name_plural = _("包裹")
        constraints = [models.UniqueConstraint(fields=["carrier", "tracking_number"], name="parcel_once")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class ShipmentLine(models.Model):
    """What of an order's line is in a parcel."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="shipments")
    quantity = models.PositiveIntegerField(_("数量"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "line"], name="parcel_line_once")]

    def __str__(self) -> str:
        return f"{self.line_id} ×{self.quantity}"


class TrackingNode(models.Model):
    """One scan of a parcel, as the courier reports it."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="nodes")
    scanned_at = models.DateTimeField(_("扫描时间"))
    state = models.CharField(_("状态"), max_length=20, choices=Shipment.State)
    text = models.CharField(_("内容"), max_length=300)

    class Meta:
        ordering = ["-scanned_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["shipment", "scanned_at", "text"], name="scan_once")]

    def __str__(self) -> str:
        return self.text
