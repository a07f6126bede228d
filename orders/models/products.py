from django.db import models
from django.utils.translation import gettext_lazy as _

from shopcomm.core.fields import LineField


class Product(models.Model):
    """A style (款): what the catalogue shows; what is sold and counted is its variants."""

    name = LineField(_("品名"), max_length=200)
    category = models.CharField(_("类别"), max_length=40, blank=True)
    material = models.CharField(_("材质"), max_length=60, blank=True)
    description = models.TextField(_("说明"), blank=True)
    is_active = models.BooleanField(_("在售"), default=True)
    created_at = models.DateTimeField(_("建立时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("商品")
        verbose_name_plural = _("商品")

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One colour and size of a product: the thing with a SKU, a price and a stock."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="variants", verbose_name=_("商品"))
    sku = models.CharField("SKU", max_length=64, unique=True)
    barcode = models.CharField(_("条码"), max_length=32, blank=True, db_index=True)
    color = LineField(_("颜色"), max_length=40, blank=True)
    size = LineField(_("尺寸"), max_length=40, blank=True)
    material = models.CharField(_("材质"), max_length=60, blank=True)
    location = models.CharField(_("货位"), max_length=20, blank=True)
    price = models.DecimalField(_("零售价"), max_digits=12, decimal_places=2)
    # A path below static/ (demo) or an uploaded file; shown by `picture_url`.
    picture = models.ImageField(_("图片"), upload_to="products/", blank=True)
    static_picture = models.CharField(max_length=120, blank=True, editable=False)
    on_hand = models.IntegerField(_("现有库存"), default=0)
    reserved = models.IntegerField(_("已占用"), default=0)
    # Came back and cannot be sold as new; not part of what is on hand.
    damaged = models.PositiveIntegerField(_("残次"), default=0)
    # Free in the books, but a picker looked for it in vain: fills no shortage until it is counted or found.
    not_found = models.PositiveIntegerField(_("没找到"), default=0, db_default=0, editable=False)
    # Null: the shop's default threshold.
    threshold = models.PositiveIntegerField(_("预警线"), null=True, blank=True)
    low_since = models.DateTimeField(_("低于预警线自"), null=True, blank=True, editable=False)
    min_quantity = models.PositiveIntegerField(_("起订量"), default=1)
    is_active = models.BooleanField(_("在售"), default=True)

    # Not stored: whose promises a count could not keep (see `set_stock`).
    broken_promises: tuple = ()

    class Meta:
        verbose_name = _("商品规格")
        verbose_name_plural = _("商品规格")
        constraints = [
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="stock_reserved_min"),
            models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="stock_on_hand_min"),
            models.CheckConstraint(
                condition=models.Q(on_hand__gte=models.F("reserved")), name="stock_not_oversold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.product.name} {self.spec}".strip()

    @property
    def available(self) -> int:
        """Pieces that can still be promised to somebody."""
        return self.on_hand - self.reserved

    @property
    def fillable(self) -> int:
        """Free pieces that a picker would find, too: what shortages are filled from."""
        return self.available - self.not_found

    @property
    def spec(self) -> str:
        """Size and colour as staff say it: 20 寸 · 曜石黑."""
        return " · ".join(part for part in (self.size, self.color) if part)


class TierPrice(models.Model):
    """A wholesale price from a quantity on."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="tiers", verbose_name=_("规格"))
    min_quantity = models.PositiveIntegerField(_("起批数量"))
    price = models.DecimalField(_("批发价"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("批发阶梯价")
        verbose_name_plural = _("批发阶梯价")
        ordering = ["min_quantity"]
        constraints = [models.UniqueConstraint(fields=["variant", "min_quantity"], name="tier_once")]

    def __str__(self) -> str:
        return f"≥{self.min_quantity}: {self.price}"
