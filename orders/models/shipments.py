from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Shipment(models.Model):
    """One parcel, with the address that was printed on it."""

    class State(models.TextChoices):
        HANDED_OVER = "handed_over", _("已交运")
        COLLECTED = "collected", _("已揽收")
        IN_TRANSIT = "in_transit", _("运输中")
        OUT_FOR_DELIVERY = "out_for_delivery", _("派送中")
        SIGNED = "signed", _("已签收")
        PROBLEM = "problem", _("疑难件")
        REFUSED = "refused", _("拒收、退签")
        RETURNING = "returning", _("退回途中")
        # By the stockroom, when the goods are back.
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
    # Since when its courier is expected to report scans; empty where nobody asked it to.
    watched_since = models.DateTimeField(_("开始跟踪的时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("包裹")
        verbose_name_plural = _("包裹")
        constraints = [models.UniqueConstraint(fields=["carrier", "tracking_number"], name="parcel_once")]
        indexes = [
            # A courier's push names a number and, sometimes, another courier.
            models.Index(fields=["tracking_number"], name="parcel_by_number"),
            # What the sweep looks at for silence.
            models.Index(
                fields=["watched_since"],
                condition=~Q(state__in=["signed", "returned"]) & Q(watched_since__isnull=False),
                name="parcel_watched",
            ),
        ]

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
    # Empty where the courier's code says nothing that is known.
    state = models.CharField(_("状态"), max_length=20, choices=Shipment.State, blank=True)
    text = models.CharField(_("内容"), max_length=300)
    place = models.CharField(_("地点"), max_length=60, blank=True)
    # Who of the shop wrote it down by hand.
    added_by = models.CharField(_("登记人"), max_length=120, blank=True)

    class Meta:
        ordering = ["-scanned_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["shipment", "scanned_at", "text"], name="scan_once")]

    def __str__(self) -> str:
        return self.text


class ParcelTask(models.Model):
    """Something that somebody of the shop has to see to with a courier: an exception, silence, an interception."""

    class Kind(models.TextChoices):
        PROBLEM = "problem", _("疑难件")
        REFUSED = "refused", _("客户拒收")
        RETURNING = "returning", _("包裹在退回")
        SILENT = "silent", _("久无物流")
        # Asked for by people of the shop.
        INTERCEPT = "intercept", _("拦截退回")

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="tasks", verbose_name=_("包裹"))
    kind = models.CharField(_("事项"), max_length=10, choices=Kind)
    # What the courier said, or why it is to be intercepted.
    text = models.CharField(_("内容"), max_length=300, blank=True)
    raised_by = models.CharField(_("提出者"), max_length=120, blank=True)
    raised_at = models.DateTimeField(_("提出时间"))
    settled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    # Empty where the parcel itself settled it by moving on.
    settled_by = models.CharField(_("处理者"), max_length=120, blank=True)
    outcome = models.CharField(_("处理结果"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("包裹事项")
        verbose_name_plural = _("包裹事项")
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "kind"], condition=Q(settled_at=None), name="parcel_task_once"
            )
        ]
        indexes = [
            # The queue of sales and its badge on every page.
            models.Index(fields=["raised_at"], condition=Q(settled_at=None), name="parcel_task_open")
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.kind}"
