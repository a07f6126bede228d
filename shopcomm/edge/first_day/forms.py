"""What an empty shop is asked on its first day."""

import re
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from orders.reading.couriers import courier_code, named_couriers
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.services.first_manager import NewManager
from shopcomm.core.configuration.hours import Span
from shopcomm.core.configuration.models import ShopSettings, WorkingInterval
from shopcomm.core.configuration.schedule import ScheduleRefused, parse_hours
from shopcomm.core.phones import PhoneRefused, kept_receiver_phone, read_phones
from shopcomm.core.pictures.fields import REDUCES, PictureField

USUAL_HOURS = "09:00-21:00"


def readable_phone(text: str) -> str:
    """A number or several, as they are kept. Raises ValidationError for what nobody could dial."""
    try:
        read_phones(text)
    except PhoneRefused as error:
        raise ValidationError(str(error)) from error
    return kept_receiver_phone(text)


class ShopForm(forms.ModelForm):
    """How the shop is called, reached and sent back to; when it works; who its first manager is."""

    required_css_class = "needed"
    logo = PictureField(label=_("店标"), required=False, widget=forms.FileInput)
    hours = forms.CharField(
        label=_("营业时间"),
        max_length=120,
        initial=USUAL_HOURS,
        help_text=_("例如 09:00-12:00，13:30-18:00；各天不同的以后再改"),
    )
    days = forms.TypedMultipleChoiceField(
        label=_("营业的日子"),
        coerce=int,
        choices=WorkingInterval.Weekday.choices,
        initial=[day.value for day in WorkingInterval.Weekday],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少选一天")},
    )
    display_name = forms.CharField(label=_("您的姓名"), max_length=60)
    username = forms.CharField(
        label=_("登录用的用户名"),
        max_length=150,
        validators=Staff._meta.get_field("username").validators,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("至少 8 个字符，不要只用常见的词"),
    )
    again = forms.CharField(
        label=_("再输入一次密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    code = forms.CharField(
        label=_("开店码"),
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("启动店铺的窗口里显示的 12 位码，只能用一次"),
    )

    class Meta:
        model = ShopSettings
        fields = ("shop_name", "phone", "return_receiver", "return_phone", "return_address")
        widgets = {
            "phone": forms.TextInput({"inputmode": "tel", "autocomplete": "tel"}),
            "return_phone": forms.TextInput({"inputmode": "tel"}),
        }

    class Media:
        js = (REDUCES,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An empty shop bears no name yet; what stands in for one is nothing to keep.
        self.initial["shop_name"] = ""
        self.fields["logo"].help_text = _("可以以后再传")
        for name in ("phone", "return_address"):
            self.fields[name].required = True
        self.fields["return_receiver"].help_text = _("空着就写店名")
        self.fields["return_phone"].help_text = _("空着就用店里的电话")
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "input"

    def mark_errors(self) -> None:
        """Mark errors for screen readers, too."""
        for name in self.errors:
            if name in self.fields and self.fields[name].widget.attrs.get("class") == "input":
                self.fields[name].widget.attrs |= {
                    "class": "input bad",
                    "aria-invalid": "true",
                    "aria-describedby": f"id_{name}_error",
                }

    def clean_phone(self) -> str:
        return readable_phone(self.cleaned_data["phone"])

    def clean_return_phone(self) -> str:
        text: str = self.cleaned_data["return_phone"]
        return readable_phone(text) if text else ""

    def clean_hours(self) -> list[Span]:
        try:
            spans = parse_hours(self.cleaned_data["hours"])
        except ScheduleRefused as refused:
            raise ValidationError(str(refused)) from refused
        if not spans:
            raise ValidationError(_("请写几点到几点，例如 09:00-21:00"))
        return spans

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password, again = given.get("password"), given.get("again")
        if password and again and password != again:
            self.add_error("again", _("两次输入的密码不一样"))
        elif password:
            person = Staff(username=given.get("username", ""), display_name=given.get("display_name", ""))
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return given

    @property
    def weekly(self) -> list[list[Span]]:
        """The hours of every weekday, Monday first."""
        given = self.cleaned_data
        return [given["hours"] if day.value in given["days"] else [] for day in WorkingInterval.Weekday]

    @property
    def manager(self) -> NewManager:
        """Who is to be the first manager."""
        given = self.cleaned_data
        return NewManager(given["username"], given["password"], given["display_name"])


class CouriersForm(forms.Form):
    """With which couriers this shop sends."""

    couriers = forms.MultipleChoiceField(
        label=_("常用快递"),
        choices=named_couriers,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    others = forms.CharField(
        label=_("别的快递"),
        required=False,
        max_length=1000,
        widget=forms.TextInput({"class": "input"}),
        help_text=_("写全名或快递100的代码，用逗号隔开，例如：百米快运"),
    )

    def clean_others(self) -> list[str]:
        """Their codes, in the order they were written."""
        names = [name.strip() for name in re.split(r"[,，、;；]", self.cleaned_data["others"])]
        found = {name: courier_code(name) for name in names if name}
        if unknown := [name for name, code in found.items() if code is None]:
            raise ValidationError(_t("不认识的快递：%(names)s") % {"names": _t("、").join(unknown)})
        return [code for code in found.values() if code]

    def codes(self) -> list[str]:
        """All that were chosen."""
        return [*self.cleaned_data["couriers"], *self.cleaned_data["others"]]
