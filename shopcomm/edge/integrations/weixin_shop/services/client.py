"""Calls of the shop's interface, with its token; a token that is not taken any more is replaced once."""

from typing import Any

from shopcomm.core.json_text import json_text
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.weixin_shop.codes import TOKEN_REFUSED
from shopcomm.edge.integrations.weixin_shop.services.tokens import access_token_of, renew_access_token
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinRefused, check_answer, post_json

# So many ids come in one page of a list.
PAGE = 100


def call_weixin(connection: Connection, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask the shop's interface and return what it answers. Raises WeixinAway, WeixinRefused. Never inside a transaction."""
    token = access_token_of(connection)
    try:
        return _post(path, token, body)
    except WeixinRefused as error:
        if error.code not in TOKEN_REFUSED:
            raise
    return _post(path, renew_access_token(connection, refused=token), body)


def _post(path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
    return check_answer(post_json(f"/channels/ec/{path}", json_text(body), query=f"access_token={token}"))


def list_weixin_orders(
    connection: Connection, start: int, end: int, next_key: str
) -> tuple[list[str], str, bool]:
    """One page of the orders that were changed between two moments (seconds): their ids as text, where it goes on, and
    whether it does. Raises WeixinAway, WeixinRefused."""
    asked: dict[str, Any] = {
        "update_time_range": {"start_time": start, "end_time": end},
        "page_size": PAGE,
    }
    if next_key:
        asked["next_key"] = next_key
    found = call_weixin(connection, "order/list/get", asked)
    ids = [str(each) for each in found.get("order_id_list") or []]
    return ids, str(found.get("next_key") or ""), found.get("has_more") is True
