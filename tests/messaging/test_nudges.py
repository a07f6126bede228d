"""催付 and 催物流: the words are ready, a person reads and sends them, once."""

import pytest

from messaging.models import Message
from orders.models import Order, Status
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def said(order: Order) -> list[str]:
    return list(Message.objects.filter(conversation__order=order, kind="text").values_list("body", flat=True))


def test_a_payment_reminder_names_the_sum_and_is_posted_once(order, log_in, sales) -> None:
    desk, path = log_in(sales), f"/orders/{order.number}/nudge/payment/"
    assert path in desk.get(f"/orders/{order.number}/").text
    page = desk.get(path, headers={"x-fragment": "1"}).text
    assert f"订单 {order.number} 待付 ¥398.00，请在 " in page

    sent = {"text": "老板，398 付一下哦", "form_key": "n-1"}
    answers = [desk.post(path, sent, headers={"x-fragment": "1"}).json() for _again in range(2)]

    assert answers == [{"text": "已发给客户"}] * 2
    assert said(order) == ["老板，398 付一下哦"]
    message = Message.objects.get(kind="text")
    assert (message.sender_kind, message.sender_name, message.internal) == ("staff", "周敏", False)


def test_chasing_a_courier_shows_its_hotline_and_informs_the_customer(customer, log_in, sales) -> None:
    order = make_order(customer=customer, status=Status.SHIPPED)
    desk, path = log_in(sales), f"/orders/{order.number}/nudge/courier/"
    number = order.shipments.get().tracking_number

    page = desk.get(path).text
    assert 'href="tel:95338"' in page
    assert f"（顺丰速运 {number}）我们这就联系快递催促" in page
    assert desk.post(path, {"text": "已催，明天到"}).status_code == 302
    assert said(order) == ["已催，明天到"]


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (Status.PAID, "payment"),
        (Status.CANCELLED, "payment"),
        (Status.PAID, "courier"),
        (Status.DELIVERED, "courier"),
        (Status.SHIPPED, "weather"),
    ],
)
def test_no_reminder_is_offered_when_nothing_is_outstanding(customer, log_in, sales, status, what) -> None:
    order = make_order(customer=customer, status=status)
    desk, path = log_in(sales), f"/orders/{order.number}/nudge/{what}/"

    assert desk.get(path).status_code == (404 if what == "weather" else 302)
    assert desk.get(path, headers={"x-fragment": "1"}).status_code == 404
    assert path not in desk.get(f"/orders/{order.number}/").text


def test_an_empty_reminder_is_not_sent(order, log_in, sales) -> None:
    answer = log_in(sales).post(f"/orders/{order.number}/nudge/payment/", {"text": " "})

    assert (answer.status_code, said(order)) == (422, [])


def test_a_customer_is_reminded_in_their_own_language(order, log_in, sales) -> None:
    order.customer.language = "en"
    order.customer.save()

    assert "comes to ¥398.00" in log_in(sales).get(f"/orders/{order.number}/nudge/payment/").text
