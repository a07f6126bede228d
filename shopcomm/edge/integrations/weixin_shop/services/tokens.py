"""The access token of a shop: one for all processes, fetched by one of them at a time, kept sealed, never in a log."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from shopcomm.core.database.named_locks import held_across_transactions
from shopcomm.core.json_text import json_text
from shopcomm.core.sealing import CannotUnseal, seal_text, unseal_once
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.services.connections import credentials_of
from shopcomm.edge.integrations.weixin_shop.models import WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinAway, check_answer, post_json

PATH = "/cgi-bin/stable_token"
# Before it runs out, another one is fetched.
MARGIN = timedelta(minutes=5)
USUAL_SECONDS = 7200


def access_token_of(connection: Connection) -> str:
    """A token that is taken now. Raises WeixinAway, WeixinRefused."""
    return _kept(connection) or renew_access_token(connection)


def renew_access_token(connection: Connection, *, refused: str = "") -> str:
    """Another token than the one that was `refused`, if one was. Raises WeixinAway, WeixinRefused.

    A stable token is asked for as it is; only where that is the refused one it is made anew, which ends the old one for
    everybody who uses it.
    """
    with held_across_transactions(f"weixin:token:{connection.pk}") as is_mine:
        if not is_mine:
            raise WeixinAway("another process is fetching the token")
        known = _kept(connection)
        if known and known != refused:
            return known
        found = _ask(connection, force=False)
        if found["access_token"] == refused:
            found = _ask(connection, force=True)
        return _keep(connection, found)


def _kept(connection: Connection) -> str:
    shop = WeixinShop.objects.get(connection=connection)
    if not shop.sealed_token or shop.token_until is None or shop.token_until < timezone.now() + MARGIN:
        return ""
    try:
        return unseal_once(shop.sealed_token)
    except CannotUnseal:
        return ""


def _keep(connection: Connection, found: dict[str, Any]) -> str:
    token, seconds = str(found["access_token"]), found.get("expires_in")
    until = timezone.now() + timedelta(seconds=seconds if isinstance(seconds, int) else USUAL_SECONDS)
    WeixinShop.objects.filter(connection=connection).update(sealed_token=seal_text(token), token_until=until)
    return token


def _ask(connection: Connection, *, force: bool) -> dict[str, Any]:
    try:
        known = credentials_of(connection)
    except CannotUnseal as error:
        raise WeixinAway(_("凭证是用另一个 SECRET_KEY 加密的，请重新填写")) from error
    asked = {
        "grant_type": "client_credential",
        "appid": known.get("app_id", ""),
        "secret": known.get("secret", ""),
        "force_refresh": force,
    }
    found = check_answer(post_json(PATH, json_text(asked)))
    if not isinstance(found.get("access_token"), str) or not found["access_token"]:
        raise WeixinAway("no token in the answer")
    return found
