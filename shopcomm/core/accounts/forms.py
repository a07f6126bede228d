"""Forms of the log-in and of one's own settings."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.models import Staff


class LoginForm(AuthenticationForm):
    """User name, password, and whether this computer is remembered."""

    remember = forms.BooleanField(label=_("这台电脑 30 天内免登录"), required=False)
    # The field of Django has this length for browsers alone.
    username = UsernameField(
        max_length=Staff._meta.get_field("username").max_length, widget=forms.TextInput({"autofocus": True})
    )
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("用户名或密码不对，请再试一次"),
        "inactive": _("这个账号已停用，请联系经理"),
    }


class PreferencesForm(forms.ModelForm):
    """Appearance, sound and keyboard. `only` names the fields a partial save may touch."""

    class Meta:
        model = Staff
        fields = ("display_name", "email", "theme", "sound", "single_keys")
        labels = {"email": _("邮箱")}
        help_texts = {"email": _("选了“邮件”的通知发到这里")}

    def __init__(self, *args: Any, only: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if only and name not in only]:
            del self.fields[name]
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"


class PasswordForm(forms.Form):
    """One's own password: the old one, and the new one twice. Wrong old ones count like those of a log-in."""

    old = forms.CharField(
        label=_("现在的密码"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "class": "input"}),
        error_messages={"required": _("请填写现在的密码")},
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password", "class": "input"}),
        help_text=_("至少 8 位"),
        error_messages={"required": _("请填写新密码")},
    )
    again = forms.CharField(
        label=_("再输一次新密码"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password", "class": "input"}),
        error_messages={"required": _("请再输一次新密码")},
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data, auto_id="password_%s")
        self.request = request

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        name = self.request.user.get_username()
        if authenticate(self.request, username=name, password=old) != self.request.user:
            raise ValidationError(_("现在的密码不对"))
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.request.user)  # type: ignore[arg-type]
        return new

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        new, again = given.get("new"), given.get("again")
        if new and again and new != again:
            self.add_error("again", _("两次输入的新密码不一样"))
        elif new and new == given.get("old"):
            self.add_error("new", _("新密码和现在的一样"))
        return given
