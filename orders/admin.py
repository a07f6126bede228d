"""The manager's pages: products and stock are edited, orders are looked at; changing one is the desk's work."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import (
    UnfoldAdminImageFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from orders.errors import OrderError
from orders.models import (
    ContactReveal,
    Order,
    OrderLine,
    Payment,
    Product,
    Refund,
    Shipment,
    StockMovement,
    TierPrice,
    Variant,
)
from orders.services.locks import lock_variants
from orders.services.stock import MAX_ON_HAND, set_stock
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.phones import masked_phone
from shopcomm.core.pictures.fields import PictureField


class LookOnly:
    """Rows that services write; the admin shows them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LookOnlyInline(LookOnly, TabularInline):
    extra = 0


class LineInline(LookOnlyInline):
    model = OrderLine
    fields = ("sku", "name", "spec", "quantity", "unit_price", "picked_quantity", "shipped_quantity")


class PaymentInline(LookOnlyInline):
    model = Payment


class RefundInline(LookOnlyInline):
    model = Refund


class ShipmentInline(LookOnlyInline):
    model = Shipment
    fields = ("carrier", "tracking_number", "state", "shipped_at", "signed_at")


@admin.register(Order)
class OrderAdmin(LookOnly, ModelAdmin):
    list_display = ("number", "customer", "status", "total", "urgent", "source", "placed_at")
    list_filter = ("status", "source", "urgent")
    list_select_related = ("customer",)
    search_fields = ("=number", "=external_id")
    ordering = ("-placed_at", "-id")
    inlines = (LineInline, PaymentInline, RefundInline, ShipmentInline)
    exclude = ("receiver_phone",)
    readonly_fields = ("masked_receiver_phone",)
    # Counting a million orders for a page of a hundred would be most of its time.
    show_full_result_count = False

    @admin.display(description=_("收货电话"))
    def masked_receiver_phone(self, order: Order) -> str:
        """Masked; the order's page shows it whole, and writes down to whom."""
        link = reverse("orders:detail", args=[order.number])
        masked = masked_phone(order.receiver_phone)
        return format_html('{} · <a href="{}">{}</a>', masked, link, _("在订单页查看"))


@admin.register(ContactReveal)
class ContactRevealAdmin(LookOnly, ModelAdmin):
    """Who was shown a receiver's whole phone and address, when, and where."""

    list_display = ("at", "staff", "place", "order")
    list_filter = ("place", "staff")
    list_select_related = ("staff", "order")
    search_fields = ("order__number",)
    date_hierarchy = "at"
    show_full_result_count = False


@admin.register(StockMovement)
class StockMovementAdmin(LookOnly, ModelAdmin):
    list_display = (
        "occurred_at",
        "variant",
        "kind",
        "on_hand_delta",
        "reserved_delta",
        "order",
        "reason",
        "actor_name",
    )
    list_filter = ("kind",)
    list_select_related = ("variant__product", "order")
    search_fields = ("=variant__sku", "=order__number")
    ordering = ("-id",)
    show_full_result_count = False


def save_what_changed(variant: Variant, form: forms.ModelForm) -> None:
    """Save the columns that were typed and no others: an order may have taken stock since the row was read."""
    columns = {field.name for field in Variant._meta.concrete_fields}
    # A product's page writes several, by key as its rows stand there: orders take them so, too.
    lock_variants([variant.pk])
    variant.save(update_fields=[name for name in form.changed_data if name in columns])


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
class ProductAdmin(ModelAdmin):
    list_display = ("name", "category", "material", "is_active")
    list_filter = ("is_active", "category")
    search_fields = ("name", "variants__sku")
    inlines = (VariantInline,)


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
class VariantAdmin(ModelAdmin):
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
        "is_active",
    )
    list_filter = ("is_active", ("low_since", admin.EmptyFieldListFilter))
    list_select_related = ("product",)
    search_fields = ("sku", "barcode", "product__name")
    readonly_fields = ("on_hand", "reserved", "not_found", "low_since")
    inlines = (TierInline,)

    @admin.display(description=_("可售"))
    def available(self, variant: Variant) -> int:
        """On hand without what is promised."""
        return variant.available

    def save_model(self, request: HttpRequest, obj: Variant, form: Any, change: bool) -> None:
        """Move its stock through the service, and save what describes the variant."""
        if not change:
            super().save_model(request, obj, form, change)
        # Before the row is written: the service locks the orders that hold pieces of it first.
        if form.cleaned_data.get("counted") is not None:
            self._count(request, form, form.initial.get("sku") or obj.sku)
        if change:
            save_what_changed(obj, form)

    def _count(self, request: HttpRequest, form: Any, sku: str) -> None:
        """Take the count, and say whose promises it breaks, or why it is refused."""
        actor = Actor.staff(request.user)  # type: ignore[arg-type]
        given = form.cleaned_data
        try:
            variant = set_stock(actor=actor, sku=sku, on_hand=given["counted"], reason=given["reason"] or "")
        except OrderError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return
        for broken in variant.broken_promises:
            text = _("%(number)s（%(customer)s）缺 %(pieces)s 件，已请销售处理")
            facts = {"customer": broken.order.customer, "pieces": broken.pieces}
            self.message_user(request, text % (facts | {"number": broken.order.number}), messages.WARNING)
