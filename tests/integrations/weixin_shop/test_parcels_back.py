"""A parcel that leaves here is told to WeChat: with its waybill and goods, once, however often it takes."""

import pytest
from django.test import Client

from messaging.models import Message
from orders.models import Order, Status
from orders.services.change_requests.request import request_change
from shopcomm.core.events.models import DomainEvent, Reader
from shopcomm.core.events.relay import relay
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall
from tests.factories import VariantFactory, integration, make_order, move, parcel
from tests.integrations.weixin_shop.conftest import (
    ORDER_ID,
    as_if_rested,
    document_of,
    due_now,
    event,
    push,
    settle,
)
from tests.integrations.weixin_shop.double import weixin_order

pytestmark = pytest.mark.django_db
SEND = "order/delivery/send"
WAYBILL = "SF1234567890123"


def ship(order: Order, number: str = WAYBILL, **fields: object) -> Order:
    if order.status == Status.PAID:
        order = move(order, "picking")
    return move(order, "shipped", **parcel(tracking_number=number), **fields)


def test_a_parcel_is_told_with_its_courier_waybill_and_goods(joined, weixin):
    order = ship(joined())
    settle()
    assert weixin.asked(SEND) == [
        {
            "order_id": ORDER_ID,
            "delivery_list": [
                {
                    "delivery_id": "SF",
                    "waybill_id": WAYBILL,
                    "deliver_type": 1,
                    "product_infos": [
                        {"product_id": "10000000032394840", "sku_id": "1704546000", "product_cnt": 2}
                    ],
                }
            ],
        }
    ]
    assert weixin.orders[ORDER_ID]["status"] == 30
    order.refresh_from_db()
    assert (order.status, WeixinCall.objects.get().state) == (Status.SHIPPED, "done")
    assert InboundRecord.objects.filter(state="conflict").count() == 0


def test_an_order_in_two_parcels_is_told_in_two_and_stays_in_step(joined, weixin):
    order = joined(count=3)
    line = order.lines.get()
    ship(order, "SF0000000000001", lines=[{"line": line.pk, "quantity": 1}])
    settle()
    assert weixin.orders[ORDER_ID]["status"] == 21
    order.refresh_from_db()
    assert order.status == Status.PICKING
    ship(order, "SF0000000000002")
    settle()
    sent = [each["delivery_list"][0] for each in weixin.asked(SEND)]
    assert [(each["waybill_id"], each["product_infos"][0]["product_cnt"]) for each in sent] == [
        ("SF0000000000001", 1),
        ("SF0000000000002", 2),
    ]
    order.refresh_from_db()
    assert (weixin.orders[ORDER_ID]["status"], order.status) == (30, Status.SHIPPED)
    assert order.shipments.count() == 2


def test_a_gift_of_the_same_sku_is_sent_under_its_own_id(weixin, shop, sku):
    told = weixin_order(ORDER_ID, sku, sku, count=1)
    told["order_detail"]["product_infos"][1]["is_free_gift"] = True
    told["order_detail"]["price_info"]["order_price"] = 19_900
    weixin.orders[ORDER_ID] = told
    push(shop, event("channels_ec_order_pay"))
    settle()
    ship(Order.objects.get())
    settle()
    sent = weixin.asked(SEND)[0]["delivery_list"][0]["product_infos"]
    assert [(each["sku_id"], each["product_cnt"]) for each in sent] == [("1704546000", 1), ("1704546001", 1)]


def test_a_parcel_that_came_from_there_is_not_told_back(joined, weixin, shop):
    joined()
    detail = weixin.orders[ORDER_ID]["order_detail"]
    product = detail["product_infos"][0]
    ids = {"product_id": product["product_id"], "sku_id": product["sku_id"], "product_cnt": 2}
    detail["delivery_info"]["delivery_product_info"] = [
        {"waybill_id": WAYBILL, "delivery_id": "SF", "product_infos": [ids]}
    ]
    weixin.change(ORDER_ID, status=30)
    push(shop, event("channels_ec_order_deliver"))
    settle()
    assert Order.objects.get().status == Status.SHIPPED
    assert weixin.asked(SEND) == []
    assert WeixinCall.objects.get().state == "void"


def test_an_order_of_another_way_is_nobodys_business_there(shop, weixin):
    make_order(status=Status.SHIPPED)
    settle()
    assert WeixinCall.objects.count() == 0


# --- again and again, and once ----------------------------------------------------------------------
def test_while_weixin_is_away_the_parcel_waits_and_is_told_when_it_is_back(joined, weixin, shop):
    ship(joined())
    weixin.errors[SEND] = ["away", "away"]
    for _time in range(3):
        settle(1)
        as_if_rested(shop)
        due_now()
        settle(1)
    call = WeixinCall.objects.get()
    assert (call.state, call.attempts) == ("done", 3)
    assert weixin.orders[ORDER_ID]["status"] == 30


def test_a_parcel_whose_answer_was_lost_is_not_sent_twice(joined, weixin, shop):
    ship(joined())
    weixin.errors[SEND] = ["lost"]
    settle(2)
    assert WeixinCall.objects.get().state == "pending"
    as_if_rested(shop)
    due_now()
    settle()
    assert len(weixin.asked(SEND)) == 1
    assert WeixinCall.objects.get().state == "done"


def test_a_parcel_that_weixin_has_although_it_refuses_it_counts_as_told(joined, weixin, shop):
    ship(joined())
    settle()
    # As if the process had ended before it wrote down that it was taken.
    WeixinCall.objects.update(state="pending", attempts=0, finished_at=None)
    document_of(shop).delete()
    push(shop, event("channels_ec_order_pay"))
    settle()
    assert WeixinCall.objects.get().state in ("done", "void")
    assert len(weixin.orders[ORDER_ID]["order_detail"]["delivery_info"]["delivery_product_info"]) == 1


def test_the_log_read_twice_tells_once(joined, weixin):
    ship(joined())
    settle()
    Reader.objects.filter(kind="weixin_shop").update(position=0)
    relay()
    settle()
    assert (WeixinCall.objects.count(), len(weixin.asked(SEND))) == (1, 1)


def test_a_quota_that_is_used_up_puts_a_parcel_off(joined, weixin, shop):
    ship(joined())
    weixin.errors[SEND] = [45009]
    settle(2)
    assert len(weixin.asked(SEND)) == 1
    as_if_rested(shop)
    due_now()
    settle()
    assert weixin.orders[ORDER_ID]["status"] == 30


@pytest.mark.parametrize("code", [40097, 48001, 10020299])
def test_what_weixin_never_takes_is_said_beside_the_order_and_holds_up_nothing_else(joined, weixin, code):
    first = joined()
    second = joined(str(int(ORDER_ID) + 1))
    weixin.errors[SEND] = [code]
    ship(first)
    settle(1)
    ship(second, "SF0000000000009")
    settle()
    failed = WeixinCall.objects.get(order=first)
    assert (failed.state, failed.code, failed.attempts) == ("failed", code, 1)
    assert WeixinCall.objects.get(order=second).state == "done"
    told = DomainEvent.objects.get(type="order.outside_not_told")
    assert told.order_id == first.pk
    line = Message.objects.filter(conversation__order=first, kind="event").latest("seq")
    assert line.internal
    assert f"小店 没有收下“发货”，请到那边处理：{code}" in line.body


def test_a_manager_has_it_told_once_more(joined, weixin, shop, manager):
    ship(joined())
    weixin.errors[SEND] = [40097]
    settle()
    boss = Client()
    boss.force_login(manager)
    page = boss.get(f"/integrations/{shop.pk}/").content.decode()
    assert "微信没有收下的" in page
    assert "40097" in page
    boss.post(f"/integrations/weixin-shop/calls/{WeixinCall.objects.get().pk}/retry/")
    settle()
    assert WeixinCall.objects.get().state == "done"


def test_goods_that_weixin_did_not_sell_are_for_a_person(joined, weixin):
    order = joined()
    other = VariantFactory(on_hand=10).sku
    request_change(
        actor=integration(), order_id=order.pk, kind="items", data={"items": [{"sku": other, "quantity": 2}]}
    )
    order.refresh_from_db()
    ship(order)
    settle()
    call = WeixinCall.objects.get(kind="delivery")
    assert call.state == "failed"
    assert other in call.error
    assert weixin.asked(SEND) == []


def test_what_breaks_in_telling_is_put_off_and_holds_up_nothing(joined, shop, weixin):
    order = joined()
    broken = WeixinCall.objects.create(
        connection=shop, order=order, external_id=ORDER_ID, kind="after_sale_accept", key="broken", data={}
    )
    ship(order)
    settle()
    assert len(weixin.asked(SEND)) == 1
    broken.refresh_from_db()
    assert (broken.state, broken.attempts, broken.error) == ("pending", 1, "KeyError: 'case'")
    shop.refresh_from_db()
    assert shop.failing_since is None
