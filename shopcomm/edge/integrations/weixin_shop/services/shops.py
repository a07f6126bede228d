"""Joining a shop at 微信小店: what it is spoken to with, kept sealed."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from shopcomm.core.events.readers import add_reader
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import (
    ConnectionRefused,
    change_credentials,
    credentials_of,
    join_platform,
    readable_credentials,
)
from shopcomm.edge.integrations.weixin_shop.codes import KIND, STATUSES
from shopcomm.edge.integrations.weixin_shop.crypto import is_aes_key
from shopcomm.edge.integrations.weixin_shop.models import WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.client import call_weixin


@dataclass(frozen=True)
class WeixinCredentials:
    """What the shop's backend shows: app id and secret, and for its push the token and the EncodingAESKey."""

    app_id: str
    secret: str
    token: str
    aes_key: str

    def as_kept(self) -> dict[str, str]:
        """As they are sealed."""
        return {
            "app_id": self.app_id.strip(),
            "secret": self.secret.strip(),
            "token": self.token.strip(),
            "aes_key": self.aes_key.strip(),
        }


@transaction.atomic
def add_weixin_shop(*, name: str, given: WeixinCredentials) -> Connection:
    """Join a shop, whose orders come in from now on. Raises ConnectionRefused."""
    _check(given)
    connection = join_platform(kind=KIND, name=name, statuses=STATUSES, credentials=given.as_kept())
    WeixinShop.objects.create(connection=connection)
    add_reader(name=f"weixin:{connection.pk}", kind=KIND, configuration={"connection": connection.pk})
    return connection


@transaction.atomic
def change_weixin_credentials(*, connection_id: int, given: WeixinCredentials) -> Connection:
    """Other credentials; a token that was fetched with the old ones is forgotten. Raises ConnectionRefused."""
    _check(given)
    connection = change_credentials(connection_id=connection_id, credentials=given.as_kept())
    WeixinShop.objects.filter(connection=connection).update(
        sealed_token="", token_until=None, rests=0, rests_until=None
    )
    return connection


def known_weixin_credentials(connection: Connection) -> WeixinCredentials:
    """The credentials of a shop. Raises CannotUnseal."""
    return _named(credentials_of(connection))


def shown_weixin_credentials(connection: Connection) -> dict[str, str]:
    """The credentials for their form: empty where they cannot be read any more."""
    return _named(readable_credentials(connection)).as_kept()


def _named(known: dict[str, str]) -> WeixinCredentials:
    return WeixinCredentials(**{name: known.get(name, "") for name in WeixinCredentials.__annotations__})


def try_weixin_shop(connection: Connection) -> str:
    """Ask for the couriers that the shop may name, which changes nothing there, and say how many came.

    Raises WeixinAway, WeixinRefused.
    """
    found = call_weixin(connection, "order/deliverycompanylist/get", {})
    return _("已连上，微信列出 %(count)s 家快递") % {"count": len(found.get("company_list") or [])}


def _check(given: WeixinCredentials) -> None:
    if not all(given.as_kept().values()):
        raise ConnectionRefused(_("AppID、AppSecret、Token 和 EncodingAESKey 都要填写"))
    if not is_aes_key(given.aes_key.strip()):
        raise ConnectionRefused(_("EncodingAESKey 是 43 个字母和数字，请整个复制"))
