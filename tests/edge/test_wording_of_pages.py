"""What pages say of money, days and holidays is so at the moment somebody reads it, in the reader's language."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from orders.services.payments import record_payment
from shopcomm.core.accounts.services.order_links import link_token, make_link
from shopcomm.core.configuration.models import PartPaid, ShopSettings
from tests.factories import CustomerFactory, integration, make_order, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer():
    return CustomerFactory(credit_limit=Decimal("1000.00"), credit_days=7)


def test_an_overdue_debt_shows_its_days_overdue_to_customer_and_shop(dealer, log_in, manager, phone_of):
    order = make_order(customer=dealer, on_credit=True)
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        page = phone_of(dealer).get(f"/my/orders/{order.number}/").text
        assert f"挂账，{order.due_on} 前付清" in page
    with time_machine.travel(timezone.now() + timedelta(days=19)):
        for page in (
            phone_of(dealer).get(f"/my/orders/{order.number}/").text,
            log_in(manager).get(f"/orders/{order.number}/").text,
        ):
            assert "挂账，已逾期 12 天" in page
            # The conversation, which is data of the page, may say what was promised.
            shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
            assert "前付清" not in shown.partition("全部动态")[0]


@pytest.mark.parametrize(("rule", "ends"), [(PartPaid.ASK, False), (PartPaid.KEEP, True)])
def test_a_part_paid_order_mentions_auto_cancellation_only_where_the_shop_does_it(
    dealer, phone_of, rule, ends
):
    ShopSettings.objects.update_or_create(pk=1, defaults={"part_paid_orders": rule})
    order = make_order(customer=dealer)
    record_payment(
        actor=integration(), order_id=order.pk, amount="100.00", method="transfer", reference="D-1"
    )
    page = phone_of(dealer).get(f"/my/orders/{order.number}/").text
    assert "前付清尾款" in page
    assert ("超时订单自动取消" in page) is ends


def test_the_after_sales_deadline_is_shown_and_the_form_is_gone_after_it(client, customer):
    order = make_order(customer=customer, status="completed")
    end = order.closed_at + timedelta(days=ShopSettings().after_sales_days)
    said = timezone.localtime(end).strftime("%m/%d %H:%M")
    for minutes, words, has_form in (
        (-5, f"可以申请到 {said}。", True),
        (5, f"到 {said} 为止，已经过了", False),
    ):
        with time_machine.travel(end + timedelta(minutes=minutes)):
            token = link_token(make_link(customer=customer, order_id=order.pk))
            claim = client.get(f"/o/{token}/after-sales/").text
        assert words in claim
        assert ('name="kind"' in claim) is has_form


def test_an_empty_order_form_shows_no_errors(log_in, sales):
    asked = {"headers": {"X-Fragment": "price"}}
    client = log_in(sales)
    empty = client.post("/orders/new/", {"phone": ""}, **asked).text
    assert "选好商品后在这里看到价格" in empty
    assert "至少要有一款商品" not in empty
    typed = client.post("/orders/new/", {"sku": "NONE", "quantity": "x", "unit_price": ""}, **asked).text
    assert "不是数字" in typed


def test_a_booked_payment_is_confirmed_as_a_sum_of_money(log_in, manager, order):
    sent = {"amount": "98.00", "method": "transfer", "reference": "T-1", "form_key": "k"}
    page = log_in(manager).post(f"/orders/{order.number}/payments/", sent, follow=True).text
    assert "已登记，尚欠 ¥300.00" in page


def test_lists_show_the_last_message_in_the_readers_language(log_in, manager, phone, order):
    move(order, "paid")
    for client, address in ((log_in(manager), "/inbox/"), (phone, "/my/chat/")):
        client.cookies["django_language"] = "en"
        page = client.get(address).text
        assert "Payment of ¥398.00 received" in page
        assert "收到货款" not in page
