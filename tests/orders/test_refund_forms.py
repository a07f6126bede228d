"""A refund's form that is sent twice asks for one refund, books one, and says so."""

from decimal import Decimal

import pytest
from django.contrib.messages import get_messages

from orders.models import Refund
from shopcomm.core.events.models import DomainEvent
from tests.factories import make_order, move

pytestmark = pytest.mark.django_db


def shown_messages(answer) -> list[str]:
    return [str(each) for each in get_messages(answer.wsgi_request)]


def test_a_full_refund_requested_twice_opens_one_refund_and_says_it_is_open(log_in, sales):
    order = make_order(status="delivered", assigned_to=sales)
    desk, path = log_in(sales), f"/orders/{order.number}/to/refunding/"
    sent = {"version": order.version, "reason": "划痕", "amount": "398.00"}

    first, again = desk.post(path, sent), desk.post(path, sent)

    assert [answer.status_code for answer in (first, again)] == [302, 302]
    assert shown_messages(again)[-1] == "订单已经是退款中"
    assert [(each.amount, each.state) for each in Refund.objects.all()] == [(Decimal("398.00"), "requested")]
    assert DomainEvent.objects.filter(type="order.refunding").count() == 1
    dialog = desk.post(path, sent, headers={"X-Fragment": "1"})
    assert dialog.json() == {"text": "订单已经是退款中"}
    assert shown_messages(desk.get(path))[-1] == "这一步现在不能做，订单是“退款中”"


def test_a_full_refund_booked_twice_is_booked_once(log_in, manager):
    order = move(make_order(status="delivered"), "refunding")
    desk, path = log_in(manager), f"/orders/{order.number}/to/refunded/"
    sent = {"version": order.version, "reference": "T-1"}

    assert [desk.post(path, sent).status_code for _again in range(2)] == [302, 302]

    order.refresh_from_db()
    assert (order.status, order.refunded_amount) == ("refunded", Decimal("398.00"))
    assert DomainEvent.objects.filter(type="order.refunded").count() == 1


@pytest.mark.parametrize("keys", [("one", "one"), ("one", "another")])
def test_a_promised_refund_paid_out_twice_is_booked_once(log_in, manager, keys):
    order = move(make_order(), "paid", amount="500.00", reference="W-1")
    refund = order.refunds.get()
    desk, path = log_in(manager), f"/orders/refunds/{refund.pk}/paid/"

    for key in keys:
        answer = desk.post(path, {"reference": "T-2", "form_key": key})
        assert (answer.status_code, shown_messages(answer)[-1]) == (302, "已登记退款 ¥102.00")

    order.refresh_from_db()
    assert order.refunded_amount == Decimal("102.00")
    assert DomainEvent.objects.filter(type="order.part_refunded").count() == 1
