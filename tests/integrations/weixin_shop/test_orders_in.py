"""Orders of 微信小店: fetched after a push, found by the list, applied once, with their ids as text."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order, Status
from shopcomm.edge.integrations.models import InboundRecord
from shopcomm.edge.integrations.services.connections import map_statuses
from shopcomm.edge.integrations.services.receiving import retry_record
from shopcomm.edge.integrations.tasks import apply_inbound
from shopcomm.edge.integrations.weixin_shop.services.fetching import fetch_order
from tests.factories import VariantFactory, move, parcel
from tests.integrations.weixin_shop.conftest import (
    ORDER_ID,
    as_if_rested,
    document_of,
    event,
    look_again,
    pull_again,
    push,
    settle,
)
from tests.integrations.weixin_shop.double import weixin_address, weixin_order

pytestmark = pytest.mark.django_db


# --- what an order becomes --------------------------------------------------------------------------
def test_a_paid_order_is_here_with_its_goods_money_address_and_words(weixin, shop, sku):
    told = weixin_order(ORDER_ID, sku)
    told["order_detail"]["price_info"] |= {"freight": 1200, "order_price": 39_050}
    told["order_detail"]["ext_info"]["customer_notes"] = "请周一前发"
    weixin.orders[ORDER_ID] = told
    push(shop, event("channels_ec_order_pay"))
    settle()
    order = Order.objects.get()
    assert (order.external_id, order.status, order.source) == (f"小店:{ORDER_ID}", Status.PAID, "wechat")
    assert [str(sum) for sum in (order.total, order.shipping_fee, order.discount)] == [
        "390.50",
        "12.00",
        "19.50",
    ]
    assert [(line.sku, line.quantity, str(line.unit_price)) for line in order.lines.all()] == [
        (sku, 2, "199.00")
    ]
    assert (order.note, order.street) == ("请周一前发", "机场路 88 号")
    paid = order.payments.get()
    assert (str(paid.amount), paid.method, paid.reference) == ("390.50", "wechat", "42000" + ORDER_ID[-8:])


def test_a_gift_costs_nothing(weixin, shop, sku):
    gift = VariantFactory(on_hand=10).sku
    told = weixin_order(ORDER_ID, sku, gift)
    told["order_detail"]["product_infos"][1]["is_free_gift"] = True
    told["order_detail"]["price_info"]["order_price"] = 39_800
    weixin.orders[ORDER_ID] = told
    push(shop, event("channels_ec_order_pay"))
    settle()
    assert str(Order.objects.get().total) == "398.00"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (10, Status.PENDING_PAYMENT),
        (20, Status.PAID),
        (100, Status.COMPLETED),
        (190, Status.CANCELLED),
        (200, Status.REFUNDED),
        (250, Status.CANCELLED),
    ],
)
def test_each_status_is_ours(weixin, shop, sku, code, status):
    told = weixin_order(ORDER_ID, sku, status=20 if code in (100, 200) else 10)
    weixin.orders[ORDER_ID] = told
    push(shop, event("channels_ec_order_new"))
    settle()
    if code == 100:
        _ship_there(weixin, sku)
    weixin.change(ORDER_ID, status=code)
    look_again(shop)
    settle()
    assert Order.objects.get().status == status


def _ship_there(weixin, sku, *, count=2, waybill="SF1000000000001"):
    detail = weixin.orders[ORDER_ID]["order_detail"]
    product = detail["product_infos"][0]
    detail["delivery_info"]["delivery_product_info"].append(
        {
            "waybill_id": waybill,
            "delivery_id": "SF",
            "product_infos": [
                {"product_id": product["product_id"], "sku_id": product["sku_id"], "product_cnt": count}
            ],
        }
    )


def test_what_was_shipped_there_in_part_leaves_the_order_in_picking_with_its_parcel(
    joined, weixin, shop, sku
):
    order = joined()
    _ship_there(weixin, sku, count=1)
    weixin.change(ORDER_ID, status=21)
    look_again(shop)
    settle()
    order.refresh_from_db()
    sent = order.shipments.get()
    assert (order.status, sent.carrier, sent.tracking_number) == (
        Status.PICKING,
        "shunfeng",
        "SF1000000000001",
    )
    _ship_there(weixin, sku, count=1, waybill="SF1000000000002")
    weixin.change(ORDER_ID, status=30)
    look_again(shop)
    settle()
    order.refresh_from_db()
    assert (order.status, order.shipments.count()) == (Status.SHIPPED, 2)


def test_an_unknown_status_waits_until_a_person_has_mapped_it(weixin, shop, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku, status=12)
    push(shop, event("channels_ec_order_new"))
    settle()
    record = InboundRecord.objects.get()
    assert (record.state, record.reason) == ("parked", "status_unknown")
    map_statuses(connection_id=shop.pk, text="12 = pending_payment")
    retry_record(record_id=record.pk)
    apply_inbound()
    assert Order.objects.get().status == Status.PENDING_PAYMENT


def test_an_unknown_sku_is_parked_once_however_often_it_is_spoken_of(weixin, shop):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, "NOBODY-KNOWS")
    for _time in range(3):
        push(shop, event("channels_ec_order_pay"))
        settle()
    record = InboundRecord.objects.get()
    assert record.state == "parked"
    assert "NOBODY-KNOWS" in record.detail


def test_a_masked_receiver_is_asked_for_in_full(weixin, shop, sku):
    told = weixin_order(ORDER_ID, sku)
    told["true_address"] = weixin_address()
    told["order_detail"]["delivery_info"]["address_info"] = weixin_address(
        user_name="吴**", tel_number="138****8000", detail_info="机场路***"
    )
    weixin.orders[ORDER_ID] = told
    push(shop, event("channels_ec_order_pay"))
    settle()
    order = Order.objects.get()
    assert (order.receiver_name, order.street) == ("吴丽华", "机场路 88 号")


# --- once, in order, and only what WeChat has changed -----------------------------------------------
def test_an_order_that_nothing_has_changed_of_makes_no_second_record(joined, shop, weixin):
    joined()
    for _time in range(3):
        look_again(shop)
        settle()
    assert InboundRecord.objects.count() == 1
    assert len(weixin.asked("order/get")) == 4


def test_a_push_while_the_order_is_being_fetched_has_it_fetched_once_more(weixin, shop, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku, status=10)
    push(shop, event("channels_ec_order_new"))
    begun = document_of(shop)
    push(shop, event("channels_ec_order_pay"))
    fetch_order(begun)
    begun.refresh_from_db()
    assert (begun.wanted, begun.fetched) == (2, 1)
    weixin.change(ORDER_ID, status=20)
    settle()
    assert Order.objects.get().status == Status.PAID


def test_what_was_changed_here_is_not_taken_back_by_the_next_look(joined, shop, weixin, sales):
    order = joined()
    move(order, "picking")
    look_again(shop)
    settle()
    order.refresh_from_db()
    assert order.status == Status.PICKING
    assert InboundRecord.objects.filter(state="conflict").count() == 0


def test_a_delivered_order_is_not_called_shipped_again(joined, shop, weixin):
    order = joined()
    move(order, "picking")
    move(order, "shipped")
    move(order, "delivered")
    weixin.change(ORDER_ID, status=30)
    look_again(shop)
    settle()
    order.refresh_from_db()
    assert order.status == Status.DELIVERED
    assert InboundRecord.objects.filter(state="conflict").count() == 0


def test_a_status_that_the_order_does_not_allow_is_a_conflict_beside_it(joined, shop, weixin):
    order = joined()
    move(order, "picking")
    move(order, "shipped", **parcel())
    weixin.change(ORDER_ID, status=190)
    look_again(shop)
    settle()
    order.refresh_from_db()
    record = InboundRecord.objects.get(state="conflict")
    assert (order.status, record.order_id) == (Status.SHIPPED, order.pk)


# --- the list ---------------------------------------------------------------------------------------
def test_orders_whose_push_was_lost_are_found_by_the_list_over_all_pages(weixin, shop, sku):
    ids = [str(int(ORDER_ID) + place) for place in range(7)]
    weixin.orders = {each: weixin_order(each, sku, count=1) for each in ids}
    weixin.page_size = 3
    settle()
    assert set(Order.objects.values_list("external_id", flat=True)) == {f"小店:{each}" for each in ids}
    assert [each.get("next_key") for each in weixin.asked("order/list/get")] == [None, "3", "6"]


def test_after_a_long_time_away_the_list_is_read_in_windows_of_seven_days(weixin, shop):
    shop.cursor = str(int((timezone.now() - timedelta(days=20)).timestamp()))
    shop.save()
    settle(1)
    spans = [each["update_time_range"] for each in weixin.asked("order/list/get")]
    assert len(spans) == 3
    assert all(span["end_time"] - span["start_time"] <= 7 * 24 * 3600 for span in spans)
    assert all(later["start_time"] <= earlier["end_time"] for earlier, later in pairwise(spans))
    shop.refresh_from_db()
    assert abs(int(shop.cursor) - timezone.now().timestamp()) < 60


def test_a_list_that_breaks_off_begins_with_the_same_window_again(weixin, shop, sku):
    weixin.orders[ORDER_ID] = weixin_order(ORDER_ID, sku)
    weixin.errors["order/list/get"] = ["away"]
    settle(1)
    assert Order.objects.count() == 0
    as_if_rested(shop)
    settle()
    assert Order.objects.count() == 1


def test_the_list_is_read_as_often_as_the_operator_wants(weixin, shop, settings):
    settle()
    assert len(weixin.asked("order/list/get")) == 1
    settings.WEIXIN_PULL_SECONDS = 0
    settle(1)
    assert len(weixin.asked("order/list/get")) > 1


def test_a_list_that_always_says_there_is_more_is_left(weixin, shop):
    weixin.order_list_get = lambda _body: {"order_id_list": [], "next_key": "1", "has_more": True}
    settle(1)
    assert len(weixin.asked("order/list/get")) == 2


def test_the_list_and_the_push_of_one_order_apply_it_once(joined, shop):
    joined()
    pull_again(shop)
    settle()
    assert (Order.objects.count(), InboundRecord.objects.count()) == (1, 1)


# --- ids beyond what a browser can count ------------------------------------------------------------
def test_the_number_of_an_order_is_text_everywhere(joined, shop, manager, api_key):
    order = joined()
    staff = Client()
    staff.force_login(manager)
    record = InboundRecord.objects.get()
    assert record.body["external_id"] == ORDER_ID
    assert f">{ORDER_ID}</a>" in staff.get(f"/integrations/{shop.pk}/").content.decode()
    page = staff.get(f"/integrations/records/{record.pk}/").content.decode()
    assert f"&quot;external_id&quot;: &quot;{ORDER_ID}&quot;" in page
    told = Client().get(f"/api/v1/orders/{order.number}/", headers={"Authorization": f"Bearer {api_key}"})
    assert json.loads(told.content)["external_id"] == f"小店:{ORDER_ID}"
