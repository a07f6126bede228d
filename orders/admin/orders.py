"""Orders in the admin are read-only: they are changed at the desk."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from orders.models import ContactReveal, Order, OrderLine, Payment, Refund, Shipment
from orders.reading.couriers import courier_name
from shopcomm.core.phones import masked_phone
from shopcomm.core.read_only_admin import ReadOnlyAdmin, ReadOnlyInline


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("sku", "name", "spec", "quantity", "unit_price", "picked_quantity", "shipped_quantity")


class PaymentInline(ReadOnlyInline):
    model = Payment


class RefundInline(ReadOnlyInline):
    model = Refund


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    fields = ("courier", "tracking_number", "state", "shipped_at", "signed_at")
    readonly_fields = ("courier",)

    @admin.display(description=_("快递"))
    def courier(self, shipment: Shipment) -> str:
        """By its name."""
        return courier_name(shipment.carrier)


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
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
class ContactRevealAdmin(ReadOnlyAdmin):
    """Who was shown a receiver's whole phone and address, when, and where."""

    list_display = ("at", "staff", "place", "order")
    list_filter = ("place", "staff")
    list_select_related = ("staff", "order")
    search_fields = ("order__number",)
    date_hierarchy = "at"
    show_full_result_count = False
