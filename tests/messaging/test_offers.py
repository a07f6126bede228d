"""A message that holds an address offers it; nothing else does, and nothing happens by itself."""

from uuid import uuid4

import pytest

from messaging.services.messages import send_message
from messaging.services.offers import offers_in
from shopcomm.core.accounts.actors import Actor

TEXT = "帮我改下地址:浙江省杭州市余杭区文一西路969号 张三 13800138000"


@pytest.mark.django_db
def test_an_address_in_a_message_is_offered_without_changing_the_order(order, customer):
    sent = send_message(
        actor=Actor.customer(customer, order_id=order.pk),
        conversation_id=order.conversation.pk,
        client_id=uuid4(),
        kind="text",
        body=TEXT,
    )

    assert sent.message.data["address"] == {
        "name": "张三",
        "phone": "13800138000",
        "province": "浙江省",
        "city": "杭州市",
        "district": "余杭区",
        "street": "文一西路969号",
    }
    version = order.version
    order.refresh_from_db()
    assert order.version == version


@pytest.mark.parametrize(
    "text",
    [
        "这款还有黑色吗",
        "昨天在杭州市余杭区看到你们的店了",
        "浙江省杭州市",
        "a" * 10_000,
        "订单 13800138000 发了吗",
    ],
)
def test_a_text_that_is_no_address_offers_nothing(text):
    assert offers_in(text) == {}
