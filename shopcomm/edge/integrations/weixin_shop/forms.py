"""What the pages of a shop at 微信小店 ask."""

import secrets
import string
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.weixin_shop.crypto import KEY_LETTERS
from shopcomm.edge.integrations.weixin_shop.services.shops import WeixinCredentials

LETTERS = string.ascii_letters + string.digits


def _field(label: Any, longest: int, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput({"class": "input num", "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=longest, widget=widget, help_text=help_text)


class WeixinCredentialsForm(forms.Form):
    """App id and secret as the shop's backend shows them; token and key are the shop's own choice."""

    app_id = _field("AppID", 60, _("微信小店后台 › 服务市场 › 自研 › 开发设置"))
    secret = _field("AppSecret", 120)
    token = _field("Token", 60, _("消息推送里填同样的，已替您生成一个"))
    aes_key = _field(
        "EncodingAESKey", KEY_LETTERS, _("消息推送里填同样的；加密方式选安全模式，数据格式选 JSON")
    )

    def credentials(self) -> WeixinCredentials:
        """As the service takes them."""
        return WeixinCredentials(
            **{name: self.cleaned_data[name] for name in WeixinCredentials.__annotations__}
        )


class WeixinShopForm(WeixinCredentialsForm):
    """A new shop: its credentials, and what it is called here."""

    name = forms.CharField(
        label=_("店铺名称"), max_length=60, widget=forms.TextInput({"class": "input", "autocomplete": "off"})
    )
    field_order = ("name", "app_id", "secret", "token", "aes_key")


def new_push_settings() -> dict[str, str]:
    """A token and a key that nobody has had."""
    return {name: _random(length) for name, length in (("token", 32), ("aes_key", KEY_LETTERS))}


def _random(length: int) -> str:
    # Of the last letter of a key only its upper bits count.
    return "".join(secrets.choice(LETTERS) for _place in range(length - 1)) + "A"
