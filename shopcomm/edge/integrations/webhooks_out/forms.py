"""What the page of an endpoint asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.webhooks_out.event_types import ALL, EVENT_TYPES
from shopcomm.edge.integrations.webhooks_out.models import WebhookEndpoint
from shopcomm.edge.integrations.webhooks_out.payloads import FORMATS, LATEST
from shopcomm.edge.integrations.webhooks_out.services.endpoints import LONGEST_URL, EndpointSettings

EVENT_NAMES = {
    "order.created": _("下单"),
    "order.paid": _("付款"),
    "order.picking": _("开始配货"),
    "order.shipped": _("发货"),
    "order.delivered": _("签收"),
    "order.completed": _("完成"),
    "order.refunding": _("申请退款"),
    "order.refunded": _("退款到账"),
    "order.cancelled": _("取消"),
    "order.changed": _("订单被修改"),
    "order.change_requested": _("有人申请修改"),
    "order.change_rejected": _("修改申请未通过"),
    "shipment.updated": _("物流更新"),
    "stock.low": _("库存低于预警线"),
    "stock.replenished": _("库存已补足"),
    "conversation.message": _("消息（不含内容）"),
}
CHOICES = [
    (ALL, _("全部，也包括以后新增的")),
    *((name, EVENT_NAMES.get(name, name)) for name in EVENT_TYPES),
]


class EndpointForm(forms.Form):
    """An endpoint as a manager sets it up."""

    url = forms.CharField(
        label=_("地址"),
        max_length=LONGEST_URL,
        widget=forms.URLInput({"class": "input", "placeholder": "https://erp.example.com/hook"}),
    )
    description = forms.CharField(
        label=_("说明"), max_length=200, required=False, widget=forms.TextInput({"class": "input"})
    )
    event_types = forms.MultipleChoiceField(
        label=_("事件类型"),
        choices=CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少选一种事件")},
    )
    headers = forms.CharField(
        label=_("请求头"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea({"class": "input", "rows": 3, "placeholder": "Authorization: Bearer …"}),
        help_text=_("每行一个，名称和内容用冒号分开；存下后不再显示"),
    )
    payload_version = forms.ChoiceField(
        label=_("内容版本"),
        choices=[(version, version) for version in FORMATS],
        initial=LATEST,
        widget=forms.Select({"class": "input"}),
    )

    def clean_headers(self) -> dict[str, str]:
        """Each line a header. What may be one is the service's business."""
        found: dict[str, str] = {}
        for line in self.cleaned_data["headers"].splitlines():
            name, colon, value = line.partition(":")
            if line.strip() and not colon:
                raise forms.ValidationError(_("这一行没有冒号：%(line)s") % {"line": line[:60]})
            if colon:
                found[name.strip()] = value.strip()
        return found

    def wanted(self, *, keep_headers: bool = False) -> EndpointSettings:
        """The endpoint as it is wanted; with `keep_headers` an empty field leaves those that there are."""
        given: dict[str, Any] = self.cleaned_data
        headers = None if keep_headers and not given["headers"] else given["headers"]
        return EndpointSettings(
            url=given["url"],
            event_types=given["event_types"],
            description=given["description"],
            payload_version=given["payload_version"],
            headers=headers,
        )

    def mark_errors(self) -> None:
        """A field that is wrong says so to who cannot see its colour."""
        for name in self.errors:
            if name in self.fields:
                widget = self.fields[name].widget
                widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"id_{name}_error"}


def form_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint as its form shows it; headers stay hidden."""
    names = ("url", "description", "event_types", "payload_version")
    return {name: getattr(endpoint, name) for name in names}
