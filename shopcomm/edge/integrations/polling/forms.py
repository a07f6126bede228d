"""What the page of a source asks: where it is, how it is paged through, where in its answers what an order needs is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.polling.mapping import TARGETS
from shopcomm.edge.integrations.polling.services.sources import WantedSource, field_name, known_fields
from shopcomm.edge.integrations.polling.source_settings import (
    Auth,
    MomentStyle,
    MoneyUnit,
    PageStyle,
    SourceSettings,
)
from shopcomm.edge.integrations.selectors import status_lines

PATHS = "source-paths"
SETTINGS = (
    "url", "auth", "auth_name", "style", "page_param", "first_page", "size_param", "size", "rows", "next", "more",
    "since_param", "since_style", "zone", "interval", "overlap", "money",
)  # fmt: skip


def _line(label: Any, placeholder: str = "", help_text: Any = "", **more: Any) -> forms.CharField:
    attrs = {"class": "input", "autocomplete": "off", "placeholder": placeholder}
    if more.pop("is_path", False):
        attrs |= {"list": PATHS, "spellcheck": "false"}
    more = {"required": False, "max_length": 200} | more
    return forms.CharField(label=label, help_text=help_text, widget=forms.TextInput(attrs), **more)


def _choice(label: Any, choices: type[Any], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices.choices, widget=forms.Select({"class": "input"}), **more
    )


def _number(label: Any, least: int, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, widget=forms.NumberInput({"class": "input num"}), **more
    )


class SourceForm(forms.Form):
    """A source as a manager sets it up. The fields of the mapping are added from its table."""

    name = _line(_("对方系统的名称"), "聚水潭", required=True, max_length=60)
    url = _line(_("订单接口的地址"), "https://erp.example.com/api/orders", required=True, max_length=500)
    auth = _choice(_("凭证"), Auth)
    auth_name = _line(_("用户名、请求头或参数的名称"), "X-Api-Key", max_length=100)
    secret = forms.CharField(
        label=_("令牌或密码"),
        required=False,
        max_length=2000,
        widget=forms.PasswordInput({"class": "input", "autocomplete": "new-password"}, render_value=True),
    )
    style = _choice(_("翻页方式"), PageStyle)
    page_param = _line(_("页码、偏移量或游标的参数名"), "page", max_length=60)
    first_page = _number(_("第一页是第几页"), 0, 1, initial=1)
    size_param = _line(_("每页条数的参数名"), "page_size", max_length=60)
    size = _number(_("每页条数"), 1, 1000, initial=100)
    rows = _line(_("订单列表在哪里"), "data.orders", _("留空：整个回应就是列表"))
    next = _line(_("下一页的游标或地址在哪里"), "data.next_cursor", _("“下一页的地址”留空时看 Link 响应头"))
    more = _line(_("是否还有下一页在哪里"), "data.has_more")
    since_param = _line(_("按更新时间筛选的参数名"), "updated_since", _("留空：每次读全部"), max_length=60)
    since_style = _choice(_("时间的写法"), MomentStyle)
    zone = _line(_("没有写时区的时间属于哪个时区"), required=True, initial="Asia/Shanghai", max_length=60)
    interval = _number(_("每隔几秒读一次"), 10, 24 * 3600, initial=60)
    overlap = _number(
        _("往前多读几秒"),
        1,
        24 * 3600,
        initial=300,
        help_text=_("对方晚提交的订单也不会漏；重复的不会再处理"),
    )
    money = _choice(_("金额的单位"), MoneyUnit)
    since = forms.DateTimeField(
        label=_("从什么时候起的订单"),
        required=False,
        help_text=_("留空：全部"),
        widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    statuses = forms.CharField(
        label=_("状态对应"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"class": "input", "rows": 4, "placeholder": "20 = paid"}),
        help_text=_("每行一个：对方的状态 = 这里的状态"),
    )

    # Whether it was refused only because the password was not given lately.
    needs_password = False

    def __init__(self, *args: Any, is_made: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_made:
            del self.fields["since"], self.fields["name"]
        for target in TARGETS:
            placeholder = "lines[*].sku" if target.name == "items.sku" else ""
            self.fields[field_name(target.name)] = _line(target.label, placeholder, is_path=True)

    @property
    def mapping_fields(self) -> list[forms.BoundField]:
        """The paths of the mapping."""
        return [self[field_name(each.name)] for each in TARGETS]

    def clean_zone(self) -> str:
        """A zone of the tz database."""
        try:
            return ZoneInfo(self.cleaned_data["zone"]).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise forms.ValidationError(_("没有这个时区，例如 Asia/Shanghai")) from error

    def clean_since(self) -> datetime | None:
        """In the shop's time."""
        found: datetime | None = self.cleaned_data["since"]
        return timezone.make_aware(found) if found and timezone.is_naive(found) else found

    def wanted(self) -> WantedSource:
        """The source as it is wanted."""
        given: dict[str, Any] = self.cleaned_data
        paths = {each.name: given[field_name(each.name)] for each in TARGETS}
        settings = SourceSettings(
            **{name: given[name] for name in SETTINGS} | {"url": given["url"].strip()},
            fields=known_fields(paths),
        )
        return WantedSource(
            name=given.get("name", ""),
            settings=settings,
            statuses=given["statuses"],
            secret=given["secret"],
            since=given.get("since"),
        )

    def mark_errors(self) -> None:
        """A field that is wrong says so to who cannot see its colour."""
        for name in self.errors:
            if name in self.fields:
                widget = self.fields[name].widget
                widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"id_{name}_error"}


def form_of_source(connection: Connection) -> Mapping[str, Any]:
    """A source as its form shows it; what authorises stays hidden."""
    settings = SourceSettings.of(connection.configuration)
    shown: dict[str, Any] = {name: getattr(settings, name) for name in SETTINGS}
    paths = {field_name(name): path for name, path in settings.fields.items()}
    return {**shown, **paths, "statuses": status_lines(connection)}
