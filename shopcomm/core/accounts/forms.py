"""Forms of logging in and of one's own settings."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
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
        fields = ("display_name", "theme", "sound", "single_keys")

    def __init__(self, *args: Any, only: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if only and name not in only]:
            del self.fields[name]
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "in"
