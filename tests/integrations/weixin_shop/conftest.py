import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from orders.models import Order
from shopcomm.core.events.tasks import relay_events
from shopcomm.edge.integrations.models import Connection
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.weixin_shop.crypto import encrypt_push, push_signature
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall, WeixinDocument, WeixinShop
from shopcomm.edge.integrations.weixin_shop.services.shops import WeixinCredentials, add_weixin_shop
from shopcomm.edge.integrations.weixin_shop.tasks import sync_weixin_shops
from tests.factories import VariantFactory
from tests.integrations.weixin_shop.double import AES_KEY, APP_ID, SECRET, TOKEN, WeixinDouble, weixin_order

# Larger than any number that a browser holds.
ORDER_ID = "3705115058471208928"


@pytest.fixture
def weixin(settings) -> Iterator[WeixinDouble]:
    double = WeixinDouble()
    settings.WEIXIN_API_URL = double.url
    yield double
    double.close()


@pytest.fixture
def shop(db: None, weixin: WeixinDouble) -> Connection:
    return add_weixin_shop(
        name="小店",
        given=WeixinCredentials(app_id=APP_ID, secret=SECRET, token=TOKEN, aes_key=AES_KEY),
    )


@pytest.fixture
def sku() -> str:
    return VariantFactory(on_hand=1000).sku


def push(connection: Connection, message: dict[str, Any] | str, **query: str) -> HttpResponse:
    """What WeChat sends for an event; `query` replaces single parts."""
    text = message if isinstance(message, str) else json.dumps(message)
    encrypted = encrypt_push(text.encode(), AES_KEY, APP_ID)
    stamps = {"timestamp": str(int(time.time())), "nonce": "415670741"}
    signature = push_signature(TOKEN, stamps["timestamp"], stamps["nonce"], encrypted)
    asked = stamps | {"encrypt_type": "aes", "msg_signature": signature} | query
    return Client().post(
        f"/inbound/weixin-shop/{connection.pk}/",
        {"ToUserName": "gh_97417a04a28d", "Encrypt": encrypted},
        content_type="application/json",
        query_params=asked,
    )


def event(name: str, order_id: str = ORDER_ID) -> str:
    """An order's event: its id is pushed as a number."""
    return (
        '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggO","CreateTime":1658880485,"MsgType":"event",'
        f'"Event":"{name}","order_info":{{"order_id":{order_id},"pay_time":1658880485}}}}'
    )


def settle(rounds: int = 3) -> None:
    """Let the workers do what there is to do, until WeChat and the shop have heard of each other."""
    for _round in range(rounds):
        sync_weixin_shops()
        apply_inbound()
        relay_events()


def as_if_rested(connection: Connection) -> None:
    """The pauses after failures are over."""
    WeixinShop.objects.filter(connection=connection).update(rests_until=None)


def due_now() -> None:
    """The pauses before the next attempts are over."""
    WeixinCall.objects.update(due_at=timezone.now())


def pull_again(connection: Connection) -> None:
    """The list is due, and no push was heard of."""
    WeixinShop.objects.filter(connection=connection).update(pulled_at=None)


def look_again(connection: Connection, order_id: str = ORDER_ID) -> None:
    """As if WeChat had spoken of the order."""
    assert push(connection, event("channels_ec_order_ext_info_update", order_id)).content == b"success"


@pytest.fixture
def joined(shop: Connection, weixin: WeixinDouble, sku: str) -> Callable[..., Order]:
    """Makes an order at WeChat that has come in."""

    def make(order_id: str = ORDER_ID, *, status: int = 20, count: int = 2, **fields: Any) -> Order:
        weixin.orders[order_id] = weixin_order(order_id, sku, status=status, count=count, **fields)
        push(shop, event("channels_ec_order_pay", order_id))
        settle()
        return Order.objects.get(external_id=f"小店:{order_id}")

    return make


def document_of(connection: Connection, external_id: str = ORDER_ID) -> WeixinDocument:
    return WeixinDocument.objects.get(connection=connection, external_id=external_id)
