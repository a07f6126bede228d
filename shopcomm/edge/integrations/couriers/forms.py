"""What the pages of tracking services ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.forms.desk import DeskForm
from orders.selectors.couriers import offered_couriers
from shopcomm.edge.integrations.couriers.adapters.base import Adapter, Answers, Asked, Subscribes
from shopcomm.edge.integrations.couriers.models import CourierAccount
from shopcomm.edge.integrations.couriers.services.accounts import Wanted

CREDENTIAL = "credential_"


class AccountForm(DeskForm):
    """An account as a manager sets it up; credentials that are left empty stay as they are."""

    name = forms.CharField(label=_("名称"), max_length=60)
    slug = forms.SlugField(
        label=_("地址里的名称"),
        max_length=40,
        help_text=_("对方推送到 /api/v1/inbound/tracking/这里/，存下后不能再改"),
    )
    address = forms.URLField(
        label=_("接口地址"),
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text=_("留空就用公开的地址"),
    )
    codes = forms.CharField(
        label=_("状态码对应"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 3, "placeholder": "99 = 疑难件"}),
        help_text=_("每行一个：对方的状态码 = 我们的状态；常用的已经认识"),
    )
    carriers = forms.CharField(
        label=_("快递公司编号"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"rows": 2, "placeholder": "shunfeng = 100012"}),
        help_text=_("每行一个：快递代码 = 17TRACK 的编号；不填就按运单号识别"),
    )

    def __init__(self, service: Adapter, account: CourierAccount | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._service = service
        for each in service.credentials:
            self.fields[CREDENTIAL + each.name] = forms.CharField(
                label=str(each.label),
                required=each.is_needed and account is None,
                max_length=300,
                help_text=str(_("留空就保持不变") if account else each.hint),
                widget=forms.PasswordInput({"autocomplete": "off"}),
            )
        if account:
            del self.fields["slug"]
        if not service.has_carrier_numbers:
            del self.fields["carriers"]
        if not isinstance(service, Subscribes | Answers):
            del self.fields["address"]
        self.order_fields(["name", "slug", *(CREDENTIAL + each.name for each in service.credentials)])
        self.add_widget_classes()

    def wanted(self) -> Wanted:
        """What was entered."""
        said = self.cleaned_data
        credentials = {
            each.name: said.get(CREDENTIAL + each.name, "").strip() for each in self._service.credentials
        }
        names = ("slug", "address", "codes", "carriers")
        return Wanted(said["name"], credentials=credentials, **{name: said.get(name, "") for name in names})


class QuestionForm(DeskForm):
    """A parcel that a service is asked about, to see whether it answers."""

    carrier = forms.ChoiceField(label=_("承运商"), choices=offered_couriers)
    number = forms.CharField(label=_("运单号"), max_length=60)
    phone_tail = forms.CharField(label=_("收件人手机后四位（顺丰要填）"), max_length=4, required=False)

    def asked(self) -> Asked:
        """The parcel."""
        said = self.cleaned_data
        return Asked(said["carrier"], said["number"].strip(), said["phone_tail"].strip())


class PastedForm(DeskForm):
    """Something that a service pushes, to see how it would be read."""

    body = forms.CharField(
        label=_("粘贴一条推送的内容（JSON）"), max_length=200_000, widget=forms.Textarea({"rows": 4})
    )
