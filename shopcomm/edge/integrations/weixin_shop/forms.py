"""What the pages of a shop at 微信小店 ask."""

import secrets
import string

from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.credential_pages import PlatformForm, credential_field
from shopcomm.edge.integrations.weixin_shop.crypto import KEY_LETTERS

LETTERS = string.ascii_letters + string.digits


class WeixinShopForm(PlatformForm):
    """App id and secret as the shop's backend shows them; token and key are the shop's own choice."""

    app_id = credential_field("AppID", 60, _("微信小店后台 › 服务市场 › 自研 › 开发设置"))
    secret = credential_field("AppSecret", 120)
    token = credential_field("Token", 60, _("消息推送里填同样的，已替您生成一个"))
    aes_key = credential_field(
        "EncodingAESKey", KEY_LETTERS, _("消息推送里填同样的；加密方式选安全模式，数据格式选 JSON")
    )


def new_push_settings() -> dict[str, str]:
    """A token and a key that nobody has had."""
    return {name: _random(length) for name, length in (("token", 32), ("aes_key", KEY_LETTERS))}


def _random(length: int) -> str:
    # Of the last letter of a key only its upper bits count.
    return "".join(secrets.choice(LETTERS) for _place in range(length - 1)) + "A"
