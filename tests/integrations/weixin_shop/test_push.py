"""What 微信小店 pushes: the public vectors of its documents, and what is refused."""

import base64
import json

import pytest
from django.test import Client

from shopcomm.edge.integrations.services.connections import set_state
from shopcomm.edge.integrations.weixin_shop.crypto import (
    NotDecryptable,
    decrypt_push,
    encrypt_push,
    is_aes_key,
    push_signature,
)
from shopcomm.edge.integrations.weixin_shop.models import WeixinDocument, WeixinShop
from tests.integrations.weixin_shop.conftest import ORDER_ID, event, push
from tests.integrations.weixin_shop.double import AES_KEY, APP_ID, TOKEN

PUSHED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XG"
    "T740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8"
    "YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
PUSHED_QUERY = {
    "timestamp": "1714112445",
    "nonce": "415670741",
    "encrypt_type": "aes",
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
}
CHECK_QUERY = {
    "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
    "echostr": "4375120948345356249",
    "timestamp": "1714036504",
    "nonce": "1514711492",
}


# --- the public vectors -----------------------------------------------------------------------------
def test_the_published_check_of_an_address_is_signed_as_documented():
    assert push_signature(TOKEN, "1714036504", "1514711492") == CHECK_QUERY["signature"]


def test_the_published_push_is_signed_and_encrypted_as_documented():
    signed = push_signature(TOKEN, PUSHED_QUERY["timestamp"], PUSHED_QUERY["nonce"], PUSHED)
    assert signed == PUSHED_QUERY["msg_signature"]
    message = decrypt_push(PUSHED, AES_KEY, APP_ID)
    assert len(message) == 167
    told = json.loads(message)
    assert (told["Event"], told["debug_str"]) == ("debug_demo", "hello world")


def test_the_published_answer_is_encrypted_and_signed_as_documented():
    answer = encrypt_push(b'{"demo_resp":"good luck"}', AES_KEY, APP_ID, b"707722b803182950")
    assert (
        answer == "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )
    signed = push_signature(TOKEN, "1713424427", "415670741", answer)
    assert signed == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


# --- the address ------------------------------------------------------------------------------------
def test_the_published_check_is_answered_with_its_echo(shop):
    answer = Client().get(f"/inbound/weixin-shop/{shop.pk}/", CHECK_QUERY)
    assert (answer.status_code, answer.content) == (200, b"4375120948345356249")
    assert answer["Content-Type"].startswith("text/plain")


def test_a_check_that_is_signed_otherwise_is_refused(shop):
    answer = Client().get(f"/inbound/weixin-shop/{shop.pk}/", CHECK_QUERY | {"nonce": "1"})
    assert (answer.status_code, answer.content) == (403, b"")


def test_the_published_push_is_answered_with_success_and_asks_for_nothing(shop):
    body = {"ToUserName": "gh_97417a04a28d", "Encrypt": PUSHED}
    answer = Client().post(
        f"/inbound/weixin-shop/{shop.pk}/", body, content_type="application/json", query_params=PUSHED_QUERY
    )
    assert (answer.status_code, answer.content) == (200, b"success")
    assert WeixinDocument.objects.count() == 0


def test_a_pushed_order_is_written_down_as_text_and_answered_without_a_call(shop, weixin):
    assert push(shop, event("channels_ec_order_pay")).content == b"success"
    document = WeixinDocument.objects.get()
    assert (document.external_id, document.kind, document.wanted) == (ORDER_ID, "order", 1)
    assert WeixinShop.objects.get().pushed_at is not None
    assert weixin.calls == []


def test_an_order_that_is_pushed_ten_times_is_to_be_fetched_once(shop, weixin):
    for _time in range(10):
        push(shop, event("channels_ec_order_pay"))
    document = WeixinDocument.objects.get()
    assert (document.wanted, document.fetched) == (10, 0)


def test_an_after_sale_is_written_down_with_its_order(shop):
    told = {
        "after_sale_order_id": "3000000000000000001",
        "order_id": ORDER_ID,
        "status": "MERCHANT_PROCESSING",
    }
    push(shop, {"Event": "channels_ec_aftersale_update", "finder_shop_aftersale_status_update": told})
    kept = WeixinDocument.objects.values_list("kind", "external_id")
    assert set(kept) == {("after_sale", "3000000000000000001"), ("order", ORDER_ID)}


@pytest.mark.parametrize(
    "query", [{"msg_signature": "0" * 40}, {"nonce": "1"}, {"timestamp": "1"}, {"msg_signature": "é"}]
)
def test_a_push_that_is_signed_otherwise_is_refused_and_leaves_nothing(shop, query):
    assert push(shop, event("channels_ec_order_pay"), **query).status_code == 403
    assert WeixinDocument.objects.count() == 0


def test_the_plain_signature_does_not_open_a_push(shop):
    # `signature` covers neither the body nor a key that only the shop has.
    signed = push_signature(TOKEN, "1", "2")
    answer = push(shop, event("channels_ec_order_pay"), timestamp="1", nonce="2", msg_signature=signed)
    assert answer.status_code == 403


def test_a_push_for_another_app_is_refused():
    with pytest.raises(NotDecryptable):
        decrypt_push(encrypt_push(b"{}", AES_KEY, "wxsomebodyelse"), AES_KEY, APP_ID)


@pytest.mark.parametrize("damaged", ["", "AAAA", "é", "not base64!", base64.b64encode(b"x" * 32).decode()])
def test_a_damaged_push_is_refused(damaged):
    with pytest.raises(NotDecryptable):
        decrypt_push(damaged, AES_KEY, APP_ID)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"Encrypt": 5}', b'{"Encrypt": ""}', b"\xff"])
def test_a_push_that_is_no_envelope_is_refused(shop, body):
    answer = Client().post(f"/inbound/weixin-shop/{shop.pk}/", body, content_type="application/json")
    assert answer.status_code == 403


def test_a_push_that_is_too_long_is_refused_unread(shop):
    answer = Client().post(f"/inbound/weixin-shop/{shop.pk}/", b"x" * 70_000, content_type="application/json")
    assert answer.status_code == 403


def test_while_the_connection_is_paused_a_push_is_put_off(shop):
    set_state(connection_id=shop.pk, active=False)
    assert push(shop, event("channels_ec_order_pay")).status_code == 503
    assert WeixinDocument.objects.count() == 0


def test_nobody_else_has_an_address(db):
    assert Client().get("/inbound/weixin-shop/999/", CHECK_QUERY).status_code == 404


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "!" * 43, "é" * 43])
def test_what_is_no_key_is_not_taken_for_one(key):
    assert not is_aes_key(key)
    assert is_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
