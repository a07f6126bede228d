from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm, MultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from shopcomm.core.accounts.confirming import password_first
from shopcomm.core.accounts.login_records import register_login_records
from shopcomm.core.accounts.models import ApiKey, Customer, Staff
from shopcomm.core.accounts.roles import Role
from shopcomm.core.accounts.services.api_keys import SCOPES, create_api_key
from shopcomm.core.phones import PhoneRefused, masked_phone, normalise_phone, read_phone
from shopcomm.core.realtime import look_again_on_commit, staff_group

# Roles take the place of groups: few enough to read in one table.
admin.site.unregister(Group)
register_login_records()


@admin.register(Staff)
class StaffAdmin(UserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "display_name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "role", "is_active")}),
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
        """Another password for somebody."""
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        # Managers run the admin; nobody else gets in.
        obj.is_staff = obj.is_superuser = obj.role == Role.MANAGER
        super().save_model(request, obj, form, change)
        # Deactivated, or with another role: open tabs notice at once.
        look_again_on_commit(staff_group(obj.pk))


class CustomerForm(ModelForm):
    class Meta:
        model = Customer
        fields = (
            "name",
            "phone",
            "company",
            "source",
            "tier",
            "credit_limit",
            "credit_currency",
            "credit_days",
            "no_due_date",
            "note",
            "is_active",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.phone:
            # Masked as on every screen; a whole phone is shown where it is written down to whom.
            self.initial["phone"] = ""
            now = masked_phone(self.instance.phone)
            self.fields["phone"].help_text = _("现在是 %(phone)s；留空不变") % {"phone": now}

    def clean_phone(self) -> str:
        text: str = self.cleaned_data["phone"]
        # Of customers from old files only an id may be known.
        if not text and self.instance.pk:
            return self.instance.phone
        try:
            return normalise_phone(text)
        except PhoneRefused as error:
            raise ValidationError(str(error)) from error


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    form = CustomerForm
    list_display = ("name", "company", "masked_phone", "tier", "source", "is_active", "created_at")
    list_filter = ("tier", "source", "is_active")
    search_fields = ("name", "company", "phone")
    show_full_result_count = False

    @admin.display(description=_("手机"), ordering="phone")
    def masked_phone(self, customer: Customer) -> str:
        """Enough to recognise."""
        return masked_phone(customer.phone)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        obj.phone_tail = read_phone(obj.phone).tail if obj.phone else ""
        super().save_model(request, obj, form, change)


class ApiKeyForm(ModelForm):
    scopes = MultipleChoiceField(
        label=_("权限范围"),
        choices=[("*", "*"), *((s, s) for s in SCOPES)],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    form = ApiKeyForm
    list_display = ("name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    @password_first
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new key opens the API."""
        return super().add_view(request, form_url, extra_context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        key, secret = create_api_key(name=obj.name, scopes=form.cleaned_data["scopes"])
        obj.pk = key.pk
        messages.warning(request, _("密钥只显示这一次：%(secret)s") % {"secret": secret})

    @admin.action(description=_("停用"))
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Close the chosen keys for good."""
        keys.filter(revoked_at=None).update(revoked_at=timezone.now())
