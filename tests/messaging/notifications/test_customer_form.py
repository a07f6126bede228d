"""What a manager writes into a customer's form is what channels, rules and credit go by."""

import base64
from datetime import time
from decimal import Decimal

import pytest
from django.test import Client

from messaging.models import NotificationPreference, RecipientKind
from messaging.services.channels.delivery import deliver_channel
from messaging.services.notifications.recipients import Recipient, quiet_windows
from orders.errors import GuardFailed
from shopcomm.core.accounts.models import Customer, Staff
from tests.factories import CustomerFactory, make_order
from tests.messaging.notifications.conftest import pay
from tests.messaging.notifications.mail_server import MailServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def write_down(log_in, manager):
    """Opens a customer's form, changes some fields as a manager would, and saves."""
    office: Client = log_in(manager)

    def change(customer: Customer, **fields: str) -> Customer:
        path = f"/admin/accounts/customer/{customer.pk}/change/"
        page = office.get(path)
        form = page.context["adminform"].form
        shown = {name: form[name].value() for name in form.fields}
        kept = {
            name: "on" if value is True else str(value)
            for name, value in shown.items()
            if value is not None and value is not False
        }
        kept["tags"] = "，".join(customer.tags)
        answer = office.post(path, kept | fields)
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        return Customer.objects.get(pk=customer.pk)

    return change


def words_of(mail: str) -> str:
    _heads, body = mail.replace("\r\n", "\n").split("\n\n", 1)
    return base64.b64decode(body).decode() if "base64" in mail else body


def test_a_mail_goes_to_the_address_and_in_the_language_of_the_customer_form(
    clock, write_down, customer, rule, pass_on, settings
):
    server = MailServer.set_in(settings)
    rule("order_confirmed", channels=["email"])
    make_order(customer=customer)
    pass_on()
    assert deliver_channel("email") == 0
    write_down(customer, email="wu@example.com", language="en")
    order = make_order(customer=customer)
    pass_on()
    assert deliver_channel("email") == 1
    (mail,) = server.mails
    server.socket.close()
    assert "To: wu@example.com" in mail
    assert f"we have your order {order.number}" in words_of(mail)


def test_a_rule_for_a_tag_notifies_only_customers_with_that_tag_in_the_form(
    clock, write_down, customer, rule, pass_on, told
):
    rule("paid", tags=["月结"])
    other = CustomerFactory()
    assert write_down(customer, tags="老客户, 月结、老客户").tags == ["老客户", "月结"]
    assert write_down(other, tags="老客户").tags == ["老客户"]
    orders = [pay(make_order(customer=each)) for each in (customer, other)]
    pass_on()
    assert ["paid" in told(order) for order in orders] == [True, False]


def test_the_credit_limit_of_the_form_applies_to_orders_on_account(clock, write_down, customer):
    with pytest.raises(GuardFailed):
        make_order(customer=customer, on_credit=True)
    write_down(customer, credit_limit="398.00", credit_days="7")
    order = make_order(customer=customer, on_credit=True)
    assert (order.on_account, order.total, str(order.due_on)) == (True, Decimal("398.00"), "2026-12-01")
    with pytest.raises(GuardFailed):
        make_order(customer=customer, on_credit=True)


def test_the_time_zone_of_the_form_applies_to_the_customers_quiet_hours(write_down, customer):
    NotificationPreference.objects.create(
        owner_kind=RecipientKind.CUSTOMER, owner_id=customer.pk, quiet_from=time(22), quiet_to=time(7)
    )
    person = Recipient(RecipientKind.CUSTOMER, customer.pk)
    assert str(quiet_windows([person])[person].zone) == "Asia/Shanghai"
    write_down(customer, time_zone="Africa/Lagos")
    assert str(quiet_windows([person])[person].zone) == "Africa/Lagos"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "wu@", "请输入合法的邮件地址"),
        ("tags", " ".join(f"标签{n}" for n in range(21)), "最多 20 个标签，每个不超过 30 个字"),
        ("time_zone", "Mars/Olympus", "选择一个有效的选项"),
        ("language", "tlh", "tlh"),
    ],
)
def test_invalid_mail_tag_time_zone_and_language_are_refused_in_chinese(
    log_in, manager, customer, field, value, said
):
    given = {
        "name": "吴丽华",
        "source": "wechat",
        "tier": "retail",
        "credit_limit": "0",
        "credit_currency": "CNY",
    }
    answer = log_in(manager).post(
        f"/admin/accounts/customer/{customer.pk}/change/", given | {"is_active": "on", field: value}
    )
    assert said in str(answer.context["adminform"].form.errors[field])


def test_managers_find_customers_by_mail_and_by_tag(log_in, manager, write_down, customer, other_customer):
    write_down(customer, email="wu@example.com", tags="月结")
    office = log_in(manager)
    for asked in ("wu@example", "月结"):
        page = office.get("/admin/accounts/customer/", {"q": asked}).text
        assert (customer.name in page, other_customer.name in page) == (True, False)


def test_a_mail_to_staff_goes_to_the_address_they_set_themselves(client, sales, log_in, manager):
    answer = log_in(sales).post(
        "/preferences/", {"display_name": "周敏", "email": "zhou@example.com", "theme": "", "sound": "on"}
    )
    assert answer.status_code == 302
    assert Staff.objects.get(pk=sales.pk).email == "zhou@example.com"
    page = log_in(manager).get(f"/admin/accounts/staff/{sales.pk}/change/").text
    assert 'name="email" value="zhou@example.com"' in page
