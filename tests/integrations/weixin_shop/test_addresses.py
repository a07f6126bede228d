"""A buyer asks WeChat for another address: it is the warehouse's word that is told back, and no parcel leaves for the old one."""

import pytest

from orders.errors import ChangePending
from orders.models import ChangeRequest, Status
from orders.services.change_requests.request import accept_change, decline_change
from orders.services.editing import edit_order
from shopcomm.core.accounts.actors import Actor
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall
from tests.factories import integration, make_address, move, parcel
from tests.integrations.weixin_shop.conftest import (
    ORDER_ID,
    as_if_rested,
    document_of,
    due_now,
    look_again,
    settle,
)
from tests.integrations.weixin_shop.double import weixin_address, weixin_order

pytestmark = pytest.mark.django_db
ACCEPT, REJECT = "order/addressmodify/accept", "order/addressmodify/reject"
ELSEWHERE = {
    "province_name": "浙江省",
    "city_name": "杭州市",
    "county_name": "西湖区",
    "detail_info": "文三路 1 号",
}


@pytest.fixture
def stockroom(warehouse) -> Actor:
    return Actor.staff(warehouse)


def ask_for_address(weixin, shop, *, at: int = 1_700_000_000, **fields: str) -> None:
    """The buyer asks WeChat for another address."""
    delivery = weixin.orders[ORDER_ID]["order_detail"]["delivery_info"]
    delivery["address_under_review"] = weixin_address(**(ELSEWHERE | fields))
    delivery["address_apply_time"] = at
    weixin.change(ORDER_ID)
    look_again(shop)
    settle()


def address_there(weixin) -> str:
    return weixin.orders[ORDER_ID]["order_detail"]["delivery_info"]["address_info"]["detail_info"]


def test_before_the_stockroom_has_the_order_it_is_changed_and_accepted(joined, weixin, shop):
    order = joined()
    ask_for_address(weixin, shop)
    order.refresh_from_db()
    assert (order.city, order.street) == ("杭州市", "文三路 1 号")
    assert weixin.asked(ACCEPT) == [{"order_id": ORDER_ID}]
    assert address_there(weixin) == "文三路 1 号"
    assert weixin.asked("order/address/update") == []
    settle()
    assert order.change_requests.count() == 1
    assert document_of(shop).review == {}


def test_in_the_stockroom_nothing_is_answered_and_no_parcel_leaves_before_its_word(
    joined, weixin, shop, stockroom
):
    order = move(joined(), "picking")
    ask_for_address(weixin, shop)
    request = order.change_requests.get()
    assert (request.state, request.handler) == ("open", "warehouse")
    assert weixin.asked(ACCEPT) + weixin.asked(REJECT) == []
    with pytest.raises(ChangePending):
        move(order, "shipped", **parcel())
    accept_change(actor=stockroom, request_id=request.pk)
    settle()
    order.refresh_from_db()
    assert (order.street, address_there(weixin)) == ("文三路 1 号", "文三路 1 号")
    assert (len(weixin.asked(ACCEPT)), weixin.asked(REJECT)) == (1, [])
    move(order, "shipped", **parcel())
    settle()
    assert weixin.orders[ORDER_ID]["status"] == 30
    assert "西湖区" in order.shipments.get().label_address


def test_the_stockrooms_no_is_told_and_the_old_address_stays(joined, weixin, shop, stockroom):
    order = move(joined(), "picking")
    ask_for_address(weixin, shop)
    decline_change(actor=stockroom, request_id=order.change_requests.get().pk, reason="已经装箱")
    settle()
    order.refresh_from_db()
    assert (order.street, address_there(weixin)) == ("机场路 88 号", "机场路 88 号")
    assert (weixin.asked(ACCEPT), len(weixin.asked(REJECT))) == ([], 1)


def test_a_parcel_that_has_left_is_told_so_at_once(joined, weixin, shop):
    order = joined()
    move(order, "picking")
    move(order, "shipped", **parcel())
    settle()
    ask_for_address(weixin, shop)
    assert (order.change_requests.get().state, len(weixin.asked(REJECT))) == ("declined", 1)


def test_a_new_order_whose_address_is_asked_for_at_once_gets_the_new_one(joined, weixin, sku):
    told = weixin_order(ORDER_ID, sku)["order_detail"]
    told["delivery_info"] |= {
        "address_under_review": weixin_address(**ELSEWHERE),
        "address_apply_time": 5,
    }
    order = joined(order_detail=told)
    settle()
    order.refresh_from_db()
    assert (order.street, len(weixin.asked(ACCEPT))) == ("文三路 1 号", 1)


def test_a_second_wish_takes_the_place_of_the_first_and_only_it_is_answered(joined, weixin, shop, stockroom):
    order = move(joined(), "picking")
    ask_for_address(weixin, shop)
    ask_for_address(weixin, shop, at=1_700_000_600, detail_info="文三路 2 号")
    assert list(order.change_requests.order_by("pk").values_list("state", flat=True)) == ["void", "open"]
    assert weixin.asked(REJECT) == []
    accept_change(actor=stockroom, request_id=order.change_requests.latest("pk").pk)
    settle()
    assert (address_there(weixin), len(weixin.asked(ACCEPT)), weixin.asked(REJECT)) == ("文三路 2 号", 1, [])


def test_a_wish_that_the_buyer_takes_back_no_longer_holds_the_parcel(joined, weixin, shop):
    order = move(joined(), "picking")
    ask_for_address(weixin, shop)
    weixin.orders[ORDER_ID]["order_detail"]["delivery_info"].pop("address_under_review")
    weixin.change(ORDER_ID)
    look_again(shop)
    settle()
    assert order.change_requests.get().state == "withdrawn"
    assert weixin.asked(ACCEPT) + weixin.asked(REJECT) == []
    move(order, "shipped", **parcel())
    assert order.shipments.count() == 1


def test_a_wish_that_weixin_grants_by_itself_still_has_to_be_seen_by_the_stockroom(
    joined, weixin, shop, stockroom
):
    order = move(joined(), "picking")
    ask_for_address(weixin, shop)
    # After twelve hours without an answer.
    delivery = weixin.orders[ORDER_ID]["order_detail"]["delivery_info"]
    delivery["address_info"] = delivery.pop("address_under_review")
    weixin.change(ORDER_ID)
    look_again(shop)
    settle()
    with pytest.raises(ChangePending):
        move(order, "shipped", **parcel())
    accept_change(actor=stockroom, request_id=ChangeRequest.objects.get(state="open").pk)
    settle()
    order.refresh_from_db()
    assert order.street == "文三路 1 号"


def test_an_answer_that_is_lost_is_given_again_and_counts_once(joined, weixin, shop):
    joined()
    weixin.errors[ACCEPT] = ["lost"]
    ask_for_address(weixin, shop)
    as_if_rested(shop)
    due_now()
    settle()
    assert len(weixin.asked(ACCEPT)) == 1
    assert set(WeixinCall.objects.filter(kind="address_accept").values_list("state", flat=True)) == {"done"}


def test_an_address_that_no_parcel_would_find_is_rejected_and_shown(joined, weixin, shop):
    order = joined()
    ask_for_address(weixin, shop, city_name="", detail_info="")
    order.refresh_from_db()
    assert (order.street, len(weixin.asked(REJECT))) == ("机场路 88 号", 1)


# --- the other way ----------------------------------------------------------------------------------
def test_an_address_that_was_changed_here_is_told_there_and_not_taken_back(joined, weixin, shop):
    order = joined()
    changed = make_address(street="机场路 99 号").columns()
    edit_order(actor=integration(), order_id=order.pk, version=None, changes=changed)
    settle()
    assert address_there(weixin) == "机场路 99 号"
    look_again(shop)
    settle()
    order.refresh_from_db()
    assert (order.street, order.status) == ("机场路 99 号", Status.PAID)
    assert len(weixin.asked("order/address/update")) == 1


def test_a_note_that_was_written_here_is_told_there_once(joined, weixin, shop):
    order = joined()
    edit_order(actor=integration(), order_id=order.pk, version=None, changes={"note": "加一个防尘袋"})
    settle()
    look_again(shop)
    settle()
    assert weixin.asked("order/merchantnotes/update") == [
        {"order_id": ORDER_ID, "merchant_notes": "加一个防尘袋"}
    ]
    order.refresh_from_db()
    assert order.note == "加一个防尘袋"


def test_a_note_that_was_written_there_is_here_and_not_told_back(joined, weixin, shop):
    order = joined()
    weixin.orders[ORDER_ID]["order_detail"]["ext_info"]["merchant_notes"] = "送礼，不放小票"
    weixin.change(ORDER_ID)
    look_again(shop)
    settle()
    order.refresh_from_db()
    assert order.note == "送礼，不放小票"
    assert weixin.asked("order/merchantnotes/update") == []
