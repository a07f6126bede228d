"""Money that came is always booked, what was never paid is a debt, and nothing is in the books by mistake."""

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from messaging.models import Notification
from orders.errors import GuardFailed, NotAllowed
from orders.models import Order, Refund, Status
from orders.selectors.credit import credit_left
from orders.services.after_sales import CaseInput, CaseLine, open_case
from orders.services.editing import edit_order
from orders.services.payments import names_money, record_payment
from orders.services.refunds import pay_refund
from orders.tasks import auto_complete, expire_unpaid
from shopcomm.core.events.relay import relay
from tests.factories import CustomerFactory, integration, make_order, move

pytestmark = pytest.mark.django_db


def post_transition(api, order: Order, **body: object):
    return api.post(f"/api/v1/orders/{order.number}/transitions/", body, content_type="application/json")


def test_an_overpayment_over_the_api_pays_the_order_and_the_rest_is_refundable(api, customer):
    order = make_order(customer=customer)
    answer = post_transition(api, order, to="paid", amount="500.00", reference="W-1")
    assert (answer.status_code, answer.json()["status"]) == (200, "paid")
    refund = Refund.objects.get(order=order)
    assert (refund.amount, refund.state, refund.purpose) == (Decimal("102.00"), "approved", "difference")
    pay_refund(actor=integration(), refund_id=refund.pk)
    order.refresh_from_db()
    assert (order.paid_amount, order.refunded_amount, order.balance) == (500, 102, 0)


def test_a_closed_order_has_nothing_left_to_pay(api):
    called_off, deposit = make_order(status="cancelled"), move(make_order(), "paid", amount="100.00")
    move(deposit, "cancelled")
    open_ = [
        api.get(f"/api/v1/orders/{each.number}/").json()["balance"]
        for each in (called_off, deposit, make_order(status="refunding"), make_order(status="refunded"))
    ]
    assert open_ == ["0.00", "-100.00", "0.00", "0.00"]


def test_a_payment_for_a_cancelled_order_over_the_api_is_booked_and_refundable(api):
    order = make_order(status="cancelled")
    answer = post_transition(api, order, to="paid", amount="398.00", reference="W-2")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert post_transition(api, order, to="paid", amount="398.00", reference="W-2").status_code == 200
    assert Refund.objects.get(order=order).state == "approved"
    assert post_transition(api, order, to="paid").status_code == 409


@pytest.mark.parametrize("status", ["paid", "picking", "shipped", "delivered", "completed"])
def test_a_later_payment_is_booked_without_changing_the_status(api, status):
    order = make_order(status=status)
    answer = post_transition(api, order, to="paid", amount="10.00", reference=f"L-{status}")
    assert (answer.status_code, answer.json()["status"], answer.json()["paid_amount"]) == (
        200,
        status,
        "408.00",
    )
    assert Refund.objects.get(order=order).amount == Decimal("10.00")


def test_cancelling_a_part_paid_order_makes_its_deposit_refundable(as_actor, variant):
    order = move(make_order(), "paid", amount="100.00")
    order = move(order, "cancelled", actor=as_actor("sales"))
    refund = order.refunds.get()
    assert (order.status, refund.amount, refund.state) == ("cancelled", Decimal("100.00"), "approved")
    assert order.lines.get().variant.reserved == 0
    pay_refund(actor=as_actor("manager"), refund_id=refund.pk, reference="B-1")
    order.refresh_from_db()
    assert order.refunded_amount == order.paid_amount == Decimal("100.00")


@pytest.mark.parametrize(("amount", "is_booked"), [("397.99", True), ("398.00", False), ("500.00", False)])
def test_a_payment_that_settles_an_unpaid_order_must_be_a_transition_to_paid(amount, is_booked):
    order = make_order()
    refused = nullcontext() if is_booked else pytest.raises(GuardFailed, match="金额已够付清")
    with refused:
        record_payment(actor=integration(), order_id=order.pk, amount=amount, reference="W-1")
    order.refresh_from_db()
    assert (order.paid_amount > 0) == is_booked


def test_no_timer_cancels_an_order_with_a_payment():
    order = move(make_order(), "paid", amount="1.00")
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert expire_unpaid() == 0
        with pytest.raises(GuardFailed) as refusal:
            move(order, "cancelled", actor=_clock())
    assert refusal.value.names == ["payment_captured"]


def _clock():
    from shopcomm.core.accounts.actors import Actor

    return Actor.system()


def test_no_timer_completes_an_order_with_an_open_case(customer, as_actor):
    order = make_order(customer=customer, status="delivered")
    lines = [CaseLine(order.lines.get().pk, 1)]
    open_case(actor=as_actor(customer), order_id=order.pk, wanted=CaseInput("return", "damaged", lines))
    with time_machine.travel(timezone.now() + timedelta(days=9)):
        assert auto_complete() == 0
    order.refresh_from_db()
    assert order.status == Status.DELIVERED


@pytest.mark.parametrize(("amount", "goes"), [("99.00", False), ("", False), ("398.00", True)])
def test_an_amount_typed_together_with_on_account_is_refused(log_in, manager, amount, goes):
    order = make_order(customer=CustomerFactory(credit_limit=Decimal("500.00")))
    assert order.total == Decimal("398.00")
    typed = {"version": order.version, "amount": amount, "method": "on_account", "reference": ""}
    page = log_in(manager).post(f"/orders/{order.number}/to/paid/", typed)
    order.refresh_from_db()

    assert (page.status_code == 302, order.on_account) == (goes, goes)
    assert ("收到的部分请先登记收款" in page.content.decode()) == (amount == "99.00")


def test_sales_can_put_an_order_on_account_without_booking_a_payment(as_actor, log_in, sales, phone_of):
    dealer = CustomerFactory(credit_limit=Decimal("500.00"))
    order = make_order(customer=dealer, assigned_to=sales)
    with pytest.raises(NotAllowed):
        move(order, "paid", actor=as_actor(sales), method="cash")
    page = log_in(sales).post(f"/orders/{order.number}/to/paid/", {"version": order.version})
    order.refresh_from_db()
    assert (page.status_code, order.status, order.on_account, order.paid_amount) == (302, "paid", True, 0)
    assert order.due_on == timezone.localdate() + timedelta(days=30)
    relay()
    told = Notification.objects.filter(order=order, recipient_kind="customer").values_list(
        "trigger", flat=True
    )
    assert set(told) == {"order_confirmed", "on_account"}
    desk = log_in(sales).get(f"/orders/{order.number}/").content.decode()
    assert "已付清" not in desk
    assert "前付清" in desk
    own = phone_of(dealer).get(f"/my/orders/{order.number}/").content.decode()
    assert "已收到付款" not in own
    assert "已挂账" in own


def test_the_credit_limit_counts_every_open_debt_and_frees_up_as_it_is_repaid(api):
    dealer = CustomerFactory(credit_limit=Decimal("800.00"))
    first = make_order(customer=dealer, on_credit=True)
    record_payment(actor=integration(), order_id=first.pk, amount="50.00", reference="R-1")
    assert credit_left(dealer) == Decimal("452.00")
    second, third = make_order(customer=dealer), make_order(customer=dealer)
    assert post_transition(api, second, to="paid", method="on_account").status_code == 200
    refused = post_transition(api, third, to="paid", method="on_account")
    assert (refused.status_code, refused.json()["guards"][0]["name"]) == (422, "credit_exceeded")
    record_payment(actor=integration(), order_id=first.pk, amount="348.00", reference="R-2")
    assert post_transition(api, third, to="paid", method="on_account").status_code == 200


def test_cancelling_an_order_on_account_leaves_no_debt():
    dealer = CustomerFactory(credit_limit=Decimal("400.00"))
    order = make_order(customer=dealer, on_credit=True)
    order = move(move(order, "refunding"), "refunded")
    assert (order.status, order.refunded_amount, credit_left(dealer)) == ("refunded", 0, Decimal("400.00"))


def test_the_customer_page_shows_an_amount_that_became_due(customer, phone_of):
    order = make_order(customer=customer, status="paid")
    edit_order(
        actor=integration(), order_id=order.pk, version=None, changes={"shipping_fee": "278.00"}, agreed=True
    )
    order = move(move(Order.objects.get(pk=order.pk), "picking"), "shipped")
    page = phone_of(customer).get(f"/my/orders/{order.number}/").content.decode()
    assert "待付差额" in page
    assert "¥278.00" in page
    row = phone_of(customer).get("/my/").content.decode()
    assert "待付差额 ¥278.00" in " ".join(row.split())


def test_the_paid_button_books_money_for_managers_and_puts_on_account_for_sales(as_actor):
    from orders.selectors.orders import allowed_transitions

    order = make_order()
    first = {role: allowed_transitions(order, as_actor(role))[0].command for role in ("manager", "sales")}
    assert first == {"manager": "pay", "sales": "put_on_account"}


@pytest.mark.parametrize(
    ("status", "data", "money"),
    [
        ("cancelled", {}, False),
        ("cancelled", {"amount": "1"}, True),
        ("cancelled", {"reference": "W1"}, True),
        ("refunded", {"amount": ""}, False),
        ("refunding", {"amount": "1"}, True),
        ("refunding", {"amount": "1", "reason": ""}, False),
        ("refunding", {"reference": "W1"}, False),
        ("paid", {"amount": "1"}, True),
        ("paid", {"reference": "W1"}, False),
        ("pending_payment", {"amount": "1"}, False),
    ],
)
def test_a_transition_to_paid_books_money_only_when_it_names_an_amount(status, data, money):
    assert names_money(Order(status=status), data) == money
