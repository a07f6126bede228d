"""The admin form of a customer: contact data, tags and credit terms."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ChoiceField, ModelForm
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from shopcomm.core.accounts.models import Customer
from shopcomm.core.accounts.models.customers import LONGEST_TAG, MOST_TAGS
from shopcomm.core.form_fields import WordsField
from shopcomm.core.phones import PhoneRefused, masked_phone, normalise_phone
from shopcomm.core.time_zones import zone_choices

# The form's cards: what each is about, and its fields.
CARDS = (
    (None, {"fields": ("name", "company", "phone", "email")}),
    (_("分类"), {"fields": ("tier", "source", "tags")}),
    (_("怎么联系"), {"fields": ("language", "time_zone")}),
    (_("挂账"), {"fields": ("credit_limit", "credit_currency", "credit_days", "no_due_date")}),
    (_("其他"), {"fields": ("note", "is_active")}),
)


class CustomerForm(ModelForm):
    """Everything rules and channels ask of a customer is written here."""

    tags = WordsField(
        label=_("标签"),
        required=False,
        max_length=MOST_TAGS * (LONGEST_TAG + 1),
        widget=UnfoldAdminTextInputWidget,
        help_text=_("用逗号分开，例如 老客户，月结；通知规则可以只发给有某个标签的客户"),
    )
    time_zone = ChoiceField(
        label=_("时区"),
        required=False,
        choices=zone_choices,  # type: ignore[arg-type]
        widget=UnfoldAdminSelectWidget,
        help_text=_("客户的免打扰时间按它计算"),
    )

    class Meta:
        model = Customer
        fields = [name for _title, card in CARDS for name in card["fields"]]
        help_texts = {
            "email": _("通知规则选了“邮件”时发到这里"),
            "language": _("通知用这种语言写；留空用店铺的语言"),
            "credit_limit": _("0 表示不能挂账"),
        }

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

    def clean_tags(self) -> list[str]:
        tags: list[str] = self.cleaned_data["tags"]
        if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in tags):
            raise ValidationError(
                _("最多 %(count)s 个标签，每个不超过 %(length)s 个字"),
                params={"count": MOST_TAGS, "length": LONGEST_TAG},
            )
        return tags
