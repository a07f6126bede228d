from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from shopcomm.core.accounts.confirming import password_first
from shopcomm.core.accounts.customer_form import CARDS, CustomerForm
from shopcomm.core.accounts.login_records import register_login_records
from shopcomm.core.accounts.models import Customer, Staff
from shopcomm.core.accounts.rights import role_may
from shopcomm.core.accounts.services.staff_sessions import carry_session_over, end_sessions_except
from shopcomm.core.accounts.staff_form import StaffForm
from shopcomm.core.admin_filters import choice_filter
from shopcomm.core.phones import masked_phone, read_phone
from shopcomm.core.realtime import recheck_access_on_commit, staff_group

# Roles take the place of groups: few enough to read in one table.
admin.site.unregister(Group)
register_login_records()


@admin.register(Staff)
class StaffAdmin(UserAdmin, ModelAdmin):
    form = StaffForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "display_name", "role", "is_active", "last_login")
    list_filter = (
        "role",
        "is_active",
        choice_filter(
            _("登录情况"), "been", {"never": (_("从没登录过"), Q(is_active=True, last_login=None))}
        ),
    )
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "role", "email", "is_active")}),
        (_("偏好"), {"fields": ("theme", "sound", "single_keys")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2", "display_name", "role")}),)

    @password_first
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new member of staff comes with a password."""
        return super().add_view(request, form_url, extra_context)

    @password_first
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Set a password for somebody, who is logged out everywhere; setting one's own keeps this session."""
        before = request.session.session_key
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            own = str(request.user.pk) == id
            now = request.session.session_key
            end_sessions_except(staff=Staff.objects.get(pk=id), this_key=before if own else None)
            carry_session_over(old_key=before, new_key=now)
        return answer

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        # Managers run the admin; nobody else gets in.
        obj.is_staff = obj.is_superuser = role_may(obj.role, "admin")
        super().save_model(request, obj, form, change)
        # Deactivated, or with another role: open tabs notice at once.
        recheck_access_on_commit(staff_group(obj.pk))


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    form = CustomerForm
    fieldsets = CARDS
    list_display = (
        "name",
        "company",
        "masked_phone",
        "tier",
        "tag_words",
        "email",
        "is_active",
        "created_at",
    )
    list_filter = (
        "tier",
        "source",
        "language",
        "is_active",
        choice_filter(
            _("联系方式"), "reach", {"none": (_("没有电话也没有邮箱"), Q(is_active=True, phone="", email=""))}
        ),
    )
    list_before_template = "admin/_export_customers.html"
    search_fields = ("name", "company", "phone", "email", "tags__contains")
    show_full_result_count = False

    @admin.display(description=_("手机"), ordering="phone")
    def masked_phone(self, customer: Customer) -> str:
        """Enough to recognise."""
        return masked_phone(customer.phone)

    @admin.display(description=_("标签"))
    def tag_words(self, customer: Customer) -> str:
        """What the shop sorts them by."""
        return _("、").join(customer.tags)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        obj.phone_tail = read_phone(obj.phone).tail if obj.phone else ""
        super().save_model(request, obj, form, change)
