"""What of an order's money is open: one pill, on its own page and in the desk's list."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from orders.models import Order
from orders.selectors.open_sums import open_sum_of
from orders.selectors.orders import OrderFilters
from orders.selectors.rows import order_rows
from orders.services.editing import edit_order
from orders.services.refunds import fail_refund, pay_refund
from shopcomm.core.accounts.actors import Actor
from tests.factories import CustomerFactory, integration, make_order, move

pytestmark = pytest.mark.django_db
PILL = re.compile(r'<span\s+class="pill (warn|danger|ok|)"\s*>([^<]*)</span>')


def dearer(amount: str = "78.00") -> Order:
    order = make_order(status="paid")
    changes = {"shipping_fee": amount}
    edit_order(actor=integration(), order_id=order.pk, version=None, changes=changes, agreed=True)
    return order


def on_account(days: int) -> Order:
    order = make_order(customer=CustomerFactory(credit_limit=Decimal("1000.00")), on_credit=True)
    Order.objects.filter(pk=order.pk).update(due_on=timezone.localdate() + timedelta(days=days))
    return order


def too_much() -> Order:
    return move(make_order(), "paid", amount="500.00", reference="W-1")


CASES = {
    "dearer since it was paid": (dearer, ("warn", "待付差额 ¥78.00")),
    "on account": (lambda: on_account(3), ("warn", "挂账待付 ¥398.00")),
    "on account, due today": (lambda: on_account(0), ("warn", "挂账待付 ¥398.00")),
    "on account, too late": (lambda: on_account(-1), ("danger", "挂账逾期 ¥398.00")),
    "with a deposit": (
        lambda: move(make_order(), "paid", amount="100.00", reference="D-1"),
        ("warn", "待付尾款 ¥298.00"),
    ),
    "paid too much": (too_much, ("warn", "待退款 ¥102.00")),
    "called off after a deposit": (
        lambda: move(move(make_order(), "paid", amount="100.00", reference="D-2"), "cancelled"),
        ("warn", "待退款 ¥100.00"),
    ),
    "new": (make_order, None),
    "paid": (lambda: make_order(status="paid"), None),
    "being refunded": (lambda: move(make_order(status="paid"), "refunding"), None),
    "called off": (lambda: make_order(status="cancelled"), None),
}


@pytest.mark.parametrize(("make", "pill"), CASES.values(), ids=CASES.keys())
def test_the_order_list_and_the_order_page_show_the_same_open_sum(make, pill, log_in, manager):
    order = make()
    desk = log_in(manager)

    listed = PILL.findall(desk.get(f"/orders/{order.number}/row/").text)
    page = PILL.findall(desk.get(f"/orders/{order.number}/", headers={"X-Fragment": "detail"}).text)

    assert listed == ([pill] if pill else [])
    of_row = order_rows(Actor.staff(manager), OrderFilters()).rows[0].open_sum
    shown = open_sum_of(Order.objects.get(pk=order.pk))
    assert of_row == shown
    assert (shown.tone, shown.pill) in page


def test_the_refund_due_label_disappears_when_the_refund_is_paid(log_in, manager):
    order = too_much()
    row = f"/orders/{order.number}/row/"
    fail_refund(actor=integration(), refund_id=order.refunds.get().pk, reason="卡号不对")
    assert PILL.findall(log_in(manager).get(row).text) == [("warn", "待退款 ¥102.00")]
    pay_refund(actor=integration(), refund_id=order.refunds.get().pk)
    assert PILL.findall(log_in(manager).get(row).text) == []
    assert open_sum_of(Order.objects.get(pk=order.pk)).to_return == 0


def test_the_open_sum_label_uses_the_orders_currency_and_is_translated(log_in, manager):
    order = dearer()
    Order.objects.filter(pk=order.pk).update(currency="USD")
    desk = log_in(manager)
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert PILL.findall(desk.get(f"/orders/{order.number}/row/").text) == [("warn", "Difference due $78.00")]


def test_the_warehouse_sees_no_open_sums(log_in, warehouse):
    order = dearer()
    assert log_in(warehouse).get(f"/orders/{order.number}/row/").status_code == 403
    assert "待付差额" not in log_in(warehouse).get("/warehouse/").text
