"""What is lent to whom: a limit is for one currency, and a customer's own time to pay goes before the shop's."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from orders.errors import GuardFailed
from orders.models import Order
from orders.selectors.credit import credit_left, credit_term, sum_owed_by
from orders.selectors.items import ItemInput
from orders.selectors.money_tasks import money_tasks
from orders.selectors.pricing import Shopping, price_order
from orders.selectors.statements import statement_of
from orders.services.editing import edit_order
from shopcomm.core.accounts.admin import CustomerForm
from shopcomm.core.accounts.models import Customer
from shopcomm.core.configuration.models import ShopSettings
from tests.factories import CustomerFactory, integration, make_order, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer():
    return CustomerFactory(credit_limit=Decimal("1000.00"))


def order_in(currency: str, dealer: Customer) -> Order:
    """An order of 398.00 that waits for its money."""
    order = make_order(customer=dealer)
    Order.objects.filter(pk=order.pk).update(currency=currency)
    return order


def put_on_account(order: Order) -> Order:
    return move(order, "paid", method="on_account")


def debt_in(currency: str, dealer: Customer) -> Order:
    """An order on account, whatever the limit is for today."""
    limit = dealer.credit_currency
    Customer.objects.filter(pk=dealer.pk).update(credit_currency=currency)
    order = put_on_account(order_in(currency, dealer))
    Customer.objects.filter(pk=dealer.pk).update(credit_currency=limit)
    return order


def account_of(dealer: Customer, currency: str = "CNY"):
    today = timezone.localdate()
    return statement_of(integration(), dealer, since=today, until=today, currency=currency)


def test_debts_in_another_currency_do_not_count_against_the_credit_limit(dealer):
    debt_in("USD", dealer)
    debt_in("USD", dealer)
    debt_in("CNY", dealer)
    assert (sum_owed_by(dealer), credit_left(dealer)) == (Decimal("398.00"), Decimal("602.00"))
    assert put_on_account(order_in("CNY", dealer)).on_account
    with pytest.raises(GuardFailed) as refusal:
        put_on_account(order_in("CNY", dealer))
    assert refusal.value.names == ["credit_exceeded"]
    assert account_of(dealer, "USD").owed == account_of(dealer).owed == Decimal("796.00")


def test_no_credit_is_given_in_a_currency_other_than_the_limits(dealer):
    order = order_in("USD", dealer)
    with pytest.raises(GuardFailed) as refusal:
        put_on_account(order)
    assert refusal.value.names == ["credit_exceeded"]
    told = str(refusal.value.extra["guards"][0]["text"])
    assert told == "赊账额度按 CNY 计，USD 的订单不能挂账，也不能增加欠款"
    Customer.objects.filter(pk=dealer.pk).update(credit_currency="USD")
    assert put_on_account(order).on_account
    with pytest.raises(GuardFailed):
        put_on_account(order_in("CNY", dealer))


def test_a_debt_in_another_currency_may_shrink_but_not_grow(dealer):
    order = debt_in("USD", dealer)

    def freight(amount: str) -> Order:
        changes = {"shipping_fee": amount}
        return edit_order(actor=integration(), order_id=order.pk, version=None, changes=changes, agreed=True)

    with pytest.raises(GuardFailed) as refusal:
        freight("1.00")
    assert refusal.value.names == ["credit_exceeded"]
    edit_order(
        actor=integration(), order_id=order.pk, version=None, changes={"discount": "98.00"}, agreed=True
    )
    assert Order.objects.get(pk=order.pk).balance == Decimal("300.00")


def test_the_form_shows_the_available_credit_in_its_own_currency(dealer, variant):
    def price(**more):
        return price_order(Shopping(dealer, [ItemInput(variant.sku, 2)], **more))

    assert (price().credit_left, price(on_account=True).warnings) == (Decimal("1000.00"), [])
    dealer.credit_currency = "USD"
    dealer.save()
    assert (price().credit_left, price().warnings) == (None, [])
    assert price(on_account=True).warnings == ["赊账额度按 USD 计，CNY 的订单不能挂账，也不能增加欠款"]


def test_an_order_in_another_currency_is_priced_in_it(dealer, log_in, sales):
    order = order_in("USD", dealer)
    page = log_in(sales).get(f"/orders/{order.number}/edit/").text
    assert "$398.00" in page
    assert "¥398.00" not in page


def test_pages_show_the_currency_of_the_credit_limit(dealer, log_in, manager, sales, phone_of):
    debt_in("USD", dealer)
    debt_in("CNY", dealer)
    rule = "额度按 CNY 计：其他币种的欠款不占用额度，其他币种的订单也不能挂账。"
    path = f"/orders/debts/{dealer.pk}/?currency=USD"
    boss, seller = log_in(manager).get(path).text, log_in(sales).get(path).text
    for page in (boss, seller):
        assert rule in page
        assert "¥602.00" in page
        assert "$602.00" not in page
    settings = f'href="/admin/accounts/customer/{dealer.pk}/change/"'
    assert (settings in boss, settings in seller) == (True, False)
    assert "还可赊账 ¥602.00，额度 ¥1,000.00" in phone_of(dealer).get("/my/me/account/").text
    Customer.objects.filter(pk=dealer.pk).update(credit_currency="EUR")
    own = phone_of(dealer).get("/my/me/account/").text
    assert "还可赊账 €1,000.00" in own
    assert rule.replace("CNY", "EUR") in own


def test_the_api_account_shows_the_agreed_terms(dealer, api):
    Customer.objects.filter(pk=dealer.pk).update(credit_currency="USD", no_due_date=True)
    told = api.get("/api/v1/statements/", {"phone": dealer.phone}).json()
    assert (told["credit_left"], told["credit_currency"], told["credit_days"]) == ("1000.00", "USD", None)


@pytest.mark.parametrize(
    ("agreed", "shop", "due", "text"),
    [
        ({}, 30, date(2026, 12, 31), "挂账后 30 天内付清"),
        ({"credit_days": 7}, 30, date(2026, 12, 8), "挂账后 7 天内付清"),
        ({"credit_days": 0}, None, date(2026, 12, 1), "挂账当天付清"),
        ({"no_due_date": True}, 30, None, "挂账不设到期日"),
        ({}, None, None, "挂账不设到期日"),
    ],
)
def test_a_customers_own_payment_term_overrides_the_shops(agreed, shop, due, text):
    ShopSettings.objects.update_or_create(pk=1, defaults={"credit_days": shop})
    dealer = CustomerFactory(credit_limit=Decimal("1000.00"), **agreed)
    with time_machine.travel("2026-12-01T02:00:00Z", tick=False):
        order = make_order(customer=dealer, on_credit=True)
        assert (order.due_on, account_of(dealer).term.text) == (due, text)
    assert credit_term(dealer).is_own == bool(agreed)


def test_a_debt_without_a_due_date_is_never_overdue_and_never_reminded(log_in, manager, as_actor):
    ShopSettings.objects.update_or_create(pk=1, defaults={"credit_days": 1})
    free = CustomerFactory(name="老周", credit_limit=Decimal("1000.00"), no_due_date=True)
    bound = CustomerFactory(name="小孙", credit_limit=Decimal("1000.00"))
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        for each in (free, bound):
            make_order(customer=each, on_credit=True)
    assert (account_of(free).overdue, account_of(bound).overdue) == (0, Decimal("398.00"))
    late = {each.name: (each.overdue, each.first_due) for each in money_tasks(as_actor("manager")).debtors}
    assert late["老周"] == (0, None)
    assert late["小孙"][0] == Decimal("398.00")
    page = log_in(manager).get("/orders/debts/?late=1").text
    assert ("小孙" in page, "老周" in page) == (True, False)


def test_the_customer_form_accepts_credit_days_or_no_due_date_but_not_both(log_in, manager):
    manager.is_staff = manager.is_superuser = True
    manager.save()
    dealer = CustomerFactory()
    page = log_in(manager).get(f"/admin/accounts/customer/{dealer.pk}/change/").text
    for text in ("赊账额度", "额度币种", "额度只管这一种币种", "挂账付款期", "挂账不设到期日"):
        assert text in page
    given = {
        "name": "x", "source": "api", "tier": "retail", "credit_limit": "5", "credit_currency": "USD", "is_active": "on",
    }  # fmt: skip
    saved = CustomerForm(given | {"no_due_date": "on"}, instance=dealer).save()
    assert (saved.credit_currency, saved.no_due_date, saved.credit_days) == ("USD", True, None)
    both = CustomerForm(given | {"no_due_date": "on", "credit_days": "7"}, instance=dealer)
    assert both.non_field_errors() == ["填了付款期就有到期日：请二选一"]
    assert "credit_currency" in CustomerForm(given | {"credit_currency": "元"}, instance=dealer).errors
