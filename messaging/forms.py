"""The form of a notification rule: one for the rules page and the admin."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.models import Audience, Channel, NotificationRule
from messaging.policies.notifications.templates import TemplateBroken, check_template
from messaging.policies.notifications.triggers import ABOUT_SHOP, ABOUT_STOCK, TIMERS, Trigger, trigger_names
from orders.models import Product
from shopcomm.core import reading
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.models.customers import Source
from shopcomm.core.form_fields import WordsField
from shopcomm.core.ui.templatetags.ui import category_label

MOST_CHANNELS = 3
LONGEST_STEP = 60 * 24 * 14
# Which channels reach whom.
FOR_STAFF_ONLY, FOR_CUSTOMERS_ONLY = frozenset({Channel.BOT}), frozenset({Channel.SMS})
LANGUAGES = [code for code, _name in settings.LANGUAGES]


class StepsField(WordsField):
    """Minutes, each larger than the one before."""

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]
        found = [reading.whole_number(word) for word in super().to_python(value)]
        minutes = [each for each in found if each is not None]
        if len(minutes) < len(found):
            raise ValidationError(_("请填写分钟数，用逗号分开，例如 30，240，1200"))
        if any(not 0 < each <= LONGEST_STEP for each in minutes):
            raise ValidationError(_("每一步要在 1 分钟到 14 天之间"))
        return sorted(set(minutes))


class RuleForm(forms.ModelForm):
    """Everything a manager may set of a rule. Templates are fields too: `body_zh-hans`, `body_en_sms`."""

    trigger = forms.ChoiceField(
        label=gettext_lazy("触发场景"), choices=lambda: [("", "---------"), *trigger_names().items()]
    )
    steps = StepsField(label=gettext_lazy("等待时间（分钟）"), required=False)
    sources = forms.MultipleChoiceField(
        label=gettext_lazy("来源"),
        choices=Source.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    regions = WordsField(label=gettext_lazy("地区"), required=False)
    tags = WordsField(label=gettext_lazy("客户标签"), required=False)
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("商品类别"), required=False, widget=forms.CheckboxSelectMultiple
    )
    urgent = forms.NullBooleanField(
        label=gettext_lazy("加急"),
        required=False,
        widget=forms.Select(
            choices=[
                ("", gettext_lazy("不限")),
                ("true", gettext_lazy("只限加急")),
                ("false", gettext_lazy("只限不加急")),
            ]
        ),
    )

    class Meta:
        model = NotificationRule
        fields = (
            "name", "enabled", "trigger", "steps", "cancel_after", "delay_minutes", "urgent", "sources",
            "min_total", "max_total", "regions", "tags", "categories", "audience", "role", "person", "outside",
            "priority", "cap_count", "cap_hours",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Product.objects.exclude(category="").order_by("category").values_list("category", flat=True)
        self.fields["categories"].choices = [(name, category_label(name)) for name in names.distinct()]  # type: ignore[attr-defined]
        self.fields["person"].queryset = Staff.objects.filter(is_active=True)  # type: ignore[attr-defined]
        chosen = [*self.instance.channels, *[""] * MOST_CHANNELS]
        for place in range(MOST_CHANNELS):
            self.fields[f"channel_{place}"] = forms.ChoiceField(
                label=[_("首选"), _("其次"), _("再次")][place],
                choices=[("", _("不用")), *Channel.choices],
                initial=chosen[place],
                required=False,
            )
        self._add_templates()
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = "input"

    def _add_templates(self) -> None:
        known = {}
        if self.instance.pk:
            known = {(each.language, each.channel): each.body for each in self.instance.templates.all()}
        for name, language, channel in template_fields():
            self.fields[name] = forms.CharField(
                label=_("模板") if not channel else str(Channel(channel).label),
                initial=known.get((language, channel), ""),
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 4 if not channel else 2}),
            )

    def templates(self) -> dict[tuple[str, str], str]:
        """What was written, by language and channel."""
        return {
            (language, channel): self.cleaned_data.get(name, "")
            for name, language, channel in template_fields()
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self._clean_trigger(data)
        self._clean_audience(data)
        self._clean_channels(data)
        for name, language, channel in template_fields():
            self._clean_template(name, data, required=not channel and language == settings.LANGUAGE_CODE)
        return data

    def _clean_trigger(self, data: dict[str, Any]) -> None:
        trigger = data.get("trigger")
        if trigger in TIMERS and not data.get("steps"):
            self.add_error("steps", _("请填写等待多少分钟"))
        if trigger not in TIMERS:
            data["steps"] = []
        if data.get("cancel_after") and trigger != Trigger.UNPAID:
            data["cancel_after"] = None
        low, high = data.get("min_total"), data.get("max_total")
        if low is not None and high is not None and low > high:
            self.add_error("max_total", _("不能小于下限"))

    def _clean_audience(self, data: dict[str, Any]) -> None:
        audience = data.get("audience")
        if data.get("trigger") in ABOUT_STOCK and audience == Audience.CUSTOMER:
            self.add_error("audience", _("库存情况只能通知员工"))
        if data.get("trigger") == Trigger.BACK_IN_STOCK and audience != Audience.CUSTOMER:
            self.add_error("audience", _("到货通知只发给登记的客户"))
        if data.get("trigger") in ABOUT_SHOP and audience in (
            Audience.CUSTOMER,
            Audience.ASSIGNED,
        ):
            self.add_error("audience", _("这条只通知员工"))
        if audience == Audience.ROLE and not data.get("role"):
            self.add_error("role", _("请选择角色"))
        if audience == Audience.PERSON and not data.get("person"):
            self.add_error("person", _("请选择员工"))

    def _clean_channels(self, data: dict[str, Any]) -> None:
        chosen = [data.get(f"channel_{place}") for place in range(MOST_CHANNELS)]
        channels = list(dict.fromkeys(each for each in chosen if each))
        customer = data.get("audience") == Audience.CUSTOMER
        wrong = FOR_STAFF_ONLY if customer else FOR_CUSTOMERS_ONLY
        for place, each in enumerate(chosen):
            if each in wrong:
                self.add_error(
                    f"channel_{place}", _("群机器人只能通知员工") if customer else _("短信只发给客户")
                )
        self.instance.channels = channels

    def _clean_template(self, name: str, data: dict[str, Any], *, required: bool) -> None:
        body = (data.get(name) or "").strip()
        data[name] = body
        if not (body or required) or "trigger" not in data:
            return
        try:
            check_template(body, data["trigger"])
        except TemplateBroken as error:
            self.add_error(name, str(error))


def template_fields() -> Iterator[tuple[str, str, str]]:
    """Every template a rule may have: the field's name, the language, the channel ("" for all)."""
    for language in LANGUAGES:
        yield f"body_{language}", language, ""
        for channel in Channel.values:
            yield f"body_{language}_{channel}", language, channel
