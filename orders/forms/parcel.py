"""A scan that somebody of the shop writes down by hand."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from orders.forms.desk import DeskForm
from orders.models import Shipment
from orders.policies.parcel_way import REPORTED, Scan

# Clocks differ a little.
AHEAD = timedelta(minutes=5)


class ScanForm(DeskForm):
    """Where a parcel is, since when, and in whose words."""

    state = forms.ChoiceField(label=_("状态"), choices=[(state.value, state.label) for state in REPORTED])
    at = forms.DateTimeField(
        label=_("时间"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("留空就是现在"),
    )
    place = forms.CharField(label=_("地点"), max_length=60, required=False)
    text = forms.CharField(
        label=_("内容"), max_length=300, required=False, help_text=_("例如：快递说明天再派")
    )

    def clean_at(self) -> Any:
        """The moment; now for a field that was left empty, none that is still to come."""
        now, at = timezone.now(), self.cleaned_data["at"]
        if at and at > now + AHEAD:
            raise ValidationError(_t("这个时间还没有到"))
        return at or now

    def scan(self) -> Scan:
        """What was written down."""
        said = self.cleaned_data
        return Scan(said["at"], Shipment.State(said["state"]).value, said["text"], said["place"])
