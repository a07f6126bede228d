"""A product with all its variants."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from orders.admin.stock import CountedFromTheList
from orders.admin.variants import VariantRow
from orders.forms.stock_list import VariantsSection
from orders.models import Product, Variant
from shopcomm.core.admin_filters import choice_filter


class VariantInline(TabularInline):
    model = Variant
    form = VariantRow
    extra = 0
    show_change_link = True
    fields = ("sku", "color", "size", "price", "location", "on_hand", "reserved", "is_active")
    readonly_fields = ("on_hand", "reserved")

    def get_extra(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> int:
        """A new product comes with a line to fill in: without a variant nothing can be sold of it."""
        return 1 if obj is None else 0


@admin.register(Product)
class ProductAdmin(CountedFromTheList):
    list_display = ("name", "category", "material", "variants_in_all", "pieces", "is_active")
    list_filter = (
        "is_active",
        "category",
        choice_filter(
            _("能否下单"),
            "sellable",
            {"no": (_("没有在售规格"), Q(is_active=True) & ~Q(variants__is_active=True))},
        ),
    )
    search_fields = ("name", "variants__sku")
    list_sections = [VariantsSection]
    # Each comes with all its variants.
    list_per_page = 25
    inlines = (VariantInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """With the variants, which the list shows below each product."""
        return super().get_queryset(request).prefetch_related("variants")

    @admin.display(description=_("规格"))
    def variants_in_all(self, product: Product) -> int:
        """How many variants it has, discontinued ones too."""
        return len(product.variants.all())

    @admin.display(description=_("现有库存"))
    def pieces(self, product: Product) -> int:
        """Pieces of all its variants."""
        return sum(variant.on_hand for variant in product.variants.all())
