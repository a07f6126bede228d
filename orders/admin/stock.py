"""Stock is counted in the product lists, and every movement of it can be read."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from orders.forms.stock_list import apply_stock_counts, counts_of
from orders.models import StockMovement
from shopcomm.core.read_only_admin import ReadOnlyAdmin


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
        """Save each typed count by itself, and return to the same page of the list."""
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


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
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
    list_before_template = "admin/_export_movements.html"
    search_fields = ("=variant__sku", "=order__number")
    ordering = ("-id",)
    show_full_result_count = False
