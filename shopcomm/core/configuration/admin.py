from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminImageFieldWidget

from shopcomm.core.configuration.models import CalendarDay, ShopSettings, WorkingInterval
from shopcomm.core.configuration.signs import save_with_pictures
from shopcomm.core.pictures.fields import REDUCES, PictureField
from shopcomm.core.realtime import ORDERS_FEED, recheck_access_on_commit


class ShopSettingsForm(ModelForm):
    logo = PictureField(label=_("店标"), required=False, widget=UnfoldAdminImageFieldWidget)
    pay_code = PictureField(label=_("收款码"), required=False, widget=UnfoldAdminImageFieldWidget)

    class Media:
        js = (REDUCES,)


@admin.register(ShopSettings)
class ShopSettingsAdmin(ModelAdmin):
    """One row, so nothing to add once it is there and nothing to delete."""

    form = ShopSettingsForm
    list_display = ("shop_name", "sales_see_all", "pay_within_minutes", "customer_daily_budget")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not ShopSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ShopSettings, form: Any, change: bool) -> None:
        obj.pk = 1
        save_with_pictures(obj)
        # Sales may see less, or more: open tabs notice at once.
        recheck_access_on_commit(ORDERS_FEED)


@admin.register(WorkingInterval)
class WorkingIntervalAdmin(ModelAdmin):
    list_display = ("weekday", "opens", "closes")
    list_filter = ("weekday",)


@admin.register(CalendarDay)
class CalendarDayAdmin(ModelAdmin):
    list_display = ("day", "kind", "name")
    list_filter = ("kind",)
    date_hierarchy = "day"
