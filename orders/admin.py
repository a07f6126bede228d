"""The manager's pages: products and stock are edited, orders are looked at; changing one is the desk's work."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import (
    UnfoldAdminImageFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from orders.forms.stock_list import (
    VariantsSection,
    apply_stock_count,
    apply_stock_counts,
    count_field,
    counts_of,
)
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
from orders.reading.couriers import courier_name
from orders.services.locks import lock_variants
from orders.services.stock import MAX_ON_HAND
from shopcomm.core.admin_filters import choice_filter
from shopcomm.core.phones import masked_phone
from shopcomm.core.pictures.fields import REDUCES, PictureField
from shopcomm.core.pictures.uploads import delete_on_commit


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
    fields = ("courier", "tracking_number", "state", "shipped_at", "signed_at")
    readonly_fields = ("courier",)

    @admin.display(description=_("快递"))
    def courier(self, shipment: Shipment) -> str:
        """By its name."""
        return courier_name(shipment.carrier)


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


class CountedFromTheList(ModelAdmin):
    """A list of goods with a field for each variant's stock: what is typed goes through the service, never into rows."""

    list_after_template = "admin/orders/_counts.html"
    list_per_page = 50

    def get_urls(self) -> list[URLPattern]:
        """Beside the list's own, the address that its counts are sent to."""
        name = f"orders_{self.opts.model_name}_counts"
        return [path("counts/", self.admin_site.admin_view(self.counts_view), name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, and where its counts go."""
        counts = reverse(f"admin:orders_{self.opts.model_name}_counts")
        return super().changelist_view(request, (extra_context or {}) | {"counts_url": counts})

    def counts_view(self, request: HttpRequest) -> HttpResponse:
        """Take what was typed, each by itself, and come back to the same page of the list."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        counts, reason = counts_of(request), request.POST.get("reason", "").strip()
        if not counts:
            messages.info(request, _("没有填盘点数，库存没有变"))
        elif not reason:
            messages.error(request, _("请写明原因，库存没有变"))
        elif taken := apply_stock_counts(request, counts, reason):
            messages.success(request, _("已登记库存的规格：%(count)s") % {"count": taken})
        place = request.POST.get("next", "")
        own = reverse(f"admin:orders_{self.opts.model_name}_changelist")
        return redirect(place if place.partition("?")[0] == own else own)


# Sold: on the shelf of the catalogue.
SOLD = Q(is_active=True, product__is_active=True)


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
        """On hand without what is promised."""
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
