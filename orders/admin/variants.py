"""One variant: its fields are saved as typed, its stock changes through the service."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import (
    UnfoldAdminImageFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from orders.admin.stock import CountedFromTheList
from orders.forms.stock_list import apply_stock_count, count_field
from orders.models import TierPrice, Variant
from orders.services.locks import lock_variants
from orders.services.stock import MAX_ON_HAND
from shopcomm.core.admin_filters import choice_filter
from shopcomm.core.pictures.fields import REDUCES, PictureField
from shopcomm.core.pictures.uploads import delete_on_commit

# Sold: on the shelf of the catalogue.
SOLD = Q(is_active=True, product__is_active=True)


def save_what_changed(variant: Variant, form: forms.ModelForm) -> None:
    """Save the columns that were typed and no others: an order may have taken stock since the row was read."""
    columns = {field.name for field in Variant._meta.concrete_fields}
    # A product's page writes several, by key as its rows stand there: orders take them so, too.
    lock_variants([variant.pk])
    replaced = Variant.objects.filter(pk=variant.pk).values_list("picture", flat=True).get()
    variant.save(update_fields=[name for name in form.changed_data if name in columns])
    if replaced and not Variant.objects.filter(picture=replaced).exists():
        delete_on_commit([replaced])


class SkuInCapitals(forms.ModelForm):
    """A SKU as the import and the calls of other systems look for it; one that is there already stays as it is."""

    def clean_sku(self) -> str:
        sku: str = self.cleaned_data["sku"]
        return sku if self.instance.pk and sku == self.initial.get("sku") else sku.strip().upper()


class VariantRow(SkuInCapitals):
    """A variant among the others of its product."""

    def save(self, commit: bool = True) -> Variant:
        """The variant, saved as far as it was changed."""
        if not (commit and self.instance.pk):
            return super().save(commit)  # type: ignore[no-any-return]
        save_what_changed(self.instance, self)
        return self.instance


class VariantForm(SkuInCapitals):
    """A variant, and beside it what was counted on the shelf: stock is never typed over, it moves."""

    counted = forms.IntegerField(
        label=_("盘点为"),
        required=False,
        min_value=0,
        max_value=MAX_ON_HAND,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("留空则库存不变；少于已占用的，最新的未付款、再最新的已付款订单转为缺货"),
    )
    reason = forms.CharField(
        label=_("调整原因"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )

    picture = PictureField(label=_("图片"), required=False, widget=UnfoldAdminImageFieldWidget)

    class Media:
        js = (REDUCES,)

    class Meta:
        model = Variant
        fields = (
            "product",
            "sku",
            "barcode",
            "color",
            "size",
            "material",
            "location",
            "price",
            "picture",
            "threshold",
            "min_quantity",
            "is_active",
        )


class TierInline(TabularInline):
    model = TierPrice
    extra = 0


@admin.register(Variant)
class VariantAdmin(CountedFromTheList):
    form = VariantForm
    list_display = (
        "sku",
        "product",
        "color",
        "size",
        "price",
        "on_hand",
        "reserved",
        "available",
        "counted",
        "is_active",
    )
    list_filter = (
        "is_active",
        choice_filter(
            _("需要注意"),
            "look",
            {
                "out": (_("已经卖完"), SOLD & Q(on_hand__lte=F("reserved"))),
                "low": (_("低于预警线"), SOLD & Q(low_since__isnull=False)),
                "doubt": (_("配货时没找到"), SOLD & Q(not_found__gt=0)),
                "free": (_("零售价为 0"), SOLD & Q(price=0)),
            },
        ),
    )
    list_select_related = ("product",)
    search_fields = ("sku", "barcode", "product__name")
    readonly_fields = ("on_hand", "reserved", "not_found", "low_since")
    inlines = (TierInline,)

    @admin.display(description=_("可售"))
    def available(self, variant: Variant) -> int:
        """Stock on hand minus the reserved pieces."""
        return variant.available

    @admin.display(description=_("盘点为"))
    def counted(self, variant: Variant) -> SafeString:
        """Where the list is counted."""
        return count_field(variant)

    def save_model(self, request: HttpRequest, obj: Variant, form: Any, change: bool) -> None:
        """Move its stock through the service, and save what describes the variant."""
        if not change:
            super().save_model(request, obj, form, change)
        # Before the row is written: the service locks the orders that hold pieces of it first.
        if form.cleaned_data.get("counted") is not None:
            given = form.cleaned_data
            apply_stock_count(
                request, form.initial.get("sku") or obj.sku, given["counted"], given["reason"] or ""
            )
        if change:
            save_what_changed(obj, form)
