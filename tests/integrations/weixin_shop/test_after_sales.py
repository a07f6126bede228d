"""Buyers' after-sales at WeChat: a case here, whose answer goes back; what does not fit is for a person."""

from typing import Any

import pytest

from orders.models import AfterSalesCase, Order, Status
from orders.services.after_sales import approve_case, reject_case
from orders.services.change_requests.request import accept_change, decline_change
from orders.services.returns import inspect_return
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent
from tests.factories import move, parcel
from tests.integrations.weixin_shop.conftest import ORDER_ID, push, settle
from tests.integrations.weixin_shop.double import weixin_case

pytestmark = pytest.mark.django_db
CASE_ID = "3000000000000000001"
ACCEPT, REJECT = "aftersale/acceptapply", "aftersale/rejectapply"


@pytest.fixture
def boss(manager) -> Actor:
    return Actor.staff(manager)


@pytest.fixture
def shipped(joined) -> Order:
    order = joined()
    move(order, "picking")
    move(order, "shipped", **parcel())
    settle()
    return Order.objects.get(pk=order.pk)


def speak_of_case(weixin, shop, **changes: Any) -> None:
    """WeChat says that something has happened to the after-sale."""
    weixin.after_sales[CASE_ID] |= changes
    told = {"after_sale_order_id": CASE_ID, "order_id": ORDER_ID, "status": "MERCHANT_PROCESSING"}
    push(shop, {"Event": "channels_ec_aftersale_update", "finder_shop_aftersale_status_update": told})
    settle()


def apply_for(weixin, shop, *, kind: str = "RETURN", count: int = 1) -> None:
    """The buyer applies for an after-sale."""
    weixin.after_sales[CASE_ID] = weixin_case(CASE_ID, weixin.orders[ORDER_ID], kind=kind, count=count)
    speak_of_case(weixin, shop)


def lines_for_a_person() -> list[str]:
    rows = DomainEvent.objects.filter(type="order.outside_refused").order_by("pk")
    return [row.fact.reason for row in rows]


def test_a_return_is_a_case_here_and_nothing_is_answered_before_somebody_decides(shipped, weixin, shop):
    apply_for(weixin, shop)
    case = shipped.after_sales.get()
    line = case.lines.get()
    assert (case.kind, case.state, line.quantity, str(case.amount)) == ("return", "applied", 1, "199.00")
    assert case.note == "拍错/多拍；颜色不喜欢"
    assert weixin.asked(ACCEPT) + weixin.asked(REJECT) == []
    speak_of_case(weixin, shop)
    assert shipped.after_sales.count() == 1


def test_the_whole_way_of_a_return(shipped, weixin, shop, boss, warehouse):
    apply_for(weixin, shop)
    case = shipped.after_sales.get()
    approve_case(actor=boss, case_id=case.pk)
    settle()
    assert weixin.asked(ACCEPT) == [{"after_sale_order_id": CASE_ID, "accept_type": 1}]
    assert weixin.after_sales[CASE_ID]["status"] == "USER_WAIT_RETURN"
    sent_back = {"waybill_id": "SF9999999999999", "delivery_id": "SF"}
    speak_of_case(weixin, shop, status="MERCHANT_WAIT_RECEIPT", return_info=sent_back)
    case.refresh_from_db()
    assert (case.state, case.carrier, case.tracking_number) == (
        "return_in_transit",
        "shunfeng",
        "SF9999999999999",
    )
    inspect_return(actor=Actor.staff(warehouse), case_id=case.pk, counted={case.lines.get().pk: (1, 0)})
    settle()
    assert weixin.asked(ACCEPT)[1:] == [{"after_sale_order_id": CASE_ID, "accept_type": 2}]
    settle()
    case.refresh_from_db()
    refund = case.refunds.get()
    assert (case.state, refund.state, refund.reference) == ("resolved", "succeeded", CASE_ID)
    assert lines_for_a_person() == []


def test_a_no_is_told_with_its_reason(shipped, weixin, shop, boss):
    apply_for(weixin, shop)
    reject_case(actor=boss, case_id=shipped.after_sales.get().pk, reason="吊牌已剪")
    settle()
    assert weixin.asked(REJECT) == [{"after_sale_order_id": CASE_ID, "reject_reason": "吊牌已剪"}]
    settle()
    assert shipped.after_sales.get().state == "rejected"


def test_money_alone_is_accepted_and_booked_when_weixin_has_paid(shipped, weixin, shop, boss):
    apply_for(weixin, shop, kind="REFUND")
    approve_case(actor=boss, case_id=shipped.after_sales.get().pk)
    settle()
    assert weixin.asked(ACCEPT) == [{"after_sale_order_id": CASE_ID}]
    settle()
    case = shipped.after_sales.get()
    shipped.refresh_from_db()
    assert (case.state, str(shipped.refunded_amount)) == ("resolved", "199.00")


def test_what_was_decided_in_weixins_own_pages_is_followed_and_not_told_back(shipped, weixin, shop):
    apply_for(weixin, shop)
    speak_of_case(weixin, shop, status="USER_WAIT_RETURN")
    assert shipped.after_sales.get().state == "waiting_return"
    settle()
    assert weixin.asked(ACCEPT) == []


def test_a_refusal_in_weixins_own_pages_is_followed(shipped, weixin, shop):
    apply_for(weixin, shop)
    speak_of_case(weixin, shop, status="MERCHANT_REJECT_RETURN")
    assert shipped.after_sales.get().state == "rejected"
    settle()
    assert weixin.asked(REJECT) == []


def test_a_case_that_the_buyer_takes_back_is_taken_back_here(shipped, weixin, shop):
    apply_for(weixin, shop)
    speak_of_case(weixin, shop, status="USER_CANCELD")
    assert shipped.after_sales.get().state == "withdrawn"


def test_a_case_that_was_over_before_it_was_heard_of_makes_none(shipped, weixin, shop):
    weixin.after_sales[CASE_ID] = weixin_case(CASE_ID, weixin.orders[ORDER_ID])
    speak_of_case(weixin, shop, status="USER_CANCELD")
    assert AfterSalesCase.objects.count() == 0


@pytest.mark.parametrize("status", ["MERCHANT_OVERDUE_REFUND", "PLATFORM_REFUND_FAIL", "SOMETHING_NEW"])
def test_a_state_that_nobody_foresaw_is_a_line_for_a_person_and_changes_nothing(
    shipped, weixin, shop, status
):
    apply_for(weixin, shop)
    speak_of_case(weixin, shop, status=status)
    assert shipped.after_sales.get().state == "applied"
    assert lines_for_a_person() == [f"微信小店的售后 {CASE_ID} 到了“{status}”，请到微信小店后台看一下"]
    speak_of_case(weixin, shop)
    assert len(lines_for_a_person()) == 1


def test_both_sides_decide_differently_and_a_person_is_told(shipped, weixin, shop, boss):
    apply_for(weixin, shop)
    case = shipped.after_sales.get()
    weixin.after_sales[CASE_ID]["status"] = "USER_WAIT_RETURN"
    reject_case(actor=boss, case_id=case.pk, reason="吊牌已剪")
    speak_of_case(weixin, shop)
    settle()
    assert lines_for_a_person() == ["微信小店后台同意了售后，这里已经拒绝，请看一下"]
    assert shipped.after_sales.get().state == "rejected"


def test_a_right_that_is_missing_is_a_line_beside_the_order(shipped, weixin, shop, boss):
    apply_for(weixin, shop)
    weixin.errors[ACCEPT] = [48001]
    approve_case(actor=boss, case_id=shipped.after_sales.get().pk)
    settle()
    assert DomainEvent.objects.get(type="order.outside_not_told").fact.what == "after_sales"


# --- before anything has left -----------------------------------------------------------------------
def test_a_refund_of_all_before_the_stockroom_has_it_cancels_the_order_and_is_accepted(joined, weixin, shop):
    order = joined()
    apply_for(weixin, shop, kind="REFUND", count=2)
    order.refresh_from_db()
    assert order.status == Status.REFUNDING
    assert weixin.asked(ACCEPT) == [{"after_sale_order_id": CASE_ID}]
    weixin.change(ORDER_ID, status=250)
    speak_of_case(weixin, shop)
    order.refresh_from_db()
    assert (order.status, str(order.refunded_amount)) == (Status.REFUNDED, "398.00")
    assert lines_for_a_person() == []


def test_a_refund_while_it_is_being_picked_waits_for_the_stockroom(joined, weixin, shop, warehouse):
    order = move(joined(), "picking")
    apply_for(weixin, shop, kind="REFUND", count=2)
    request = order.change_requests.get()
    assert (request.kind, request.state, request.handler) == ("cancel", "open", "warehouse")
    assert weixin.asked(ACCEPT) == []
    decline_change(actor=Actor.staff(warehouse), request_id=request.pk, reason="已经交给快递")
    settle()
    assert weixin.asked(REJECT) == [{"after_sale_order_id": CASE_ID, "reject_reason": "已经交给快递"}]


def test_the_stockrooms_yes_to_a_cancellation_is_told(joined, weixin, shop, warehouse):
    order = move(joined(), "picking")
    apply_for(weixin, shop, kind="REFUND", count=2)
    accept_change(actor=Actor.staff(warehouse), request_id=order.change_requests.get().pk)
    settle()
    assert weixin.asked(ACCEPT) == [{"after_sale_order_id": CASE_ID}]


def test_a_wish_to_cancel_that_is_taken_back_lets_the_parcel_go(joined, weixin, shop):
    order = move(joined(), "picking")
    apply_for(weixin, shop, kind="REFUND", count=2)
    speak_of_case(weixin, shop, status="USER_CANCELD")
    assert order.change_requests.get().state == "withdrawn"
    move(order, "shipped", **parcel())
    assert order.shipments.count() == 1


def test_a_refund_of_a_part_before_shipping_is_a_persons_to_arrange(joined, weixin, shop):
    order = joined()
    apply_for(weixin, shop, kind="REFUND", count=1)
    order.refresh_from_db()
    assert (order.status, order.change_requests.count()) == (Status.PAID, 0)
    assert len(lines_for_a_person()) == 1
    assert weixin.asked(ACCEPT) == []
