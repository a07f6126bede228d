"""What the page of a key asks."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.core.accounts.models import ApiKey
from shopcomm.edge.integrations.keys.scopes import CHOICES

MOST_A_SECOND = 10_000


class KeyForm(forms.Form):
    """A key as a manager sets it up."""

    name = forms.CharField(
        label=_("名称"),
        max_length=80,
        help_text=_("谁用这个密钥，例如 我们的 ERP"),
        widget=forms.TextInput({"class": "input", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("可以做什么"),
        choices=CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少选一项")},
    )
    expires_on = forms.DateField(
        label=_("用到哪一天"),
        required=False,
        help_text=_("留空就一直有效。到期前几天会提醒管理者。"),
        widget=forms.DateInput({"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )
    rate = forms.IntegerField(
        label=_("每秒最多多少次请求"),
        required=False,
        min_value=1,
        max_value=MOST_A_SECOND,
        widget=forms.NumberInput({"class": "input", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate"].help_text = _("留空就是 %(rate)s") % {"rate": settings.API_RATE}

    def clean_expires_on(self) -> datetime | None:
        """The end of a day of the shop: the key works all of it."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError(_("这一天已经过去"))
        return timezone.make_aware(datetime.combine(day, time.max))

    def wanted(self) -> dict[str, Any]:
        """The key as the services take it."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "scopes": given["scopes"],
            "expires_at": given["expires_on"],
            "rate": given["rate"],
        }

    def mark_errors(self) -> None:
        """A field that is wrong says so to who cannot see its colour."""
        for name in self.errors:
            if name in self.fields:
                widget = self.fields[name].widget
                widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"id_{name}_error"}


def form_of_key(key: ApiKey) -> dict[str, Any]:
    """A key as its form shows it."""
    ends = timezone.localtime(key.expires_at).date() if key.expires_at else None
    return {"name": key.name, "scopes": key.scopes, "expires_on": ends, "rate": key.rate}
