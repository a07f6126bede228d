"""有赞 pushes orders: signed with md5, the message urlencoded JSON, each applied once whatever order they come in."""

import hashlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client

from orders.models import Order, Status
from orders.services.editing import edit_order
from shopcomm.edge.integrations.models import Connection, InboundRecord
from shopcomm.edge.integrations.services.connections import credentials_of, join_platform, set_state
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.youzan.codes import KIND, STATUSES
from tests.factories import PASSWORD, VariantFactory, integration, make_address

pytestmark = pytest.mark.django_db
TID = "E20261130120000000700001"
GIVEN = {"client_id": "a1b2c3", "client_secret": "s3cret"}


@pytest.fixture
def shop(db: None) -> Connection:
    return join_platform(kind=KIND, name="有赞店", statuses=STATUSES, credentials=GIVEN)


@pytest.fixture
def sku() -> str:
    return VariantFactory(on_hand=100).sku


def whole_order(sku: str, status: str = "TRADE_PAID") -> dict[str, Any]:
    """What comes when an order is made or paid."""
    return {
        "full_order_info": {
            "order_info": {
                "tid": TID,
                "status": status,
                "created": "2026-11-30 11:59:00",
                "pay_time": "" if status == "WAIT_BUYER_PAY" else "2026-11-30 12:00:00",
                "update_time": "2026-11-30 12:00:00",
            },
            "orders": [{"outer_sku_id": sku, "num": 2, "price": "199.00", "title": "登机箱"}],
            "pay_info": {"post_fee": "10.00", "payment": "388.00", "outer_transactions": ["4200001"]},
            "address_info": {
                "receiver_name": "吴丽华",
                "receiver_tel": "13800138000",
                "delivery_province": "广东省",
                "delivery_city": "广州市",
                "delivery_district": "白云区",
                "delivery_address": "机场路 88 号",
            },
            "buyer_info": {"buyer_phone": "13800138000"},
            "remark_info": {"buyer_message": "请周一前发"},
        }
    }


def push(shop: Connection, kind: str, message: dict[str, Any], version: int, **changes: Any) -> HttpResponse:
    text = quote(json.dumps(message, ensure_ascii=False))
    sign = hashlib.md5(f"a1b2c3{text}s3cret".encode()).hexdigest()
    body = {
        "client_id": "a1b2c3", "id": TID, "kdt_id": 1, "mode": 1, "type": kind, "msg": text, "sign": sign,
        "status": "", "version": version, "test": False, "sendCount": 1,
    } | changes  # fmt: skip
    answer = Client().post(f"/inbound/youzan/{shop.pk}/", body, content_type="application/json")
    apply_inbound()
    return answer


def test_a_paid_order_is_here_with_its_goods_money_address_and_words(shop, sku):
    answer = push(shop, "trade_TradePaid", whole_order(sku), 2)
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "success"})
    order = Order.objects.get()
    assert (order.external_id, order.status, order.note) == (f"有赞店:{TID}", Status.PAID, "请周一前发")
    assert [str(sum) for sum in (order.total, order.discount, order.shipping_fee)] == [
        "388.00",
        "20.00",
        "10.00",
    ]
    assert order.payments.get().reference == "4200001"
    assert order.street == "机场路 88 号"


def test_messages_that_come_twice_and_the_wrong_way_round_end_the_same(shop, sku):
    push(shop, "trade_TradePaid", whole_order(sku), 2)
    push(shop, "trade_TradeCreate", whole_order(sku, "WAIT_BUYER_PAY"), 1)
    push(shop, "trade_TradePaid", whole_order(sku), 2)
    assert Order.objects.get().status == Status.PAID
    assert InboundRecord.objects.filter(state__in=["conflict", "parked"]).count() == 0


def test_a_message_that_names_an_order_alone_moves_it(shop, sku):
    push(shop, "trade_TradeCreate", whole_order(sku, "WAIT_BUYER_PAY"), 1)
    push(shop, "trade_TradeClose", {"tid": TID, "update_time": "2026-11-30 13:00:00"}, 3)
    assert Order.objects.get().status == Status.CANCELLED


def test_what_was_changed_here_is_not_taken_back_by_a_message_that_tells_the_whole_order(shop, sku):
    push(shop, "trade_TradeCreate", whole_order(sku, "WAIT_BUYER_PAY"), 1)
    order = Order.objects.get()
    moved = make_address(street="机场路 99 号").columns()
    edit_order(actor=integration(), order_id=order.pk, version=None, changes=moved)
    push(shop, "trade_TradePaid", whole_order(sku), 2)
    order.refresh_from_db()
    assert (order.street, order.status) == ("机场路 99 号", Status.PAID)


def test_an_unknown_status_waits_for_a_person(shop, sku):
    push(shop, "trade_TradeCreate", whole_order(sku, "SOMETHING_NEW"), 1)
    assert InboundRecord.objects.get().reason == "status_unknown"


@pytest.mark.parametrize(
    "changes", [{"sign": "0" * 32}, {"sign": None}, {"client_id": "other"}, {"msg": "%7B%7D"}]
)
def test_what_is_not_signed_is_refused_and_leaves_nothing(shop, sku, changes):
    assert push(shop, "trade_TradePaid", whole_order(sku), 2, **changes).status_code == 403
    assert InboundRecord.objects.count() == 0


def test_a_push_whose_header_signs_the_whole_body_is_taken_as_well(shop, sku):
    text = quote(json.dumps(whole_order(sku)))
    body = json.dumps({"type": "trade_TradePaid", "msg": text, "version": 2})
    for sign, status in ((hashlib.md5(f"a1b2c3{body}s3cret".encode()).hexdigest(), 200), ("0" * 32, 403)):
        answer = Client().post(
            f"/inbound/youzan/{shop.pk}/", body, content_type="application/json", headers={"Event-Sign": sign}
        )
        assert answer.status_code == status
    assert InboundRecord.objects.count() == 1


@pytest.mark.parametrize("kind", ["item_ItemUpdate", "trade_TradePaid"])
def test_what_is_of_no_order_or_a_test_is_answered_and_left(shop, sku, kind):
    answer = push(shop, kind, whole_order(sku), 2, test=kind.startswith("trade"))
    assert answer.json()["code"] == 0
    assert InboundRecord.objects.count() == 0


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"msg": 5, "sign": 5}', b"\xff"])
def test_what_is_no_message_is_refused(shop, body):
    answer = Client().post(f"/inbound/youzan/{shop.pk}/", body, content_type="application/json")
    assert answer.status_code == 403


def test_while_the_connection_is_paused_a_push_is_put_off(shop, sku):
    set_state(connection_id=shop.pk, active=False)
    assert push(shop, "trade_TradePaid", whole_order(sku), 2).status_code == 503
    assert InboundRecord.objects.count() == 0


def test_a_manager_joins_a_shop_and_is_told_that_nobody_has_tried_it_live(manager):
    boss = Client()
    boss.force_login(manager)
    boss.post("/confirm/", {"password": PASSWORD, "next": "/integrations/"})
    assert "未在真实服务上验证" in boss.get("/integrations/youzan/add/").content.decode()
    boss.post("/integrations/youzan/add/", GIVEN | {"name": "有赞店"})
    made = Connection.objects.get()
    assert credentials_of(made) == GIVEN
    page = boss.get(f"/integrations/{made.pk}/").content.decode()
    assert f"http://testserver/inbound/youzan/{made.pk}/" in page
    assert "未在真实服务上验证" in page
    assert "s3cret" not in page
    assert "s3cret" in boss.get(f"/integrations/youzan/{made.pk}/credentials/").content.decode()
    assert boss.post("/integrations/youzan/add/", GIVEN | {"name": "有赞店"}).status_code == 422
